"use strict";
// The lanes over one axis of time. Each is a canvas that draws what is in sight and nothing else.

const REACH_PX = 6; // so near to a boundary the pointer takes it; a finger twice that
const SPEAKS = { "in-sync": ["goodTint", "good"], uncertain: ["unsureTint", "unsure"] };

/** A track whose canvas keeps its memory while its size stays. */
class Lane extends Track {
  render(view, colours, width) {
    if (this.row.hidden) return;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(this.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    const context = this.context ??= this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, this.height);
    context.font = FONT;
    context.textBaseline = "middle";
    const x = (time) => ((time - view.start) / view.span) * width;
    this.draw({ context, x, width, height: this.height, view, colours });
  }
}

/** Which rows of a tier are in sight. */
function rowsInSight(tier, view) {
  const first = Math.max(lastAtOrBefore(tier.starts, view.start), 0);
  return [first, Math.min(lastAtOrBefore(tier.starts, view.end) + 1, tier.items.length)];
}

/**
 * An editable tier. `state` tells {selected: {tier, id, side}, draft: {tier, times: Map(id -> {start, end})},
 * changed: Set("tier:id"), playing}; `look(item)` gives {fill, edge, dashed, labels}.
 */
function drawTier(area, tier, state, look) {
  const { context, x, width, height, view, colours } = area;
  const [first, last] = rowsInSight(tier, view);
  const isNarrow = (view.span / width) * tier.items.length > tier.items.at(-1)?.end * 0.5; // boxes of two pixels or less
  let drawnTo = -Infinity;
  for (let row = first; row < last; row++) {
    const item = tier.items[row];
    const times = state.draft?.tier === tier.name ? state.draft.times.get(item.id) ?? item : item;
    const [left, right] = [x(times.start), x(times.end)];
    if (right < drawnTo + 1 && isNarrow) continue; // hidden in the pixel of the one before
    drawnTo = right;
    if (item.label !== "") drawItem(area, item, tier.shown[row], left, right, look(item));
    if (state.changed.has(`${tier.name}:${item.id}`)) drawChanged(area, left, right);
    if (right - left > 3) drawPins(area, item, left, right);
  }
  const chosen = state.selected?.tier === tier.name ? tier.get(state.selected.id) : null;
  if (chosen) drawChosen(area, state.draft?.tier === tier.name ? state.draft.times.get(chosen.id) ?? chosen : chosen, state.selected.side);
  context.fillStyle = colours.line;
  context.fillRect(0, height - 1, width, 1);
}

function drawItem({ context, width, height, colours }, item, label, left, right, style) {
  const [from, to] = [Math.max(left, -2), Math.min(right, width + 2)];
  context.fillStyle = style.fill;
  context.fillRect(from + 0.5, 2, Math.max(to - from - 1, 0.75), height - 5);
  if (style.edge && to - from > 2) {
    context.fillStyle = style.edge;
    if (style.dashed) for (let p = from; p < to - 1; p += 6) context.fillRect(p, 2, Math.min(3, to - p - 1), 3);
    else context.fillRect(from + 0.5, 2, Math.max(to - from - 1, 1), 3);
  }
  if (item.by === "person" && to - from > 4) { // a stroke of the pen under what a person has set
    context.fillStyle = colours.ink;
    context.fillRect(from + 2, height - 6, Math.max(to - from - 4, 1), 1.5);
  }
  drawLabel(context, style.labels ?? [label], from, to, height / 2 + (style.edge ? 0.5 : -0.5), colours.ink);
}

function drawChanged({ context, height, colours }, left, right) {
  context.strokeStyle = colours.heard;
  context.lineWidth = 1.5;
  context.setLineDash([3, 2]);
  context.strokeRect(left + 1.5, 1, Math.max(right - left - 3, 1), height - 3);
  context.setLineDash([]);
}

function drawPins({ context, height, colours }, item, left, right) {
  context.fillStyle = colours.ink;
  for (const [is, at, way] of [[item.pinned_start, left, 1], [item.pinned_end, right, -1]]) {
    if (!is) continue;
    context.fillRect(at - 0.75, 0, 1.5, height - 1);
    context.beginPath();
    context.moveTo(at, 0);
    context.lineTo(at + way * 5, 0);
    context.lineTo(at, 6);
    context.fill();
  }
}

function drawChosen({ context, x, height, colours }, times, side) {
  const [left, right] = [x(times.start), x(times.end)];
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.strokeRect(left + 1, 1, Math.max(right - left - 2, 1), height - 3);
  const at = side === "end" ? right : left;
  context.fillStyle = colours.heard;
  context.fillRect(at - 1.5, 0, 3, height);
  context.beginPath();
  context.arc(at, height / 2, 4, 0, 2 * Math.PI);
  context.fill();
}

/** What is seen or expected: boxes that nobody edits. */
function drawVisemes(area, rows, tint, labelsOf) {
  const { context, x, width, height, view, colours } = area;
  if (!rows) return;
  const first = Math.max(lastAtOrBefore(rows.starts, view.start), 0);
  const last = Math.min(lastAtOrBefore(rows.starts, view.end) + 1, rows.items.length);
  let drawnTo = -Infinity;
  for (let row = first; row < last; row++) {
    const { start, end, label } = rows.items[row];
    const [left, right] = [Math.max(x(start), -2), Math.min(x(end), width + 2)];
    if (label === "" || right < drawnTo + 0.5) continue;
    drawnTo = right;
    context.fillStyle = colours[tint];
    context.fillRect(left + 0.5, 2, Math.max(right - left - 1, 0.75), height - 4);
    drawLabel(context, labelsOf(label), left, right, height / 2, colours.ink);
  }
}

/** The lead over the clip, with its interval and what counts as in step. */
function drawLeadCurve({ context, x, width, height, view, colours }, curve, limits) {
  const y = (seconds) => height / 2 - (clamp(seconds, -curve.reach, curve.reach) / curve.reach) * (height / 2 - 7);
  if (limits) {
    context.fillStyle = colours.goodTint;
    context.fillRect(0, y(limits[0]), width, y(-limits[1]) - y(limits[0]));
  }
  context.fillStyle = colours.good;
  context.fillRect(0, y(0) - 0.5, width, 1);
  const from = Math.max(lastAtOrBefore(curve.times, view.start), 0);
  const to = Math.min(lastAtOrBefore(curve.times, view.end) + 2, curve.times.length);
  const stride = Math.max(1, Math.ceil((1.5 * (to - from)) / width)); // a long line is dear to stroke
  context.fillStyle = colours.heardTint;
  for (let i = from; i < to; i += stride) {
    if (curve.low[i] === null || curve.high[i] === null) continue;
    const left = x(curve.times[i]);
    const right = x(curve.times[Math.min(i + stride, curve.times.length - 1)]);
    context.fillRect(left, y(curve.high[i]), Math.max(right - left, 1) + 0.5, Math.max(y(curve.low[i]) - y(curve.high[i]), 1));
  }
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.75;
  context.beginPath();
  let isDown = false;
  for (let i = from; i < to; i += stride) {
    if (curve.leads[i] === null) isDown = false;
    else if (isDown) context.lineTo(x(curve.times[i]), y(curve.leads[i]));
    else {
      context.moveTo(x(curve.times[i]), y(curve.leads[i]));
      isDown = true;
    }
  }
  context.stroke();
  if (width > 8 * (to - from)) { // few enough that each measurement is told from the line between them
    context.fillStyle = colours.ink;
    for (let i = from; i < to; i++) {
      if (curve.leads[i] === null) continue;
      context.beginPath();
      context.arc(x(curve.times[i]), y(curve.leads[i]), 2.5, 0, 2 * Math.PI);
      context.fill();
    }
  }
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.panel;
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.textAlign = "left";
  for (const [word, at] of [["early", 8], ["late", height - 8]]) {
    context.strokeText(`${Math.round(1000 * curve.reach)} ms ${word}`, 4, at);
    context.fillText(`${Math.round(1000 * curve.reach)} ms ${word}`, 4, at);
  }
}

/** The whole clip: faults, what is pinned by hand, and which stretch is in sight. */
function drawOverview({ context, width, height, colours }, words, verdicts, view) {
  const x = (time) => (time / view.duration) * width;
  for (const item of words?.items ?? []) {
    if (item.label === "") continue;
    const verdict = verdicts.get(item.id)?.verdict;
    const isFault = verdict && !SPEAKS[verdict];
    context.fillStyle = verdict ? colours[SPEAKS[verdict]?.[1] ?? "fault"] : colours.muted;
    const tall = isFault ? height - 8 : (height - 8) / 2;
    context.fillRect(x(item.start), height - 4 - tall, Math.max(x(item.end) - x(item.start) - 0.5, 0.75), tall);
  }
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.strokeRect(x(view.start) + 1, 1, Math.max(x(view.end) - x(view.start) - 2, 4), height - 2);
}

/** How a word looks by its verdict. */
function lookOfWord(verdict, colours) {
  if (!verdict) return { fill: colours.faint, edge: colours.muted };
  const [fill, edge] = SPEAKS[verdict.verdict] ?? ["faultTint", "fault"];
  return { fill: colours[fill], edge: colours[edge], dashed: verdict.verdict === "uncertain" };
}
