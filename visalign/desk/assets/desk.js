"use strict";
// The desk: puts queue, player, lanes, keys and changes together.

const COLOURS = { ink: "ink", muted: "muted", line: "line", faint: "faint", heard: "heard", heardTint: "heard-tint", good: "good",
  goodTint: "good-tint", fault: "fault", faultTint: "fault-tint", panel: "panel", unsure: "unsure", unsureTint: "unsure-tint" };

class Desk {
  constructor() {
    this.server = new Server((isThere) => this.showLost(isThere));
    this.editing = new Editing(this.server, {
      chosen: () => this.showChosen(),
      held: () => this.showHeld(),
      sending: (n) => this.showSending(n),
      changed: (job, answer) => this.showChange(job, answer),
      notice: (words, again) => this.notice(words, again),
      reload: () => this.reload(),
    });
    this.queue = new Queue(this.server, (id) => this.go(id));
    this.grid = new WordsGrid(element("words-grid"), {
      onChoose: (id) => this.pickFromGrid(id),
      onEdit: () => this.actions.label(),
    });
    this.player = new DeskPlayer(element("video"), {
      onTime: (time) => this.showTime(time),
      onState: (isPlaying) => this.showPlaying(isPlaying),
      onFailure: () => this.showNoPicture("The picture can't be played here; all else can be worked on."),
    });
    this.isMoved = false;
    this.sound = new CorrectedSound(element("video"), () => (this.isMoved ? this.judgement.lead_seconds ?? 0 : 0), (words) => this.say(words));
    this.ipa = new IpaSheet(element("ipa"), element("ipa-symbols"));
    this.took = []; // milliseconds that the last pictures took to draw
    this.lanes = [];
    this.actions = makeActions(this);
    fillKeySheet(element("keys"));
    listenAll(this);
    this.readColours();
  }

  async start() {
    this.facts = await this.server.get("desk");
    element("who").textContent = this.facts.who ? `as ${printable(this.facts.who)}` : "";
    document.documentElement.dataset.mode = this.facts.mode;
    makeChoices(this);
    makeFormats(this);
    this.server.listen((event) => this.hearOf(event), () => this.catchUp());
    await this.queue.load();
    window.addEventListener("hashchange", () => this.follow());
    await this.follow();
  }

  get hasLines() {
    return Boolean(this.editing.document?.tiers.lines?.items.length);
  }

  get isClip() {
    return !element("clip").hidden;
  }

  // --- from place to place

  go(id) {
    const hash = `#${encodeURIComponent(id)}`;
    if (location.hash === hash) this.follow();
    else location.hash = hash;
  }

  async follow() {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      // an address that nobody of the desk wrote
    }
    if (!id && this.facts.mode === "clip") id = this.queue.clips[0]?.id ?? "";
    if (id !== "") return this.open(id);
    this.editing.settle();
    this.player.seek(this.player.time);
    this.show("queue");
    element("queue-rows").focus({ preventScroll: true }); // at once: keys are pressed while it is asked for anew
    await this.queue.load();
  }

  show(place) {
    element("queue").hidden = place !== "queue";
    element("clip").hidden = place !== "clip";
    element("to-queue").hidden = place !== "clip" || this.facts.mode === "clip";
    element("place-in-queue").hidden = place !== "clip";
    document.documentElement.dataset.place = place;
    if (place === "queue") {
      element("clip-name").textContent = "";
      document.title = "Queue – visalign desk";
      this.queue.render();
    }
  }

  async open(id) {
    const asked = (this.asked = (this.asked ?? 0) + 1);
    delete document.documentElement.dataset.clip;
    let answer;
    const name = this.queue.clips.find((clip) => clip.id === id)?.name ?? "the clip";
    const waiting = setTimeout(() => {
      element("opening").textContent = `Opening ${printable(name)}: the first time, its sound and its lips are looked at.`;
      element("opening").hidden = false;
    }, 250);
    try {
      answer = await this.server.get(`clips/${encodeURIComponent(id)}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.notice(`This clip can't be shown: ${error.message}`);
      this.show("queue");
      return;
    } finally {
      clearTimeout(waiting);
      element("opening").hidden = true;
    }
    if (asked !== this.asked) return;
    this.id = answer.id;
    this.clip = answer;
    this.path = `clips/${encodeURIComponent(answer.id)}`;
    this.rate = rateOf(answer.frame_rate);
    this.first = secondsOf(answer.start_timecode, this.rate);
    this.drafts = new Drafts(answer.id);
    this.before = null;
    this.notice(null);
    this.show("clip");
    this.editing.selected = null;
    this.editing.document = null;
    this.editing.open(answer.id, answer, this.drafts);
    this.takeResults(answer);
    this.view = new View(answer.duration, () => this.draw());
    this.makeLanes();
    this.showClip();
    this.loadMedia();
    this.view.set(0, Math.min(answer.duration, 10, Math.max(innerWidth / 110, 3))); // so that words can be read
    this.showAll();
    this.offerUnsent();
    document.documentElement.dataset.clip = answer.id;
    element("tracks").focus({ preventScroll: true });
  }

  /** The clip anew, where it is looked at: after another window has changed it. */
  async reload() {
    const { id } = this;
    const answer = await this.server.get(this.path);
    if (id !== this.id) return;
    this.clip = answer;
    this.editing.take(answer);
    if (this.editing.selected && !this.editing.item) this.editing.selected = null;
    this.editing.changed = new Set();
    this.before = null;
    this.takeResults(answer);
    this.showAll();
  }

  takeResults(answer) {
    this.judgement = answer.judgement ?? this.judgement;
    this.verdicts = new Map(this.judgement.words.map((word) => [word.id, word]));
    if (answer.visemes) {
      const rows = (items) => ({ items, starts: Float64Array.from(items, (item) => item.start) });
      this.visemes = { expected: rows(answer.visemes.expected), observed: rows(answer.visemes.observed) };
    }
    if (answer.decisions) this.decisions = answer.decisions;
    if (answer.lead_curve) {
      const told = answer.lead_curve.leads.filter((lead) => lead !== null).map(Math.abs);
      const most = told.reduce((a, b) => Math.max(a, b), Math.abs(this.judgement.lead_seconds ?? 0));
      this.curve = { ...answer.lead_curve, times: Float64Array.from(answer.lead_curve.times), reach: Math.ceil((most + 0.05) * 10) / 10 };
    }
    if (answer.transcript !== undefined && answer.transcript !== null) this.transcript = answer.transcript;
    this.limits = this.judgement.limits ?? this.facts.limits ?? null;
  }

  // --- what is shown

  makeLanes() {
    const state = { selected: null, draft: null, changed: new Set() };
    this.state = state;
    const { editing } = this;
    const edits = (name, height, look) => {
      const lane = new Lane(TIERS[name], height, (area) => {
        drawTier(area, editing.document.tiers[name], { selected: editing.selected, draft: editing.draft, changed: editing.changed }, (item) => look(item, area.colours));
      });
      lane.tier = name;
      return lane;
    };
    const heard = (_item, colours) => ({ fill: colours.heardTint });
        const seen = (_item, colours) => ({ fill: colours.faint, edge: colours.ink });
    const looks = {
      words: ["words", 36, (item, colours) => lookOfWord(this.verdicts.get(item.id), colours)],
      phones: ["phones", 28, heard],
      cues: ["cues", 26, heard],
      closures: ["closures", 24, seen],
      lines: ["lines", 26, (_item, colours) => ({ fill: colours.faint })],
    };
    const viseme = (label) => this.namesOf(label);
    this.waves = waveTiles(this.path, this.clip.duration, this.server, () => this.draw());
    this.spectra = spectrumTiles(this.path, this.clip.duration, () => this.draw());
    // captions are given, never begun here: a clip without them has no lane for them
    const has = (name) => (editing.document.tiers[name] && (name !== "lines" || this.hasLines) ? [edits(...looks[name])] : []);
    const overview = new Lane("Overview", 28, (area) => drawOverview(area, editing.document.tiers.words, this.verdicts, this.view));
    overview.isOverview = true;
    this.lanes = [
      overview,
      new Lane("Time", 20, drawRuler),
      new Lane("Sound", 64, (area) => drawWave(area, this.waves)),
      new Lane("Spectrum", 92, (area) => drawSpectrum(area, this.spectra), { hidden: !element("show-spectrum").checked }),
      ...has("lines"),
      ...has("words"),
      ...has("phones"),
      new Lane("Expected", 24, (area) => drawVisemes(area, this.visemes?.expected, "heardTint", viseme)),
      new Lane("Seen", 24, (area) => drawVisemes(area, this.visemes?.observed, "faint", viseme)),
      ...has("cues"),
      ...has("closures"),
    ];
    if (this.curve?.times.length) this.lanes.push(new Lane("Lead", 68, (area) => drawLeadCurve(area, this.curve, this.limits), { note: this.curve.low.some((x) => x !== null) ? "95 % interval" : "by word" }));
    element("tracks").replaceChildren(...this.lanes.map((lane) => lane.row), element("playhead"));
    for (const lane of this.lanes) new LanePointer(this, lane);
  }

  namesOf(viseme) {
    const words = this.facts.viseme_names?.[viseme];
    return words ? [words, words.split(",")[0], viseme] : [printable(viseme)];
  }

  showClip() {
    element("clip-name").textContent = printable(this.clip.name);
    document.title = `${printable(this.clip.name)} – visalign desk`;
    element("comment").value = this.drafts.get("comment") ?? "";
    element("changes").hidden = true;
    element("files").replaceChildren();
    element("scope").value = "clip";
    const typed = this.drafts.get("transcript");
    element("transcript").value = typed ?? this.transcript ?? "";
    showTyped(this);
  }

  loadMedia() {
    const { clip } = this;
    const screen = element("screen");
    element("no-picture").hidden = true;
    const [, , width, height] = clip.media?.picture ?? [0, 0, clip.width, clip.height];
    screen.style.aspectRatio = width ? `${width} / ${height}` : "16 / 9";
    screen.classList.toggle("cut", Boolean(clip.media?.picture)); // below the picture of a viewing copy stands its mouth
    if (this.isMoved) this.actions.corrected();
    this.sound.bytes = null;
    this.sound.decoded = null;
    this.sound.buffer = undefined;
    this.player.load(`api/${this.path}/media`, clip.duration, this.rate, clip.frame_times);
    element("video").playbackRate = Number(element("speed").value);
  }

  showNoPicture(words) {
    element("no-picture").textContent = words;
    element("no-picture").hidden = false;
  }

  showAll() {
    this.showResults();
    this.showGrid();
    this.showChosen();
    this.draw();
  }

  showResults() {
    showJudgement(this.judgement, this.before, this.rate, this.limits, this.colours);
    showDecisions(this.decisions ?? [], this.editing.document.tiers.lines);
    element("scope-label").hidden = !this.hasLines;
    element("undo").disabled = !this.editing.canUndo;
    element("redo").disabled = !this.editing.canRedo;
    element("corrected").disabled = typeof this.judgement.lead_seconds !== "number";
    element("place-in-queue").textContent = this.facts.mode === "clip" ? "" : this.queue.placeOf(this.id);
    if (document.activeElement !== element("transcript") && this.drafts.get("transcript") === null) {
      element("transcript").value = this.transcript ?? "";
    }
    document.documentElement.dataset.revision = String(this.editing.revision);
  }

  showGrid() {
    const tier = this.editing.tier ?? this.editing.document.tiers.words;
    if (!tier) return;
    element("words-heading").textContent = TIERS[tier.name];
    this.grid.show(tier, this.verdicts, this.editing.changed);
    this.grid.choose(this.editing.selected?.id ?? -1);
  }

  showChosen() {
    const { item, selected } = this.editing;
    if (selected && this.grid.tier !== selected.tier) this.showGrid();
    else this.grid.choose(selected?.id ?? -1);
    this.showInspector(item, selected);
    if (item) this.revealSpan(item.start, item.end);
    this.draw();
  }

  showInspector(item, selected) {
    const isThere = item !== null;
    for (const id of ["label", "from", "to", "pin-start", "pin-end", "split", "merge", "delete", "ipa-button"]) element(id).disabled = !isThere;
    element("pronounce").disabled = !isThere || selected.tier !== "words";
    this.offerLabels(selected?.tier);
    element("which").textContent = isThere ? `${TIERS[selected.tier]} · ${selected.side}` : selected ? `${TIERS[selected.tier]} · pause` : "Nothing is chosen";
    if (document.activeElement !== element("label")) element("label").value = item?.label ?? "";
    const times = this.editing.draft?.id === selected?.id ? this.editing.draft.times.get(selected.id) : item;
    for (const [id, side] of [["from", "start"], ["to", "end"]]) {
      const field = element(id);
      if (document.activeElement !== field) field.value = isThere ? (times ?? item)[side].toFixed(3) : "";
      field.classList.toggle("active", isThere && selected.side === side);
      const pin = element(`pin-${side}`);
      pin.setAttribute("aria-pressed", String(isThere && item[`pinned_${side}`]));
    }
  }

  /** What may stand in a tier, where that is a closed set. */
  offerLabels(tier) {
    if (this.offered === tier) return;
    this.offered = tier;
    const labels = { cues: this.clip.cue_shapes }[tier] ?? [];
    element("labels").replaceChildren(
      ...labels.map((value) => Object.assign(document.createElement("option"), { value })),
    );
  }

  showHeld() {
    this.showInspector(this.editing.item, this.editing.selected);
    const { draft } = this.editing;
    if (draft) this.revealSpan(draft.time, draft.time);
    this.draw();
  }

  revealSpan(start, end) {
    const { view } = this;
    if (!view || (start >= view.start && end <= view.end)) return;
    if (end - start > view.span) view.set(start - 0.05 * view.span, view.span);
    else view.set((start + end) / 2 - view.span / 2, view.span);
  }

  showSending(n) {
    element("saved").textContent = n === 0 ? "saved" : this.server.isThere ? "saving…" : `${n} not saved yet`;
    document.documentElement.dataset.unsent = String(n);
  }

  showChange(job, answer) {
    const before = this.judgement;
    this.takeResults(answer);
    this.before = before;
    const lines = changeLines(job.told, answer.message, before, this.judgement, this.editing.document.tiers.words);
    showLines(element("change-list"), lines);
    element("changes").hidden = false;
    element("took").textContent = typeof answer.took_ms === "number" ? `${Math.round(answer.took_ms)} ms` : "";
    this.say(lines.slice(0, 3).join(". "));
    if (job.edit?.kind === "transcript") this.drafts.set("transcript", null);
    this.showAll();
    showTyped(this);
    document.documentElement.dataset.edits = String(Number(document.documentElement.dataset.edits ?? 0) + 1);
  }

  showTime(time) {
    if (!this.view) return;
    if (time < this.view.start || time > this.view.end) this.view.reveal(time);
    this.placePlayhead(time);
    const code = timecodeAt(time + this.first, this.rate);
    element("clock").textContent = `${time.toFixed(3)} s${code ? ` · ${code}` : ""}`;
    document.documentElement.dataset.frame = String(this.player.frame);
  }

  placePlayhead(time) {
    const canvas = this.lanes[0]?.canvas;
    if (!canvas) return;
    const part = (time - this.view.start) / this.view.span;
    const head = element("playhead");
    head.hidden = part < 0 || part > 1;
    head.style.transform = `translateX(${canvas.offsetLeft + part * canvas.clientWidth}px)`;
  }

  showPlaying(isPlaying) {
    element("play").textContent = isPlaying ? "Pause" : "Play";
    document.documentElement.dataset.playing = String(isPlaying);
    element("loop").setAttribute("aria-pressed", String(isPlaying && Boolean(this.player.span?.[2])));
  }

  /** With the next picture of the screen, once however often it is asked for. */
  draw() {
    if (this.isDue || !this.isClip) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      const began = performance.now();
      this.width = this.lanes[0]?.canvas.clientWidth ?? 0;
      if (!this.width) return;
      for (const lane of this.lanes) lane.render(this.view, this.colours, this.width);
      this.placePlayhead(this.player.time);
      this.took.push(performance.now() - began);
      if (this.took.length > 200) this.took.shift();
      clearTimeout(this.counting);
      this.counting = setTimeout(() => this.tellTook(), 200);
    });
  }

  /** How long pictures take to draw, for whoever wants to know whether it is smooth. */
  tellTook() {
    const sorted = [...this.took].sort((a, b) => a - b);
    document.documentElement.dataset.drawMs = sorted[Math.floor(0.95 * (sorted.length - 1))].toFixed(2);
    document.documentElement.dataset.drawn = String(sorted.length);
  }

  pickFromGrid(id) {
    this.editing.choose(this.editing.tier?.name ?? "words", id);
    this.player.seek(this.editing.item.start);
  }

  /** What a boundary may snap to beside those of the other tiers. */
  snaps() {
    const near = [this.player.time];
    for (const rows of [this.visemes?.expected, this.visemes?.observed]) {
      if (!rows) continue;
      const [first, last] = [lastAtOrBefore(rows.starts, this.view.start), lastAtOrBefore(rows.starts, this.view.end)];
      for (let row = Math.max(first, 0); row <= last; row++) near.push(rows.items[row].start);
    }
    return near;
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colours = {};
    for (const [name, variable] of Object.entries(COLOURS)) this.colours[name] = style.getPropertyValue(`--${variable}`).trim();
  }

  // --- messages

  say(words, isSpoken = true) {
    element("status").setAttribute("aria-live", isSpoken ? "polite" : "off");
    element("status").textContent = words;
  }

  notice(words, again = null) {
    element("notice").hidden = words === null;
    element("notice-words").textContent = words === null ? "" : printable(words);
    element("notice-again").hidden = again === null;
    this.again = again;
  }

  showLost(isThere) {
    element("lost").hidden = isThere;
    element("lost-words").textContent = isThere ? "" : "The desk does not answer. What you do is kept here and sent as soon as it does.";
    document.documentElement.dataset.server = isThere ? "there" : "lost";
    this.showSending(this.editing.unsent.length);
  }

  offerUnsent() {
    const kept = this.drafts.get("unsent");
    if (!Array.isArray(kept) || !kept.length) return;
    const missing = kept.filter((job) => job?.edit && !this.editing.document.shows(job.edit));
    this.drafts.set("unsent", null);
    if (!missing.length) return;
    const told = missing.map((job) => job.told).join("; ");
    this.notice(`This had not reached the desk when its window was closed: ${told}.`, () => {
      for (const job of missing) this.editing.again(job.edit);
    });
  }

  async hearOf(event) {
    document.documentElement.dataset.heard = String(Number(document.documentElement.dataset.heard ?? 0) + 1);
    if (!this.isClip) {
      await this.queue.load();
      return;
    }
    if (event.kind === "decision" || event.id === this.id) await this.refresh(event);
    if (event.kind === "decision" && this.facts.mode !== "clip") {
      await this.queue.load({ isOrderKept: true });
      this.showResults();
    }
  }

  /** What another window did to the clip that is open here; what this one did is known already. */
  async refresh(event) {
    if (this.editing.isRunning || this.editing.draft) return; // the next answer tells it
    if (event.kind === "clip" && event.revision === this.editing.revision) return;
    await this.reload();
    if (event.kind === "clip") this.say("Changed in another window; shown as it is now.");
  }

  async catchUp() {
    if (this.isClip && !this.editing.isRunning && !this.editing.draft) await this.reload();
    else if (!this.isClip) await this.queue.load();
  }
}

/** "30000/1001", 25 or [25, 1] as [over, under]. */
function rateOf(told) {
  if (Array.isArray(told)) return told;
  const parts = String(told ?? "").split("/").map(Number);
  if (parts.length === 2 && parts.every((x) => x > 0)) return parts;
  const [rate] = parts;
  if (!(rate > 0)) return [25, 1];
  if (Math.abs(rate - Math.round(rate)) < 1e-6) return [Math.round(rate), 1];
  const film = Math.round(rate * 1.001);
  return Math.abs(rate - film / 1.001) < 1e-3 ? [1000 * film, 1001] : [Math.round(rate * 1000), 1000];
}

/** Seconds at which a timecode stands, so that the frame of second 0 has it. */
function secondsOf(code, [over, under]) {
  const parts = /^(\d+):(\d\d):(\d\d)([:;.])(\d+)$/.exec(code ?? "");
  if (!parts) return 0;
  const [hours, minutes, seconds, frames] = [1, 2, 3, 5].map((k) => Number(parts[k]));
  const nominal = Math.round(over / under);
  const dropped = parts[4] === ";" && under === 1001 ? over / 15000 : 0;
  const passed = 60 * hours + minutes;
  const frame = nominal * (60 * passed + seconds) + frames - dropped * (passed - Math.floor(passed / 10));
  return (frame * under) / over;
}

const desk = new Desk();
desk.start();
