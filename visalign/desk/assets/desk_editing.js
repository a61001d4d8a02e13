"use strict";
// What is chosen, how it is changed, and how changes get to the server: one after the other, none lost, none twice.

const NUDGE = 0.01; // seconds; a tenth of it with Shift
const LENGTHS = { words: 0.3, phones: 0.08, cues: 0.12, closures: 0.1, lines: 2 }; // seconds of what is put in, where there is room
const SHORTEST = 0.02;
const NOTHING = -1; // in place of an id: a tier is chosen, and nothing in it
const NUDGED_MS = 450; // so long after the last nudge the boundary is let go

class Editing {
  /** `tell` has: document changed, refused, message; see DeskPage. */
  constructor(server, tell) {
    this.server = server;
    this.tell = tell;
    this.selected = null; // {tier, id, side}
    this.draft = null; // a boundary that is held: {tier, id, side, time, times}
    this.changed = new Set(); // "tier:id" of what the last change touched
    this.isRunning = false;
    this.unsent = [];
  }

  open(id, answer, drafts) {
    this.settle();
    this.id = id;
    this.drafts = drafts;
    this.changed = new Set();
    this.draft = null;
    this.unsent = [];
    this.take(answer);
    this.duration = answer.duration;
    if (!this.item) this.selected = null;
    if (this.selected === null) {
      const tier = this.document.tiers.words ?? this.document.tiers[this.document.names[0]];
      const first = tier?.items.find((item) => item.label !== "");
      this.selected = first ? { tier: tier.name, id: first.id, side: "start" } : null;
    }
  }

  /** An answer that holds a document, or the tiers of it that have changed. */
  take(answer) {
    const tiers = answer.document.tiers ?? answer.document;
    this.document = new DeskDocument(tiers, this.document && answer.changed ? this.document : null);
    this.revision = answer.revision;
    this.canUndo = answer.can_undo ?? this.revision > 0;
    this.canRedo = answer.can_redo ?? false;
  }

  get tier() {
    return this.selected ? this.document.tiers[this.selected.tier] : null;
  }

  get item() {
    return this.selected ? this.document.item(this.selected.tier, this.selected.id) : null;
  }

  // --- choosing

  choose(tier, id, side = null) {
    if (this.draft && (this.draft.tier !== tier || this.draft.id !== id)) this.settle();
    this.selected = { tier, id, side: side ?? (this.selected?.id === id ? this.selected.side : "start") };
    this.tell.chosen();
  }

  step(direction) {
    const next = this.tier?.step(this.selected.id, direction);
    if (next) this.choose(this.selected.tier, next.id, "start");
    return next;
  }

  /** To the tier above or below, at the same time. */
  climb(direction, time) {
    const names = this.document.names.filter((name) => name !== "lines" || this.document.tiers.lines.items.length);
    const tier = names[clamp(names.indexOf(this.selected?.tier) + direction, 0, names.length - 1)];
    if (tier) this.choose(tier, this.document.tiers[tier].near(time)?.id ?? NOTHING, "start");
  }

  turn() {
    if (this.selected) this.choose(this.selected.tier, this.selected.id, this.selected.side === "start" ? "end" : "start");
  }

  // --- a boundary that is held

  /** Hold a boundary at a time: drawn there, and sent once it is let go. */
  hold(tier, id, side, time) {
    const inTier = this.document.tiers[tier];
    const [low, high] = inTier.room(id, side, this.duration);
    const held = clamp(Math.round(time * 1e6) / 1e6, low, Math.max(high, low));
    const item = inTier.get(id);
    const times = new Map([[id, { start: item.start, end: item.end, [side]: held }]]);
    const other = inTier.neighbour(id, side);
    if (other) times.set(other.id, { start: other.start, end: other.end, [side === "start" ? "end" : "start"]: held });
    this.draft = { tier, id, side, time: held, times };
    this.tell.held();
    return held;
  }

  letGo() {
    const { draft } = this;
    if (!draft) return;
    clearTimeout(this.nudging);
    this.nudging = null;
    const item = this.document.item(draft.tier, draft.id);
    if (!item || Math.abs(item[draft.side] - draft.time) <= SAME) {
      this.draft = null;
      this.tell.held();
      return;
    }
    this.send({ kind: "move", tier: draft.tier, id: draft.id, side: draft.side, time: draft.time });
  }

  drop() {
    clearTimeout(this.nudging);
    this.nudging = null;
    this.draft = null;
    this.tell.held();
  }

  nudge(seconds) {
    const { item, selected } = this;
    if (!item) return;
    const isHeld = this.draft && this.draft.id === selected.id && this.draft.side === selected.side && this.nudging;
    this.hold(selected.tier, selected.id, selected.side, (isHeld ? this.draft.time : item[selected.side]) + seconds);
    clearTimeout(this.nudging);
    this.nudging = setTimeout(() => this.letGo(), NUDGED_MS);
  }

  /** What is still held by the keyboard is let go before anything else is done. */
  settle() {
    if (this.nudging) this.letGo();
  }

  // --- changes

  moveTo(side, time) {
    const { item, selected } = this;
    if (!item) return;
    this.settle();
    this.selected.side = side;
    this.hold(selected.tier, selected.id, side, time);
    this.letGo();
  }

  relabel(label) {
    if (this.item && label !== this.item.label) this.send({ kind: "relabel", ...this.address, label });
  }

  split(time) {
    const { item } = this;
    if (!item) return;
    const at = time > item.start + LEAST && time < item.end - LEAST ? time : (item.start + item.end) / 2;
    this.send({ kind: "split", ...this.address, time: Math.round(at * 1e6) / 1e6 });
  }

  merge() {
    if (this.item) this.send({ kind: "merge", ...this.address });
  }

  delete() {
    if (this.item) this.send({ kind: "delete", ...this.address });
  }

  pin(side) {
    const { item } = this;
    if (item) this.send({ kind: item[`pinned_${side}`] ? "unpin" : "pin", ...this.address, side });
  }

  /** From a time on, as much room as a new item of a tier has and needs, as [start, end]; null where there is none. */
  roomAt(tier, time) {
    const { items, starts } = this.document.tiers[tier];
    const row = lastAtOrBefore(starts, time);
    const here = items[row] && time < items[row].end ? items[row] : null;
    let end = this.duration;
    if (here && tier !== "cues") { // words want a pause, phones are cut out of one, closures and lines lie apart
      if (tier !== "phones" && here.label !== "") return null;
      end = here.end;
    } else if (!here && items[row + 1]) end = items[row + 1].start;
    end = Math.min(end, time + LENGTHS[tier]);
    return end - time < SHORTEST ? null : [time, end].map((x) => Math.round(x * 1e6) / 1e6);
  }

  get address() {
    return { tier: this.selected.tier, id: this.selected.id };
  }

  // --- on their way

  send(edit) {
    if (edit.kind !== "move") this.settle();
    this.enqueue({ path: "edits", edit, told: editInWords(edit, this.document.item(edit.tier ?? "words", edit.id)) });
  }

  undo() {
    this.settle();
    this.enqueue({ path: "undo", told: "undo" });
  }

  redo() {
    this.settle();
    this.enqueue({ path: "redo", told: "redo" });
  }

  enqueue(job) {
    this.unsent.push(job);
    this.keep();
    this.run();
  }

  keep() {
    const kept = this.unsent.filter((job) => job.edit);
    this.drafts.set("unsent", kept.length ? kept : null);
    this.tell.sending(this.unsent.length);
  }

  async run() {
    if (this.isRunning) return;
    this.isRunning = true;
    const { id } = this;
    while (this.unsent.length && this.id === id) {
      const [job] = this.unsent;
      try {
        const answer = await this.server.post(`clips/${encodeURIComponent(id)}/${job.path}`, { revision: this.revision, ...(job.edit && { edit: job.edit }) });
        if (this.id === id) this.arrived(job, answer);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (this.id === id) await this.refused(job, error);
      }
    }
    this.isRunning = false;
    if (this.unsent.length) this.run();
  }

  arrived(job, answer) {
    this.unsent.shift();
    this.keep();
    const before = this.document;
    this.take({ ...answer, changed: answer.changed ?? [] });
    this.changed = new Set(answer.changed.map(([tier, id]) => `${tier}:${id}`));
    if (this.draft && !this.nudging) this.draft = null;
    if (this.selected && !this.item) this.chooseNear(before.item(this.selected.tier, this.selected.id));
    this.tell.changed(job, answer);
  }

  /** Where what was chosen is gone: what stands there now. */
  chooseNear(gone) {
    const near = gone && this.tier?.near(gone.start);
    this.selected = near ? { tier: this.selected.tier, id: near.id, side: "start" } : null;
  }

  async refused(job, error) {
    if (this.draft && !this.nudging) this.draft = null;
    this.unsent.shift();
    if (error.status !== 409) {
      this.keep();
      this.tell.held();
      this.tell.notice(`${job.told}: ${error.message}`);
      return;
    }
    await this.tell.reload(); // another window was quicker, or this change had arrived though its answer was lost
    this.keep();
    if (job.edit && this.document.shows(job.edit)) return;
    this.tell.notice(
      `Another window was quicker, so this was not done: ${job.told}. The clip is shown as it is now.`,
      job.edit ? () => this.again(job.edit) : null,
    );
  }

  again(edit) {
    if (edit.id === undefined || this.document.item(edit.tier ?? "words", edit.id)) this.send(edit);
    else this.tell.notice("What it was about is no longer there.");
  }
}
