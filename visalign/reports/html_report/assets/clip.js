"use strict";
// The page of one clip: puts player, tracks, mouths and keys together.

const element = (id) => document.getElementById(id);
const COLOURS = { ink: "ink", muted: "muted", line: "line", heard: "heard", heardTint: "heard-tint", good: "good",
  goodTint: "good-tint", fault: "fault", faultTint: "fault-tint", panel: "panel", unsure: "unsure", unsureTint: "unsure-tint" };

class ClipPage {
  constructor(data) {
    this.clip = new Clip(data);
    this.weakest = data.weakest;
    this.isMoved = false;
    this.played = null; // the word that was played last, until the player is moved otherwise
    this.movedBy = () => (this.isMoved ? this.clip.lead : 0);
    this.sound = new CorrectedSound(element("video"), this.movedBy, (words) => (element("status").textContent = words));
    this.player = new Player(element("video"), this.clip, {
      onFrame: (k) => this.showFrame(k),
      onTime: (time) => this.showTime(time),
      onState: (isPlaying) => this.showState(isPlaying),
    });
    this.view = new View(this.clip.duration, () => this.render());
    this.spectrum = new Spectrum();
    this.tracks = this.makeTracks();
    this.layOut();
    this.listen();
    this.readColours();
    this.view.onChange();
    this.showWeakest();
    this.player.seekFrame(this.clip.faults.length ? this.clip.frameAt(this.clip.words.starts[this.clip.faults[0]]) : 0);
  }

  // --- what is shown

  makeTracks() {
    const { clip, movedBy } = this;
    const isSilence = (label) => label === "SIL" || label === "";
    const isRest = (label) => label === clip.silence || label === "";
    const labelsOf = (label) => clip.labelsOf(label);
    const tracks = [
      new Track("Time", 22, drawRuler),
      new Track("Sound", 56, waveTrack(clip, movedBy)),
      new Track("Spectrum", 110, this.spectrum.drawer(movedBy), { note: "0–6 kHz", hidden: true }),
      new Track("Words", 34, wordsTrack(clip, movedBy), { note: "click to play" }),
      new Track("Phones", 24, labelsTrack(clip.phones, movedBy, isSilence, "heardTint")),
      new Track("Expected", 24, labelsTrack(clip.expected, movedBy, isRest, "heardTint", labelsOf), { note: "lips" }),
      new Track("Pairing", 34, pathTrack(clip, movedBy), { note: "warping path" }),
      new Track("Seen", 24, labelsTrack(clip.observed, () => 0, isRest, "faint", labelsOf), { note: "lips" }),
      new Track("How sure", POSTERIOR_ROW * clip.visemes.names.length, posteriorsTrack(clip, movedBy), { note: "■ seen · □ expected" }),
      new Track("Lips open", 64, apertureTrack(clip, movedBy), { note: "— seen · ┄ expected" }),
      new Track("Lead", 76, leadTrack(clip), { note: "and its 95 % interval" }),
      new Track("Overview", 34, overviewTrack(clip, this.view, movedBy), { note: "drag" }),
    ];
    const find = (name) => tracks.find((track) => track.name === name);
    if (!clip.words.length) find("Words").row.hidden = true;
    if (!clip.sync.isTold) find("Lead").row.hidden = true; // of what does not belong together a lead says nothing
    nameRows(find("How sure"), clip.visemes.names.map((name) => ({ words: labelsOf(name)[1] === name ? "" : labelsOf(name)[1], letter: name || "no face", whole: clip.named(name) })));
    return tracks;
  }

  layOut() {
    element("tracks").append(...this.tracks.map((track) => track.row));
    const { width, height, pictureHeight } = this.clip.video;
    const screen = element("screen");
    screen.style.aspectRatio = `${width} / ${pictureHeight}`;
    const isWide = width > 2 * pictureHeight; // the mouths then stand side by side, or there is a hole below the picture
    screen.style.width = `min(100%, ${Math.max(width, isWide ? 640 : 420)}px)`;
    screen.closest(".stage").classList.toggle("wide", isWide);
    element("video").style.aspectRatio = `${width} / ${height}`;
    const label = element("moved-label");
    label.hidden = !this.clip.sync.isTold || Math.abs(this.clip.lead) < 0.0005;
    const isSure = this.clip.sync.verdict !== "uncertain";
    const ms = Math.abs(Math.round(1000 * this.clip.lead));
    label.querySelector("span").textContent =
      `sound ${ms} ms ${this.clip.lead > 0 ? "later" : "earlier"}, ${isSure ? "as corrected" : "by the best guess"}: to hear and to see`;
    element("play-corrected").hidden = label.hidden || this.clip.sync.verdict === "in-sync";
    if (!isSure) element("play-corrected").textContent = "Play by the best guess";
    for (const id of ["next-fault", "previous-fault"]) element(id).disabled = !this.clip.faults.length;
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colours = { faint: style.getPropertyValue("--faint").trim() };
    for (const [name, variable] of Object.entries(COLOURS)) this.colours[name] = style.getPropertyValue(`--${variable}`).trim();
  }

  render() {
    const width = this.tracks[0].canvas.clientWidth;
    if (!width) return;
    for (const track of this.tracks) track.render(this.view, this.colours, width);
    this.placePlayhead(this.player.time);
  }

  placePlayhead(time) {
    const canvas = this.tracks[0].canvas;
    const part = (time - this.view.start) / this.view.span;
    const head = element("playhead");
    head.hidden = part < 0 || part > 1;
    head.style.left = `${canvas.offsetLeft}px`;
    head.style.transform = `translateX(${part * canvas.clientWidth}px)`;
  }

  showTime(time) {
    if (time < this.view.start || time > this.view.end) this.view.reveal(time);
    this.placePlayhead(time);
    element("number-time").textContent = `${time.toFixed(3)} s`;
    element("number-timecode").textContent = timecodeAt(time, this.clip.rate) || "–";
  }

  /** The frame that is on the screen: its number, what is heard and seen at its middle, and both mouths. */
  showFrame(k) {
    const { clip } = this;
    const time = clip.centres[k];
    const heardAt = time - this.movedBy();
    drawSeenMouth(element("seen"), element("video"), clip.video.mouth);
    if (clip.mouth !== null && element("landmarks").checked) drawLandmarks(element("seen"), clip.mouth, k);
    drawMouth(element("expected-mouth"), clip.expectedShape(time, this.movedBy()), this.colours);
    this.markFace(k);
    const seen = clip.seenAt(time);
    const numbers = {
      frame: `${k + 1} of ${clip.nFrames}`,
      word: clip.words.labelAt(heardAt) || "–",
      phone: clip.phones.labelAt(heardAt) || "–",
      expected: clip.named(clip.expected.labelAt(heardAt)) || "–",
      observed: seen === null ? "no face" : `${clip.named(seen.viseme)}, ${Math.round(100 * seen.posterior)} %`,
      open: this.openInWords(k, clip.expectedOpenAt(time, this.movedBy())),
      ...(clip.sync.isTold && { lead: this.leadInWords(time) }),
    };
    for (const [name, value] of Object.entries(numbers)) element(`number-${name}`).textContent = value;
    this.markWord(clip.words.indexAt(heardAt));
    document.documentElement.dataset.frame = k;
  }

  /** Where several faces are seen: whose mouth it is that is enlarged and judged. */
  markFace(k) {
    const place = element("place");
    const box = this.clip.placeAt(k);
    place.hidden = box === null;
    if (box === null) return;
    const [left, top, width, height] = box.map((part) => `${100 * part}%`);
    Object.assign(place.style, { left, top, width, height });
  }

  openInWords(k, expected) {
    const percent = (x) => (Number.isNaN(x) ? "?" : `${Math.round(100 * clamp(x, 0, 1))} %`);
    return `${percent(this.clip.observedOpen[k])} seen, ${percent(expected)} expected`;
  }

  leadInWords(time) {
    const here = this.clip.leadAt(time);
    if (here === null) return "no face";
    const frames = framesInWords(here.lead, this.clip.rate);
    return `${leadInWords(here.lead)}, ${frames} (${rangeInWords(here.low, here.high)})`;
  }

  markWord(row) {
    document.querySelector("tr.now")?.classList.remove("now");
    if (row >= 0) document.querySelector(`tr[data-row="${row}"]`)?.classList.add("now");
  }

  showState(isPlaying) {
    element("play").textContent = isPlaying ? "Pause" : "Play";
    if (!isPlaying && this.player.isReady) this.announce();
  }

  /** For those who listen: where the player stands, once it stands. */
  announce() {
    clearTimeout(this.announcement);
    this.announcement = setTimeout(() => {
      const value = (name) => element(`number-${name}`).textContent;
      element("status").textContent =
        `${value("time")}, frame ${value("frame")}. Heard: ${value("word")}, lips expected: ${value("expected")}. Seen: ${value("observed")}. Lips ${value("open")}.`;
    }, 250);
  }

  showWeakest() {
    for (const canvas of document.querySelectorAll("canvas[data-frame]")) {
      const time = this.clip.centres[Number(canvas.dataset.frame)];
      drawMouth(canvas, this.clip.expectedShape(time, 0), this.colours);
    }
  }

  // --- what can be done

  seekFrame(k) {
    this.played = null;
    this.player.seekFrame(k);
    this.announce();
  }

  toggle() {
    this.played = null;
    this.player.toggle();
  }

  playWord(row) {
    const { words } = this.clip;
    if (row < 0 || row >= words.length) return;
    this.played = row;
    this.view.reveal(words.starts[row]);
    this.player.playSpan(words.starts[row] + this.movedBy(), words.ends[row] + this.movedBy());
    element("status").textContent = `Playing “${words.labels[row]}”`;
  }

  playLine(start, end) {
    this.played = null;
    this.view.reveal(start);
    this.player.playSpan(start + this.movedBy(), end + this.movedBy());
    element("status").textContent = `Playing from ${start.toFixed(2)} s`;
  }

  jump(direction) {
    const { faults, words } = this.clip;
    if (!faults.length) return;
    const here = this.player.time - this.movedBy();
    // after a word was played, its neighbour is meant, wherever exactly the player stopped
    const later = faults.filter((row) => (this.played === null ? words.starts[row] > here : row > this.played));
    const earlier = faults.filter((row) => (this.played === null ? words.ends[row] < here : row < this.played));
    this.playWord(direction > 0 ? later[0] ?? faults[0] : earlier.at(-1) ?? faults.at(-1));
  }

  async toggleSpectrum(isWanted) {
    element("show-spectrum").checked = isWanted;
    if (isWanted) await this.spectrum.prepare();
    this.tracks.find((track) => track.name === "Spectrum").row.hidden = !isWanted;
    this.render();
  }

  move(isMoved) {
    if (element("moved-label").hidden) return;
    element("moved").checked = isMoved;
    this.isMoved = isMoved;
    this.sound.change();
    element("expected-when").textContent = isMoved ? "once the sound is moved" : "from what is heard now";
    this.render();
    if (this.player.shown >= 0) this.showFrame(this.player.shown);
  }

  /** Play from here, or go on playing, with the sound moved into sync. */
  playCorrected() {
    if (element("play-corrected").hidden) return;
    this.move(true);
    if (!this.player.isPlaying) this.toggle();
  }

  step(n) {
    this.played = null;
    this.player.step(n);
    this.announce();
  }

  // --- listening

  listen() {
    const { player, view } = this;
    const actions = {
      play: () => this.toggle(),
      "play-corrected": () => this.playCorrected(),
      back: () => this.step(-1),
      forth: () => this.step(1),
      "previous-fault": () => this.jump(-1),
      "next-fault": () => this.jump(1),
      "zoom-in": () => view.zoom(0.5, player.time),
      "zoom-out": () => view.zoom(2, player.time),
      fit: () => view.set(0, this.clip.duration),
      "help-button": () => element("help").showModal(),
      "print-button": () => window.print(),
    };
    for (const [id, action] of Object.entries(actions)) element(id).addEventListener("click", action);
    element("speed").addEventListener("change", (event) => (element("video").playbackRate = Number(event.target.value)));
    element("landmarks").addEventListener("change", () => this.showFrame(Math.max(player.shown, 0)));
    element("show-spectrum").addEventListener("change", (event) => this.toggleSpectrum(event.target.checked));
    element("moved").addEventListener("change", (event) => this.move(event.target.checked));
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-play]");
      if (button) this.playWord(Number(button.dataset.play));
      const line = event.target.closest("button[data-play-from]");
      if (line) this.playLine(Number(line.dataset.playFrom), Number(line.dataset.playTo));
    });
    document.addEventListener("keydown", (event) => this.pressKey(event));
    this.listenToTracks();
    new ResizeObserver(() => this.render()).observe(element("tracks"));
    onThemeChange(() => this.repaint());
    this.listenToPrinter();
  }

  repaint() {
    this.readColours();
    this.render();
    this.showWeakest();
    if (this.player.shown >= 0) this.showFrame(this.player.shown);
  }

  pressKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || element("help").open) return;
    const isButton = event.target.closest?.("button, select, input, summary") !== null && event.target !== document;
    if (isButton && [" ", "Enter"].includes(event.key)) return;
    if (event.target.closest?.("select") && event.key.startsWith("Arrow")) return;
    const { player, view, clip } = this;
    const keys = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      n: () => this.jump(1),
      p: () => this.jump(-1),
      w: () => this.playWord(clip.words.indexAt(player.time - this.movedBy())),
      "+": () => view.zoom(0.5, player.time),
      "=": () => view.zoom(0.5, player.time),
      "-": () => view.zoom(2, player.time),
      "[": () => view.scroll(-0.5),
      "]": () => view.scroll(0.5),
      0: () => view.set(0, clip.duration),
      Home: () => this.seekFrame(0),
      End: () => this.seekFrame(clip.nFrames - 1),
      s: () => this.toggleSpectrum(!element("show-spectrum").checked),
      m: () => this.move(!this.isMoved),
      c: () => this.playCorrected(),
      "?": () => element("help").showModal(),
    };
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  listenToTracks() {
    const { view, clip } = this;
    const timeAt = (event, track) => {
      const box = track.canvas.getBoundingClientRect();
      const part = clamp((event.clientX - box.left) / box.width, 0, 1);
      return track.name === "Overview" ? part * clip.duration : view.start + part * view.span;
    };
    for (const track of this.tracks) {
      const pick = (event, isFirst) => {
        const time = timeAt(event, track);
        if (track.name === "Overview") view.set(time - view.span / 2, view.span);
        else if (track.name !== "Words") this.seekFrame(clip.frameAt(time));
        else if (isFirst) {
          const row = clip.words.indexAt(time - this.movedBy());
          if (row >= 0) this.playWord(row);
          else this.seekFrame(clip.frameAt(time));
        }
      };
      track.canvas.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        track.canvas.setPointerCapture(event.pointerId);
        pick(event, true);
      });
      track.canvas.addEventListener("pointermove", (event) => {
        if (track.canvas.hasPointerCapture(event.pointerId)) pick(event, false);
      });
      track.canvas.addEventListener("wheel", (event) => this.wheel(event, timeAt(event, track)), { passive: false });
    }
  }

  wheel(event, time) {
    if (event.ctrlKey || event.metaKey) this.view.zoom(Math.exp(event.deltaY * 0.002), time);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.view.scroll((event.shiftKey ? event.deltaY || event.deltaX : event.deltaX) / 600);
    } else return;
    event.preventDefault();
  }

  /** Paper is white, and shows the whole clip. */
  listenToPrinter() {
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = { start: this.view.start, span: this.view.span, theme: document.documentElement.dataset.theme };
      document.documentElement.dataset.theme = "light";
      this.repaint();
      this.view.set(0, this.clip.duration);
    });
    window.addEventListener("afterprint", () => {
      if (before.theme === undefined) delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = before.theme;
      this.repaint();
      this.view.set(before.start, before.span);
    });
  }
}

const page = new ClipPage(readJson("clip-data"));

// The video stands at the end of the file, so that all else is there before it is read.
window.addEventListener("load", () =>
  setTimeout(() => {
    const bytes = bytesOf(element("clip-video").textContent);
    page.sound.bytes = bytes;
    page.player.load(bytes);
  }, 0),
);
