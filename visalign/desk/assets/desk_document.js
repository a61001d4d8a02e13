"use strict";
// The document of one clip as the page has it, and what edits of it are called. Only the server changes it.

const element = (id) => document.getElementById(id);
const TIERS = { words: "Words", phones: "Phones", cues: "Cues", closures: "Closures", lines: "Lines" };
const LEAST = 0.001; // seconds that an item lasts at least while its boundary is dragged
const SAME = 1e-6; // times are told to a millionth of a second

/** Characters that would steer a terminal or turn the writing round are shown, not obeyed. */
function printable(label) {
  return String(label).replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu, "\ufffd");
}

class DeskTier {
  constructor(name, items) {
    this.name = name;
    this.items = items;
    this.starts = Float64Array.from(items, (item) => item.start);
    this.rows = new Map(items.map((item, row) => [item.id, row]));
    this.shown = items.map((item) => printable(item.label));
  }

  get(id) {
    return this.items[this.rows.get(id)] ?? null;
  }

  rowAt(time) {
    const row = lastAtOrBefore(this.starts, time);
    return row >= 0 && time < this.items[row].end ? row : -1;
  }

  /** The item at a time, or the last one before it. */
  near(time) {
    return this.items[clamp(lastAtOrBefore(this.starts, time), 0, this.items.length - 1)] ?? null;
  }

  /** The next item that is no pause; the last one where there is none. */
  step(id, direction) {
    const from = this.rows.get(id) ?? -1;
    for (let row = from + direction; row >= 0 && row < this.items.length; row += direction) {
      if (this.items[row].label !== "") return this.items[row];
    }
    return this.items[from] ?? null;
  }

  /** The item that shares a boundary with this one, on that side. */
  neighbour(id, side) {
    const row = this.rows.get(id);
    const item = this.items[row];
    const other = this.items[side === "start" ? row - 1 : row + 1];
    if (!other) return null;
    const gap = side === "start" ? item.start - other.end : other.start - item.end;
    return Math.abs(gap) <= SAME ? other : null;
  }

  /** From where to where a boundary may be moved. */
  room(id, side, duration) {
    const row = this.rows.get(id);
    const item = this.items[row];
    if (side === "start") {
      const shared = this.neighbour(id, "start");
      return [shared ? shared.start + LEAST : this.items[row - 1]?.end ?? 0, item.end - LEAST];
    }
    const shared = this.neighbour(id, "end");
    return [item.start + LEAST, shared ? shared.end - LEAST : this.items[row + 1]?.start ?? duration];
  }
}

class DeskDocument {
  constructor(tiers, former = null) {
    this.tiers = { ...former?.tiers };
    for (const name of Object.keys(TIERS)) {
      if (tiers[name]) this.tiers[name] = new DeskTier(name, tiers[name]);
    }
  }

  get names() {
    return Object.keys(TIERS).filter((name) => this.tiers[name]);
  }

  item(tier, id) {
    return this.tiers[tier]?.get(id) ?? null;
  }

  /** The nearest boundary of any tier (but the one that is dragged) or of `also`, within `reach` seconds. */
  snap(time, reach, { tier, id, side, also = [] }) {
    const own = this.item(tier, id)?.[side];
    let [best, distance] = [time, reach];
    const offer = (candidate) => {
      if (Math.abs(candidate - time) < distance && Math.abs(candidate - own) > SAME) {
        [best, distance] = [candidate, Math.abs(candidate - time)];
      }
    };
    for (const name of this.names) {
      const { starts, items } = this.tiers[name];
      if (name === tier) continue;
      const row = lastAtOrBefore(starts, time);
      for (const k of [row - 1, row, row + 1]) {
        if (items[k]) [items[k].start, items[k].end].forEach(offer);
      }
    }
    also.forEach(offer);
    return best;
  }

  /** Whether the document is already as this edit would have it: one that was kept though its answer was lost. */
  shows(edit) {
    const item = this.item(edit.tier, edit.id);
    if (edit.kind === "move") return item !== null && Math.abs(item[edit.side] - edit.time) <= SAME;
    if (edit.kind === "relabel") return item?.label === edit.label;
    if (edit.kind === "delete") return item === null;
    if (edit.kind === "pin" || edit.kind === "unpin") return item?.[`pinned_${edit.side}`] === (edit.kind === "pin");
    if (edit.kind === "split") return item !== null && Math.abs(item.end - edit.time) <= SAME;
    if (edit.kind === "insert") {
      return this.tiers[edit.tier]?.items.some((x) => x.label === edit.label && Math.abs(x.start - edit.start) <= SAME);
    }
    return false;
  }
}

/** An edit in words, for messages: “blue” starts at 1.230 s. */
function editInWords(edit, item) {
  const label = item ? `“${printable(item.label) || "pause"}”` : "an item";
  const at = (time) => `${time.toFixed(3)} s`;
  const words = {
    move: () => `${label} ${edit.side === "start" ? "starts" : "ends"} at ${at(edit.time)}`,
    split: () => `${label} split at ${at(edit.time)}`,
    merge: () => `${label} joined with the next`,
    relabel: () => `${label} renamed “${printable(edit.label)}”`,
    insert: () => `“${printable(edit.label)}” put in at ${at(edit.start)}`,
    delete: () => `${label} taken out`,
    pin: () => `${edit.side} of ${label} pinned`,
    unpin: () => `${edit.side} of ${label} no longer pinned`,
    transcript: () => "the transcript",
    pronounce: () => `${label} pronounced ${printable(edit.phones)}`,
  };
  return words[edit.kind]();
}

/** A word's judgement: "in sync", "40 ms late", "uncertain". */
function verdictInWords(word) {
  if (!word) return "not judged";
  const isTold = typeof word.lead_seconds === "number";
  if (word.verdict === "audio-early" || word.verdict === "audio-late") {
    return isTold ? leadInWords(word.lead_seconds) : tagInWords(word.verdict);
  }
  return tagInWords(word.verdict);
}

function tagInWords(verdict) {
  const words = { "in-sync": "in sync", "audio-early": "audio early", "audio-late": "audio late", mismatched: "does not fit", "out-of-step": "out of step", uncertain: "uncertain" };
  return words[verdict] ?? printable(verdict ?? "–");
}

/** What another judgement says of the same words: rows of {id, label, before, after}, those with another verdict first. */
function judgedAnew(before, after, words) {
  const former = new Map(before.words.map((word) => [word.id, word]));
  const rows = [];
  for (const word of after.words) {
    const old = former.get(word.id);
    const [was, is] = [verdictInWords(old), verdictInWords(word)];
    if (was === is) continue;
    const label = printable(words?.get(word.id)?.label ?? "");
    const by = Math.abs((word.lead_seconds ?? 0) - (old?.lead_seconds ?? 0));
    rows.push({ id: word.id, label, before: was, after: is, by, isTurned: old?.verdict !== word.verdict });
  }
  return rows.sort((a, b) => b.isTurned - a.isTurned || b.by - a.by);
}
