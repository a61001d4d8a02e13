"use strict";
// The tier that is chosen, as a table: what the canvases show for those who see them, and what they say to those who don't.

const ROW_CELLS = ["Label", "From", "To", "Judged", "Held"];

/** A grid of one tier's items; arrows move, Enter edits. Rows are made once and changed where something has changed. */
class WordsGrid {
  constructor(grid, { onChoose, onEdit }) {
    this.grid = grid;
    this.onChoose = onChoose;
    this.onEdit = onEdit;
    this.rows = new Map(); // by id: {row, told}
    grid.addEventListener("keydown", (event) => this.pressKey(event));
    grid.addEventListener("click", (event) => this.pick(event, false));
    grid.addEventListener("dblclick", (event) => this.pick(event, true));
  }

  pick(event, isEdit) {
    const row = event.target.closest("[data-id]");
    if (!row) return;
    this.onChoose(Number(row.dataset.id));
    if (isEdit) this.onEdit();
  }

  show(tier, verdicts, changed) {
    if (this.tier !== tier.name) {
      this.rows.clear();
      this.tier = tier.name;
    }
    const wanted = tier.items.filter((item) => item.label !== "");
    const order = wanted.map((item, k) => this.rowOf(item, k, tier, verdicts, changed));
    const here = this.grid.children;
    if (here.length !== order.length + 1 || order.some((row, k) => here[k + 1] !== row)) {
      const hadFocus = this.grid.contains(document.activeElement);
      const head = here[0] ?? this.makeHead();
      const scrolled = this.grid.scrollTop;
      this.grid.replaceChildren(head, ...order);
      this.grid.scrollTop = scrolled;
      for (const id of this.rows.keys()) if (tier.get(id) === null || tier.get(id).label === "") this.rows.delete(id);
      if (hadFocus) this.focus();
    }
    this.grid.setAttribute("aria-rowcount", String(order.length + 1));
  }

  makeHead() {
    const head = document.createElement("div");
    head.className = "grid-row head";
    head.setAttribute("role", "row");
    for (const name of ROW_CELLS) head.append(cell(name, "columnheader", name === "From" || name === "To"));
    return head;
  }

  rowOf(item, k, tier, verdicts, changed) {
    const verdict = verdicts.get(item.id);
    const isChanged = changed.has(`${tier.name}:${item.id}`);
    const held = [item.pinned_start && "start", item.pinned_end && "end"].filter(Boolean).join(", ");
    const judged = tier.name === "words" ? verdictInWords(verdict) : "";
    const told = JSON.stringify([item, judged, isChanged, k]);
    let kept = this.rows.get(item.id);
    if (!kept) {
      const row = document.createElement("div");
      row.setAttribute("role", "row");
      row.dataset.id = String(item.id);
      row.tabIndex = -1;
      this.rows.set(item.id, (kept = { row, told: "" }));
    }
    if (kept.told === told) return kept.row;
    kept.told = told;
    const { row } = kept;
    row.className = `grid-row${isChanged ? " changed" : ""}${row.classList.contains("chosen") ? " chosen" : ""}`;
    row.setAttribute("aria-rowindex", String(k + 2));
    const tag = cell(judged, "gridcell");
    if (verdict && tier.name === "words") tag.className = `tag ${verdict.verdict}`;
    const label = cell("", "gridcell");
    label.className = "label";
    label.append(Object.assign(document.createElement("bdi"), { textContent: printable(item.label) }));
    const by = item.by === "person" ? " by hand" : "";
    row.replaceChildren(label, cell(item.start.toFixed(3), "gridcell", true), cell(item.end.toFixed(3), "gridcell", true), tag, cell(held + by, "gridcell"));
    return row;
  }

  choose(id) {
    if (this.chosen) {
      this.chosen.classList.remove("chosen");
      this.chosen.removeAttribute("aria-selected");
      this.chosen.tabIndex = -1;
    }
    this.chosen = this.rows.get(id)?.row ?? null;
    if (!this.chosen) return;
    this.chosen.classList.add("chosen");
    this.chosen.setAttribute("aria-selected", "true");
    this.chosen.tabIndex = 0;
    const { offsetTop, offsetHeight } = this.chosen;
    const head = this.grid.firstElementChild.offsetHeight;
    if (offsetTop - head < this.grid.scrollTop) this.grid.scrollTop = offsetTop - head;
    else if (offsetTop + offsetHeight > this.grid.scrollTop + this.grid.clientHeight) {
      this.grid.scrollTop = offsetTop + offsetHeight - this.grid.clientHeight;
    }
    if (this.grid.contains(document.activeElement)) this.focus();
  }

  focus() {
    (this.chosen ?? this.grid).focus({ preventScroll: true });
  }

  pressKey(event) {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = way > 0 ? this.chosen?.nextElementSibling ?? this.grid.children[1] : this.chosen?.previousElementSibling;
    if (next?.dataset.id) {
      this.onChoose(Number(next.dataset.id));
      this.focus();
    }
  }
}

function cell(words, role, isNumber = false) {
  const made = document.createElement("span");
  made.setAttribute("role", role);
  made.textContent = words;
  if (isNumber) made.className = "number";
  return made;
}
