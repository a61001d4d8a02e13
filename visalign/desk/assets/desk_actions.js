"use strict";
// Everything that a key or a button does, by name; and who listens to what.

const FORMATS = ["TextGrid", "eaf", "csv", "json", "cues"];
const SPEEDS = ["1", "0.5", "0.25"];
const FIELDS = "input:not([type=checkbox]), textarea, select"; // keys typed here are text

function makeActions(desk) {
  const { editing, player } = desk;
  const chosen = (act) => () => (editing.item ? act(editing.item) : desk.say("Nothing is chosen."));
  const zoom = (factor) => () => desk.view.zoom(factor, player.time >= desk.view.start && player.time <= desk.view.end ? player.time : (desk.view.start + desk.view.end) / 2);
  const decide = (k) => () => decideOn(desk, desk.facts.decisions[k]);
  return {
    ...playing(desk, chosen),
    ...choosing(desk),
    ...correcting(desk, chosen),
    zoomIn: zoom(0.5),
    zoomOut: zoom(2),
    left: () => desk.view.scroll(-0.5),
    right: () => desk.view.scroll(0.5),
    fit: () => desk.view.set(0, desk.view.duration),
    fitChosen: chosen((item) => desk.view.set(item.start - 0.25 * (item.end - item.start), 1.5 * (item.end - item.start))),
    spectrum: () => showSpectrum(desk, !element("show-spectrum").checked),
    ...Object.fromEntries([0, 1, 2, 3].map((k) => [`decide${k + 1}`, decide(k)])),
    comment: () => element("comment").focus(),
    scope: () => turnScope(desk),
    nextClip: () => leaveFor(desk, 1),
    previousClip: () => leaveFor(desk, -1),
    queue: () => leave(desk),
    filter: () => element("filter").focus(),
    help: () => element("help").showModal(),
  };
}

function playing(desk, chosen) {
  const { player } = desk;
  return {
    play: () => player.toggle(),
    back: () => player.step(-1),
    forth: () => player.step(1),
    home: () => player.seek(0),
    end: () => player.seek(desk.clip.duration),
    hear: chosen((item) => player.playSpan(item.start, item.end, false)),
    loop: () => {
      if (player.isPlaying && player.span?.[2]) player.seek(player.span[0]);
      else chosen((item) => player.playSpan(item.start, item.end, true))();
    },
    corrected: () => hearCorrected(desk),
    speed: () => {
      const next = SPEEDS[(SPEEDS.indexOf(element("speed").value) + 1) % SPEEDS.length];
      element("speed").value = next;
      setSpeed(desk);
    },
  };
}

function choosing(desk) {
  const { editing, player } = desk;
  const step = (way) => () => {
    const next = editing.step(way);
    if (!next) return;
    player.seek(next.start);
    desk.say(itemInWords(desk, next));
  };
  const climb = (way) => () => {
    editing.climb(way, editing.item ? (editing.item.start + editing.item.end) / 2 : player.time);
    if (editing.item) desk.say(`${TIERS[editing.selected.tier]}: ${itemInWords(desk, editing.item)}`);
  };
  const jump = (way) => () => {
    const words = editing.document.tiers.words;
    const faults = (words?.items ?? []).filter((item) => desk.verdicts.has(item.id) && !SPEAKS[desk.verdicts.get(item.id).verdict]);
    if (!faults.length) return desk.say("No word is at fault.");
    const here = editing.selected?.tier === "words" && editing.item ? editing.item.start : player.time;
    const next = way > 0 ? faults.find((item) => item.start > here + SAME) ?? faults[0] : faults.findLast((item) => item.start < here - SAME) ?? faults.at(-1);
    editing.choose("words", next.id, "start");
    player.seek(next.start);
    desk.say(itemInWords(desk, next));
  };
  return {
    before: step(-1),
    next: step(1),
    up: climb(-1),
    down: climb(1),
    nextFault: jump(1),
    previousFault: jump(-1),
    turn: () => {
      editing.turn();
      if (editing.item) desk.say(`${editing.selected.side} at ${editing.item[editing.selected.side].toFixed(3)} s`);
    },
  };
}

function correcting(desk, chosen) {
  const { editing, player } = desk;
  const nudge = (way) => (event) => editing.nudge(way * NUDGE * (event?.shiftKey ? 0.1 : 1));
  return {
    earlier: nudge(-1),
    later: nudge(1),
    startHere: chosen(() => editing.moveTo("start", player.time)),
    endHere: chosen(() => editing.moveTo("end", player.time)),
    label: chosen(() => {
      element("label").focus();
      element("label").select();
    }),
    split: chosen(() => editing.split(player.time)),
    merge: chosen(() => editing.merge()),
    insert: () => insertHere(desk),
    delete: chosen(() => editing.delete()),
    pin: chosen(() => editing.pin(editing.selected.side)),
    pronounce: chosen((item) => pronounce(desk, item)),
    transcript: () => element("transcript").focus(),
    snap: () => {
      element("snap").checked = !element("snap").checked;
      desk.say(element("snap").checked ? "Boundaries snap to neighbours." : "Boundaries don't snap.");
    },
    undo: () => (editing.canUndo || editing.unsent.length ? editing.undo() : desk.say("Nothing to undo.")),
    redo: () => (editing.canRedo || editing.unsent.length ? editing.redo() : desk.say("Nothing to do again.")),
  };
}

function itemInWords(desk, item) {
  const judged = desk.editing.selected.tier === "words" ? `, ${verdictInWords(desk.verdicts.get(item.id))}` : "";
  return `${printable(item.label)}, ${item.start.toFixed(3)} to ${item.end.toFixed(3)} s${judged}`;
}

/** Sound as corrected, or as it is: while it plays, too. */
async function hearCorrected(desk) {
  if (typeof desk.judgement.lead_seconds !== "number") return desk.say("No offset is told, so there is nothing to correct.");
  const { path } = desk;
  const isMoved = !desk.isMoved;
  if (isMoved && desk.sound.bytes === null) {
    try {
      const bytes = await desk.server.bytes(`${path}/sound.wav`);
      if (path === desk.path) desk.sound.bytes = bytes;
    } catch {
      return desk.say("The sound can't be had just now; try again.");
    }
  }
  desk.isMoved = isMoved;
  element("corrected").setAttribute("aria-pressed", String(isMoved));
  await desk.sound.change();
  const lead = desk.judgement.lead_seconds;
  desk.say(isMoved ? `Sound as corrected: ${Math.abs(Math.round(1000 * lead))} ms ${lead > 0 ? "later" : "earlier"}.` : "Sound as it is.");
}

function setSpeed(desk) {
  element("video").playbackRate = Number(element("speed").value);
  desk.say(`Speed ${element("speed").selectedOptions[0].textContent}`);
}

function showSpectrum(desk, isWanted) {
  element("show-spectrum").checked = isWanted;
  desk.lanes.find((lane) => lane.name === "Spectrum").row.hidden = !isWanted;
  desk.draw();
}

async function insertHere(desk) {
  const { editing, player } = desk;
  const tier = editing.selected?.tier ?? "words";
  const time = player.time;
  const room = editing.roomAt(tier, time);
  if (room === null) return desk.say(`There is no room for one at the playhead in ${TIERS[tier]}. Move the playhead, or split what is there (X).`);
  const [start, end] = room;
  const label = await ask(desk, `New in ${TIERS[tier]}`, `From ${start.toFixed(3)} to ${end.toFixed(3)} s.`, tier === "closures" ? "closed" : "");
  if (label) editing.send({ kind: "insert", tier, start, end, label });
}

async function pronounce(desk, item) {
  if (desk.editing.selected.tier !== "words") return desk.say("Only words are pronounced; choose one (↑ ↓).");
  const { phones } = desk.editing.document.tiers;
  const said = (phones?.items ?? []).filter((phone) => phone.start >= item.start - SAME && phone.end <= item.end + SAME && phone.label);
  const told = await ask(desk, `“${printable(item.label)}” is pronounced`, "Phones with spaces between, ARPABET or IPA.", said.map((phone) => phone.label).join(" "));
  if (told) desk.editing.send({ kind: "pronounce", id: item.id, phones: told });
}

/** A line of text from whoever sits there; null where they think better of it. */
function ask(_desk, heading, note, value) {
  const dialog = element("ask");
  element("ask-heading").textContent = heading;
  element("ask-note").textContent = note;
  element("ask-input").value = value;
  dialog.returnValue = "cancel";
  dialog.showModal();
  element("ask-input").focus();
  element("ask-input").select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? element("ask-input").value.trim() || null : null), { once: true });
  });
}

// --- deciding

function makeChoices(desk) {
  desk.facts.decisions.forEach((decision, k) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.dataset.decision = decision;
    button.append(Object.assign(document.createElement("span"), { textContent: decision }));
    if (k < 9) button.append(Object.assign(document.createElement("kbd"), { textContent: String(k + 1) }));
    button.setAttribute("aria-keyshortcuts", String(k + 1));
    button.addEventListener("click", () => decideOn(desk, decision));
    element("choices").append(button);
  });
}

/** Which line the decision is about; null for the whole clip. */
function lineOf(desk) {
  if (element("scope").value !== "line") return null;
  const { lines } = desk.editing.document.tiers;
  const { item, selected } = desk.editing;
  if (selected?.tier === "lines") return selected.id;
  const row = lines?.rowAt(item ? (item.start + item.end) / 2 : desk.player.time) ?? -1;
  return row < 0 ? undefined : lines.items[row].id;
}

async function decideOn(desk, decision) {
  if (decision === undefined) return;
  desk.editing.settle();
  const line = lineOf(desk);
  if (line === undefined) return desk.say("There is no line at the playhead.");
  const comment = element("comment").value.trim();
  const { path, id, drafts } = desk;
  element("saved").textContent = "saving…";
  try {
    const answer = await desk.server.post(`${path}/decide`, { line, decision, comment });
    drafts.set("comment", null);
    if (id !== desk.id) return;
    desk.decisions = answer.decisions;
    if (element("comment").value.trim() === comment) element("comment").value = "";
    element("saved").textContent = "saved";
    if (desk.facts.mode !== "clip") await desk.queue.load({ isOrderKept: true });
    desk.showResults();
    desk.say(`Decided: ${decision}${line === null ? "" : ", for this line"}.`);
    document.documentElement.dataset.decided = decision;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    desk.notice(`The decision was not kept: ${error.message}`);
  }
}

function turnScope(desk) {
  if (!desk.hasLines) return desk.say("This clip has no lines.");
  element("scope").value = element("scope").value === "clip" ? "line" : "clip";
  desk.say(`Decisions are for ${element("scope").selectedOptions[0].textContent}.`);
}

function leaveFor(desk, way) {
  if (desk.facts.mode === "clip") return;
  desk.editing.settle();
  const id = desk.queue.beside(desk.id, way);
  if (id === null) desk.say(way > 0 ? "That was the last one." : "That was the first one.");
  else desk.go(id);
}

function leave(desk) {
  if (desk.editing.draft) desk.editing.drop();
  else if (desk.facts.mode !== "clip") location.hash = "";
}

// --- text and files

function showTyped(desk) {
  const isTyped = element("transcript").value !== (desk.transcript ?? "");
  element("align-text").disabled = !isTyped;
  element("transcript-note").textContent = isTyped ? "not aligned yet" : "";
}

function makeFormats(desk) {
  for (const format of desk.facts.formats ?? FORMATS) {
    const label = document.createElement("label");
    label.className = "check";
    label.append(Object.assign(document.createElement("input"), { type: "checkbox", value: format, checked: format === "TextGrid" }), ` ${format}`);
    element("formats").append(label);
  }
}

async function writeFiles(desk) {
  desk.editing.settle();
  const formats = [...element("formats").querySelectorAll("input:checked")].map((box) => box.value);
  if (!formats.length) return desk.say("Tick a format first.");
  try {
    const { files } = await desk.server.post(`${desk.path}/write`, { formats });
    showLines(element("files"), files.map((file) => `Wrote ${printable(file)}`));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    desk.notice(`Nothing was written: ${error.message}`);
  }
}

function setTime(desk, side, field) {
  const item = desk.editing.item;
  const time = Number(field.value.trim().replace(",", "."));
  if (!item || field.value.trim() === "" || !Number.isFinite(time)) return desk.notice(`“${field.value}” is no time; write seconds, as 1.230.`);
  if (Math.abs(time - item[side]) > 4e-4) desk.editing.moveTo(side, time);
}

// --- listening

function listenAll(desk) {
  const { actions, editing } = desk;
  const buttons = {
    "to-queue": "queue", "help-button": "help", play: "play", back: "back", forth: "forth", hear: "hear", loop: "loop", corrected: "corrected",
    split: "split", merge: "merge", insert: "insert", delete: "delete", pronounce: "pronounce", undo: "undo", redo: "redo",
    "zoom-in": "zoomIn", "zoom-out": "zoomOut", fit: "fit", "fit-chosen": "fitChosen", "previous-clip": "previousClip", "next-clip": "nextClip",
  };
  for (const [id, name] of Object.entries(buttons)) element(id).addEventListener("click", () => actions[name]());
  for (const side of ["start", "end"]) element(`pin-${side}`).addEventListener("click", () => editing.pin(side));
  element("try-again").addEventListener("click", () => desk.server.wake?.());
  element("notice-close").addEventListener("click", () => desk.notice(null));
  element("notice-again").addEventListener("click", () => {
    const { again } = desk;
    desk.notice(null);
    again?.();
  });
  element("speed").addEventListener("change", () => setSpeed(desk));
  element("show-spectrum").addEventListener("change", (event) => showSpectrum(desk, event.target.checked));
  element("decide").addEventListener("submit", (event) => event.preventDefault());
  listenToFields(desk);
  document.addEventListener("click", (event) => {
    // a button that was clicked does not keep the keyboard: Enter is for the label again, Space plays
    if (event.detail > 0 && event.target.closest("#clip button") && !document.querySelector("dialog[open]")) {
      element("tracks").focus({ preventScroll: true });
    }
  });
  document.addEventListener("keydown", (event) => pressKey(desk, event));
  new ResizeObserver(() => desk.isClip && desk.view && (desk.showResults(), desk.draw())).observe(element("tracks"));
  onThemeChange(() => {
    desk.readColours();
    if (desk.isClip && desk.view) desk.showAll();
  });
}

function listenToFields(desk) {
  const { editing } = desk;
  const back = () => element("tracks").focus({ preventScroll: true });
  const enter = (field, revert) => {
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape") revert();
      back(); // leaving the field keeps what stands in it
    });
  };
  const label = element("label");
  enter(label, () => (label.value = editing.item?.label ?? ""));
  label.addEventListener("blur", () => {
    // neither the sheet of symbols nor another program is a way of leaving
    if (!element("ipa").open && document.hasFocus()) editing.relabel(label.value);
  });
  for (const [id, side] of [["from", "start"], ["to", "end"]]) {
    const field = element(id);
    enter(field, () => (field.value = editing.item?.[side].toFixed(3) ?? ""));
    field.addEventListener("change", () => setTime(desk, side, field));
  }
  element("ipa-button").addEventListener("click", () => desk.ipa.open(label));
  element("ask-ipa").addEventListener("click", () => desk.ipa.open(element("ask-input")));
  element("comment").addEventListener("input", (event) => desk.drafts.set("comment", event.target.value));
  const transcript = element("transcript");
  transcript.addEventListener("input", () => {
    const isTyped = transcript.value !== (desk.transcript ?? "");
    desk.drafts.set("transcript", isTyped ? transcript.value : null);
    showTyped(desk);
  });
  const align = () => {
    if (transcript.value !== (desk.transcript ?? "")) editing.send({ kind: "transcript", text: transcript.value });
    back();
  };
  element("transcript-form").addEventListener("submit", (event) => (event.preventDefault(), align()));
  transcript.addEventListener("keydown", (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && align());
  element("write-form").addEventListener("submit", (event) => (event.preventDefault(), writeFiles(desk)));
}

/** Keys are actions, except where they are text or press the button that has the focus. */
function pressKey(desk, event) {
  if (event.defaultPrevented || event.isComposing) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (event.key === "F2" && at.matches("#label, #ask-input, #transcript")) {
    event.preventDefault();
    desk.ipa.open(at);
    return;
  }
  if (at.closest("dialog")) return;
  if (at.matches(FIELDS)) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    (desk.isClip ? element("tracks") : element("queue-rows")).focus({ preventScroll: true });
    return;
  }
  if (at.closest("button, a, input") && [" ", "Enter"].includes(event.key)) return;
  const action = actionOf(event);
  if (action === null || (!desk.isClip && !["filter", "help"].includes(action)) || (desk.isClip && action === "filter")) return;
  event.preventDefault();
  desk.actions[action](event);
}
