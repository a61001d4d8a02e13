"use strict";
// The page of a batch: a table of which only the rows in sight exist, its filters, and the spread of the offsets.

const element = (id) => document.getElementById(id);
const ROW_HEIGHT = 52; // pixels; the style says the same
const SPARE_ROWS = 8; // above and below what is in sight
const BIN = 0.02; // seconds of a bar of the spread
const REACH = 0.5; // seconds to either side; what lies beyond is counted in the outermost bars
const VERDICTS = {
  mismatched: "does not fit", "audio-early": "audio early", "audio-late": "audio late", uncertain: "uncertain",
  failed: "failed", pending: "pending", "in-sync": "in sync",
};
const ORDER = Object.keys(VERDICTS); // what needs attention comes first

// Each column: heading, what it is sorted by, whether a first click sorts downwards, and how a cell is filled.
const COLUMNS = [
  { title: "", fill: fillPicture },
  { title: "Clip", key: (clip) => clip.id, fill: fillName },
  { title: "Verdict", key: (clip) => ORDER.indexOf(clip.verdict), fill: fillVerdict },
  { title: "Audio", key: (clip) => clip.lead, fill: fillLead, isNumber: true },
  { title: "Length", key: (clip) => clip.seconds, fill: fillLength, isNumber: true },
  { title: "Confidence", key: (clip) => clip.confidence, fill: (cell, clip) => fillPart(cell, clip.confidence), isNumber: true },
  { title: "In sync", key: (clip) => clip.inSync, fill: fillWords, isNumber: true },
  { title: "Lead, word by word", fill: fillSparkline },
  { title: "Note", key: (clip) => clip.note, fill: fillNote },
];

function put(parent, tag, className, text) {
  const child = document.createElement(tag);
  if (className) child.className = className;
  if (text !== undefined) child.textContent = text;
  parent.append(child);
  return child;
}

function fillPicture(cell, clip) {
  if (!clip.picture) return void put(cell, "div", "blank");
  const picture = put(cell, "img");
  picture.alt = "";
  picture.loading = "lazy";
  picture.src = clip.picture;
}

function fillName(cell, clip) {
  cell.className = "name";
  if (clip.page) put(cell, "a", "", clip.id).href = clip.page;
  else put(cell, "span", "", clip.id);
  const more = [clip.speaker, clip.condition].filter(Boolean).join(" · ");
  if (more) put(cell, "small", "", more);
}

function fillVerdict(cell, clip) {
  put(cell, "span", `tag ${clip.verdict}`, VERDICTS[clip.verdict]);
  if (clip.decision) put(cell, "small", "decision", clip.decision).title = clip.decision;
}

function fillLead(cell, clip) {
  cell.classList.add("number", "lead");
  cell.textContent = clip.lead === null ? "–" : leadInWords(clip.lead);
  if (clip.lead !== null && clip.rate !== null) cell.append(" ", Object.assign(document.createElement("small"), { textContent: framesInWords(clip.lead, clip.rate) }));
}

/** Minutes and seconds, as a player shows them. */
function fillLength(cell, clip) {
  cell.classList.add("number");
  if (clip.seconds === null) return void (cell.textContent = "–");
  const tenths = Math.round(10 * clip.seconds);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const two = (x) => String(x).padStart(2, "0");
  cell.textContent = `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}

function fillPart(cell, part) {
  cell.classList.add("number");
  cell.textContent = part === null ? "–" : `${Math.round(100 * part)} %`;
}

function fillWords(cell, clip) {
  cell.classList.add("number");
  cell.textContent = clip.nWords ? `${clip.nWordsInSync} of ${clip.nWords}` : "–";
}

function fillNote(cell, clip) {
  put(cell, "span", "message", clip.note).title = clip.note;
}

/** The lead of each word as a bar: up is early, down is late, the scale ends at 250 ms. */
function fillSparkline(cell, clip) {
  if (!clip.leads.length) return;
  const canvas = put(cell, "canvas");
  const [width, height, ratio] = [160, 34, window.devicePixelRatio || 1];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Lead word by word, ms: ${clip.leads.map((ms) => ms ?? "unknown").join(", ")}`);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const y = (ms) => height / 2 - (Math.max(-250, Math.min(250, ms)) / 250) * (height / 2 - 1);
  const [early, late] = table.limits;
  context.fillStyle = table.colours.goodTint;
  context.fillRect(0, y(1000 * early), width, y(-1000 * late) - y(1000 * early));
  const step = Math.min(width / clip.leads.length, 12);
  clip.leads.forEach((ms, i) => {
    if (ms === null) return;
    context.fillStyle = ms > 1000 * early || ms < -1000 * late ? table.colours.fault : table.colours.good;
    const top = Math.min(y(ms), y(0));
    context.fillRect(i * step, Math.abs(y(ms) - y(0)) < 2 ? y(0) - 1 : top, Math.max(step - 1.5, 1), Math.max(Math.abs(y(ms) - y(0)), 2));
  });
}

/** Columns of numbers and texts, as the data has them, to one object a clip. */
function readClips(data) {
  return data.rows.map((row) => Object.fromEntries(data.columns.map((name, i) => [name, row[i]])));
}

class ClipTable {
  constructor(data) {
    this.clips = readClips(data);
    this.limits = data.limits;
    this.words = this.clips.map((clip) => `${clip.id} ${clip.speaker} ${clip.condition} ${clip.note} ${clip.decision}`.toLowerCase());
    this.shown = [];
    this.sorting = { column: 2, isDown: false };
    this.verdicts = new Set();
    this.bin = null;
    this.chosen = -1;
    this.rows = new Map(); // rows that exist, by their place in `shown`
    this.readColours();
  }

  start() {
    this.makeHead();
    this.makeChips();
    this.listen();
    this.update();
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = { good: read("good"), goodTint: read("good-tint"), fault: read("fault"), muted: read("muted"),
      line: read("line"), ink: read("ink"), heard: read("heard"), heardTint: read("heard-tint") };
  }

  makeHead() {
    COLUMNS.forEach((column, i) => {
      const cell = put(element("head"), "div", column.isNumber ? "number" : "");
      cell.setAttribute("role", "columnheader");
      if (!column.key) return void (cell.textContent = column.title);
      const button = put(cell, "button", "", column.title);
      button.type = "button";
      button.addEventListener("click", () => this.sortBy(i));
    });
  }

  makeChips() {
    const counts = new Map();
    for (const clip of this.clips) counts.set(clip.verdict, (counts.get(clip.verdict) ?? 0) + 1);
    for (const verdict of ORDER.filter((name) => counts.has(name))) {
      const chip = put(element("verdicts"), "button");
      chip.type = "button";
      chip.dataset.verdict = verdict;
      chip.setAttribute("aria-pressed", "false");
      put(chip, "span", `tag ${verdict}`, `${VERDICTS[verdict]} ${counts.get(verdict).toLocaleString("en")}`);
      chip.addEventListener("click", () => this.toggleVerdict(verdict, chip));
    }
  }

  listen() {
    element("search").addEventListener("input", () => this.update());
    element("clear").addEventListener("click", () => this.clear());
    element("clips").addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    element("clips").addEventListener("keydown", (event) => this.pressKey(event));
    element("spread").addEventListener("click", (event) => this.pickBin(event));
    new ResizeObserver(() => this.redraw()).observe(element("clips"));
    onThemeChange(() => {
      this.readColours();
      this.redraw();
    });
  }

  sortBy(i) {
    const isSame = this.sorting.column === i;
    this.sorting = { column: i, isDown: isSame && !this.sorting.isDown };
    this.update();
  }

  toggleVerdict(verdict, chip) {
    if (!this.verdicts.delete(verdict)) this.verdicts.add(verdict);
    chip.setAttribute("aria-pressed", String(this.verdicts.has(verdict)));
    this.update();
  }

  clear() {
    element("search").value = "";
    this.verdicts.clear();
    this.bin = null;
    for (const chip of element("verdicts").children) chip.setAttribute("aria-pressed", "false");
    this.update();
  }

  /** Filter and sort anew. */
  update() {
    const wanted = element("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    this.shown = this.clips.flatMap((clip, i) => (this.isWanted(clip, i, wanted) ? [i] : []));
    this.sort();
    this.chosen = -1;
    element("count").textContent = `${this.shown.length.toLocaleString("en")} of ${this.clips.length.toLocaleString("en")} clips`;
    element("clips").setAttribute("aria-rowcount", this.shown.length + 1);
    element("clips").scrollTop = 0;
    this.redraw();
  }

  isWanted(clip, i, wanted) {
    if (this.verdicts.size && !this.verdicts.has(clip.verdict)) return false;
    if (this.bin !== null && binOf(clip.lead) !== this.bin) return false;
    return wanted.every((word) => this.words[i].includes(word));
  }

  /** Empty cells last, whichever way; equal ones in the order of the manifest. */
  sort() {
    const { column, isDown } = this.sorting;
    const keys = this.clips.map(COLUMNS[column].key);
    const isEmpty = (key) => key === null || key === "";
    const compare = (a, b) => (typeof a === "string" ? COLLATOR.compare(a, b) : a - b);
    this.shown.sort((i, j) => {
      const [a, b] = [keys[i], keys[j]];
      if (isEmpty(a) || isEmpty(b)) return isEmpty(a) - isEmpty(b) || i - j;
      return (isDown ? compare(b, a) : compare(a, b)) || i - j;
    });
    [...element("head").children].forEach((cell, i) =>
      cell.setAttribute("aria-sort", i !== column ? "none" : isDown ? "descending" : "ascending"),
    );
  }

  redraw() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    element("body").style.height = `${this.shown.length * ROW_HEIGHT}px`;
    const whole = element("head").offsetHeight + this.shown.length * ROW_HEIGHT + 20; // with a bar to scroll sideways
    element("clips").style.height = `min(calc(100vh - 150px), ${whole}px)`; // few clips leave no empty box
    this.draw();
    this.drawSpread();
  }

  /** Make the rows that came into sight, remove those that left it. */
  draw() {
    const box = element("clips");
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    const last = Math.min(this.shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_HEIGHT) + SPARE_ROWS);
    for (const [place, row] of this.rows) {
      if (place >= first && place < last) continue;
      row.remove();
      this.rows.delete(place);
    }
    for (let place = first; place < last; place++) if (!this.rows.has(place)) this.rows.set(place, this.makeRow(place));
  }

  makeRow(place) {
    const clip = this.clips[this.shown[place]];
    const row = document.createElement("div");
    row.className = place === this.chosen ? "row chosen" : "row";
    if (clip.lead === null && !clip.nWords) row.classList.add("note-only"); // nothing was measured: room for why
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", place + 2);
    row.style.top = `${place * ROW_HEIGHT}px`;
    for (const column of COLUMNS) {
      const cell = put(row, "div");
      cell.setAttribute("role", "cell");
      column.fill(cell, clip);
    }
    element("body").append(row);
    return row;
  }

  /** How many clips have which offset: pale all, full those that are shown; green what counts as in sync. */
  drawSpread() {
    const canvas = element("spread");
    const [width, height, ratio] = [canvas.clientWidth, 120, window.devicePixelRatio || 1];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const all = countBins(this.clips);
    const shown = countBins(this.shown.map((i) => this.clips[i]));
    const most = Math.max(1, ...all);
    const x = (seconds) => ((seconds + REACH) / (2 * REACH)) * width;
    context.fillStyle = this.colours.goodTint;
    context.fillRect(x(-this.limits[1]), 0, x(this.limits[0]) - x(-this.limits[1]), height - 18);
    const bars = (counts, colour) => {
      context.fillStyle = colour;
      counts.forEach((n, i) => {
        const tall = n ? Math.max(Math.sqrt(n / most) * (height - 24), 2) : 0; // a root, so that the few are seen
        context.fillRect((i / counts.length) * width + 0.5, height - 18 - tall, width / counts.length - 1, tall);
      });
    };
    bars(all, this.colours.line);
    bars(shown, this.colours.heard);
    context.fillStyle = this.colours.muted;
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "left";
    context.fillText(`${1000 * REACH} ms late`, 0, height - 4);
    context.textAlign = "center";
    context.fillText("in sync", x(0), height - 4);
    context.textAlign = "right";
    context.fillText(`${1000 * REACH} ms early`, width, height - 4);
  }

  pickBin(event) {
    const box = element("spread").getBoundingClientRect();
    const bin = Math.floor(((event.clientX - box.left) / box.width) * N_BINS);
    this.bin = this.bin === bin ? null : bin;
    this.update();
  }

  pressKey(event) {
    const page = Math.max(1, Math.floor(element("clips").clientHeight / ROW_HEIGHT) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" && this.chosen >= 0 && event.target === element("clips")) {
      this.rows.get(this.chosen)?.querySelector("a")?.click();
      return;
    }
    if (!(event.key in steps) || !this.shown.length) return;
    event.preventDefault();
    this.choose(Math.max(0, Math.min(this.shown.length - 1, this.chosen + steps[event.key])));
  }

  choose(place) {
    this.rows.get(this.chosen)?.classList.remove("chosen");
    this.chosen = place;
    const box = element("clips");
    const top = place * ROW_HEIGHT;
    const room = box.clientHeight - element("head").offsetHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW_HEIGHT > box.scrollTop + room) box.scrollTop = top + ROW_HEIGHT - room;
    this.draw();
    this.rows.get(place)?.classList.add("chosen");
  }
}

const COLLATOR = new Intl.Collator("en", { numeric: true });
const N_BINS = Math.round((2 * REACH) / BIN);

function binOf(lead) {
  return lead === null ? null : Math.max(0, Math.min(N_BINS - 1, Math.floor((lead + REACH) / BIN)));
}

function countBins(clips) {
  const counts = new Array(N_BINS).fill(0);
  for (const clip of clips) if (clip.lead !== null) counts[binOf(clip.lead)]++;
  return counts;
}

const table = new ClipTable(JSON.parse(element("batch-data").textContent));
table.start();
