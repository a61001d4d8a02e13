"use strict";
// The clips of a folder by doubt: filtered, windowed, with what has been decided; how far it has got, and agreement.

const QUEUE_ROW = 44; // pixels; the style says the same
const STATES = [["", "All"], ["undecided", "To decide"], ["decided", "Decided"], ["fault", "Faults"], ["uncertain", "Uncertain"], ["error", "Failed"]];

class Queue {
  constructor(server, onOpen) {
    this.server = server;
    this.onOpen = onOpen;
    this.clips = [];
    this.state = "";
    this.chosen = 0;
    this.total = this.decided = 0;
    this.asked = 0;
    this.rows = element("queue-rows");
    this.body = element("queue-body");
    for (const [state, words] of STATES) {
      const chip = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      chip.dataset.state = state;
      chip.setAttribute("aria-pressed", String(state === ""));
      chip.addEventListener("click", () => this.filter(state));
      element("states").append(chip);
    }
    element("filter").addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.load(), 150);
    });
    this.rows.addEventListener("scroll", () => this.render());
    this.rows.addEventListener("keydown", (event) => this.pressKey(event));
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("[data-row]");
      if (row) this.open(Number(row.dataset.row));
    });
    new ResizeObserver(() => this.render()).observe(this.rows);
  }

  filter(state) {
    this.state = state;
    for (const chip of element("states").children) chip.setAttribute("aria-pressed", String(chip.dataset.state === state));
    this.load();
  }

  /**
   * Ask for what is wanted; an answer that comes after a later question is left out. While somebody goes from clip to clip
   * the order stays: what has been decided would go to the end, and "next" with it.
   */
  async load({ isOrderKept = false } = {}) {
    const asked = ++this.asked;
    const wanted = new URLSearchParams({ state: this.state, q: element("filter").value.trim() });
    const [answer, agreement] = await Promise.all([this.server.get(`queue?${wanted}`), this.server.get("agreement").catch(() => null)]);
    if (asked !== this.asked) return;
    const kept = this.clips[this.chosen]?.id;
    this.clips = isOrderKept ? this.inOrder(answer.clips) : answer.clips;
    this.total = answer.total;
    this.decided = answer.decided;
    this.chosen = Math.max(this.clips.findIndex((clip) => clip.id === kept), 0);
    this.tell(agreement);
    this.render();
  }

  /** Rows where they stood before; those that the filter no longer has stay until the queue is looked at again. */
  inOrder(clips) {
    const told = new Map(clips.map((clip) => [clip.id, clip]));
    const known = new Set(this.clips.map((clip) => clip.id));
    return [...this.clips.map((clip) => told.get(clip.id) ?? clip), ...clips.filter((clip) => !known.has(clip.id))];
  }

  tell(agreement) {
    element("progress").max = Math.max(this.total, 1);
    element("progress").value = this.decided;
    element("progress-words").textContent = `${this.decided} of ${this.total} decided`;
    const [one, other] = agreement?.reviewers ?? [];
    const kappa = agreement?.kappa;
    element("agreement").textContent =
      !one || !other || !agreement.n ? "" : `${printable(one)} and ${printable(other)}: ${agreement.n} clips both, ` +
        (typeof kappa === "number" ? `agreement κ = ${kappa.toFixed(2)}` : "too few for κ");
    const empty = element("queue-empty");
    empty.hidden = this.clips.length > 0;
    empty.textContent = this.total ? "No clip is like that. Change the filter." : "This folder holds no results yet.";
    this.rows.setAttribute("aria-rowcount", String(this.clips.length + 1));
    document.documentElement.dataset.queue = String(this.clips.length);
  }

  render() {
    if (!this.rows.clientHeight) return;
    this.body.style.height = `${this.clips.length * QUEUE_ROW}px`;
    const first = Math.max(Math.floor(this.rows.scrollTop / QUEUE_ROW) - 4, 0);
    const last = Math.min(first + Math.ceil(this.rows.clientHeight / QUEUE_ROW) + 8, this.clips.length);
    const rows = [];
    for (let k = first; k < last; k++) rows.push(this.rowOf(this.clips[k], k));
    this.body.replaceChildren(...rows);
    this.rows.setAttribute("aria-activedescendant", this.clips.length ? `queue-row-${this.chosen}` : "");
  }

  rowOf(clip, k) {
    const row = document.createElement("div");
    row.className = `queue-row${k === this.chosen ? " chosen" : ""}`;
    row.id = `queue-row-${k}`;
    row.dataset.row = String(k);
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", String(k + 2));
    row.setAttribute("aria-selected", String(k === this.chosen));
    row.style.top = `${k * QUEUE_ROW}px`;
    const name = cell("", "gridcell");
    name.className = "name";
    const told = clip.error || clip.sentence || "";
    name.append(
      Object.assign(document.createElement("bdi"), { textContent: printable(clip.name) }),
      Object.assign(document.createElement("small"), { textContent: printable(told), title: printable(told) }),
    );
    const verdict = cell(clip.error ? "failed" : tagInWords(clip.verdict), "gridcell");
    verdict.className = `tag ${clip.error ? "failed" : clip.verdict}`;
    const isTold = typeof clip.lead_seconds === "number";
    const lead = cell(isTold ? leadInWords(clip.lead_seconds) : "–", "gridcell", true);
    const doubt = cell(typeof clip.doubt === "number" ? `${Math.round(100 * clip.doubt)} %` : "–", "gridcell", true);
    const decision = cell("", "gridcell");
    decision.className = "decision";
    if (clip.decision) decision.append(decisionBadge(clip.decision), ` ${printable(clip.who ?? "")}`);
    row.append(name, verdict, lead, doubt, decision);
    return row;
  }

  move(to) {
    this.chosen = clamp(to, 0, Math.max(this.clips.length - 1, 0));
    const [top, seen] = [this.chosen * QUEUE_ROW, this.rows.clientHeight - QUEUE_ROW];
    if (top < this.rows.scrollTop) this.rows.scrollTop = top;
    else if (top + QUEUE_ROW > this.rows.scrollTop + seen) this.rows.scrollTop = top + QUEUE_ROW - seen;
    this.render();
  }

  open(k) {
    if (!this.clips[k]) return;
    this.chosen = k;
    this.onOpen(this.clips[k].id);
  }

  /** The clip so many places on; null at the ends. */
  beside(id, way) {
    const at = this.clips.findIndex((clip) => clip.id === id);
    return at < 0 ? this.clips[0]?.id ?? null : this.clips[at + way]?.id ?? null;
  }

  placeOf(id) {
    const at = this.clips.findIndex((clip) => clip.id === id);
    return at < 0 ? "" : `${at + 1} of ${this.clips.length} · ${this.decided} decided`;
  }

  pressKey(event) {
    const page = Math.max(Math.floor(this.rows.clientHeight / QUEUE_ROW) - 2, 1);
    const places = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter") this.open(this.chosen);
    else if (event.key in places) this.move(this.chosen + places[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const BADGES = { accept: "good", reject: "fault", "needs fix": "fault", "not judged": "unsure" };

function decisionBadge(decision) {
  const badge = document.createElement("span");
  badge.className = `badge ${BADGES[decision] ?? ""}${decision === "reject" ? " full" : ""}`;
  badge.textContent = decision;
  return badge;
}
