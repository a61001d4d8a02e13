"use strict";
// What was found, what a change did to it, and what people decided.

const KIND_CLASS = { "in-sync": "in-sync", uncertain: "uncertain" };

/** Verdict, sentence and lead; `before` is the judgement before the last change, drawn as its shadow. */
function showJudgement(judgement, before, rate, limits, colours) {
  const panel = element("verdict");
  panel.className = `verdict ${KIND_CLASS[judgement.verdict] ?? "fault"}`;
  element("verdict-tag").textContent = tagInWords(judgement.verdict);
  element("sentence").textContent = printable(judgement.sentence);
  const parts = [];
  if (typeof judgement.lead_seconds === "number") {
    const frames = framesInWords(judgement.lead_seconds, rate);
    parts.push(`${leadInWords(judgement.lead_seconds)}${frames ? ` (${frames})` : ""}`);
    if (typeof judgement.low === "number") parts.push(`95 % interval ${rangeInWords(judgement.low, judgement.high)}`);
  }
  if (typeof judgement.probability === "number") parts.push(`probability ${judgement.probability.toFixed(2)}`);
  element("sure").textContent = parts.join(" · ");
  const canvas = element("scale");
  canvas.hidden = typeof judgement.lead_seconds !== "number";
  if (!canvas.hidden) drawScale(canvas, judgement, before, limits, colours);
}

function drawScale(canvas, { lead_seconds: lead, low, high }, before, limits, colours) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const shadow = typeof before?.lead_seconds === "number" ? before.lead_seconds : lead;
  const reach = Math.ceil((Math.max(Math.abs(lead), Math.abs(shadow), Math.abs(low ?? 0), Math.abs(high ?? 0), 0.1) + 0.04) * 10) / 10;
  const x = (seconds) => 8 + ((seconds + reach) / (2 * reach)) * (width - 16);
  const middle = height / 2 - 5;
  if (limits) {
    context.fillStyle = colours.goodTint;
    context.fillRect(x(-limits[1]), middle - 9, x(limits[0]) - x(-limits[1]), 18);
  }
  context.fillStyle = colours.line;
  context.fillRect(8, middle - 0.5, width - 16, 1);
  context.fillStyle = colours.good;
  context.fillRect(x(0) - 0.5, middle - 9, 1, 18);
  if (typeof low === "number") {
    context.fillStyle = colours.ink;
    context.fillRect(x(low), middle - 1, Math.max(x(high) - x(low), 1), 2);
    for (const end of [low, high]) context.fillRect(x(end) - 0.75, middle - 5, 1.5, 10);
  }
  if (Math.abs(shadow - lead) > 5e-4) {
    context.strokeStyle = colours.muted;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x(shadow), middle, 5, 0, 2 * Math.PI);
    context.stroke();
  }
  context.fillStyle = colours.ink;
  context.beginPath();
  context.arc(x(lead), middle, 5, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = colours.muted;
  context.font = FONT;
  context.textBaseline = "alphabetic";
  for (const [at, words, align] of [[8, `${Math.round(1000 * reach)} ms late`, "left"], [x(0), "in sync", "center"], [width - 8, `${Math.round(1000 * reach)} ms early`, "right"]]) {
    context.textAlign = align;
    context.fillText(words, at, height - 3);
  }
}

const MOST_TOLD = 4;
const WORTH_TELLING = 0.005; // seconds

/** What a change did, in lines: the clip, then words judged otherwise. */
function changeLines(done, message, before, after, words) {
  const lines = [message ? printable(message) : done];
  if (before && (before.verdict !== after.verdict || leadText(before) !== leadText(after))) {
    lines.push(`the clip: ${overall(before)} → ${overall(after)}`);
  }
  const rows = before ? judgedAnew(before, after, words) : [];
  const told = rows.filter((row) => row.isTurned || row.by >= WORTH_TELLING).slice(0, MOST_TOLD);
  for (const row of told) lines.push(`“${row.label}” judged anew: ${row.before} → ${row.after}`);
  const rest = rows.length - told.length;
  if (rest) lines.push(`${told.length ? "and " : ""}${rest} ${told.length ? "more " : ""}word${rest === 1 ? "" : "s"} a little otherwise`);
  if (lines.length === 1) lines.push("no judgement has changed");
  return lines;
}

const leadText = (judgement) => (typeof judgement.lead_seconds === "number" ? leadInWords(judgement.lead_seconds) : "");

function overall(judgement) {
  const lead = leadText(judgement);
  return judgement.verdict.startsWith("audio-") || !lead ? lead || tagInWords(judgement.verdict) : `${tagInWords(judgement.verdict)}, ${lead}`;
}

function showLines(list, lines) {
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
}

/** Decisions so far, the latest first. */
function showDecisions(decisions, lines) {
  const rows = [...decisions].reverse().map((made) => {
    const row = document.createElement("li");
    const line = made.line === null || made.line === undefined ? null : lines?.get(made.line);
    row.append(decisionBadge(made.decision), ` ${printable(made.who ?? "")}`);
    if (line) row.append(" · ", Object.assign(document.createElement("bdi"), { textContent: `“${printable(line.label)}”` }));
    row.append(" ", Object.assign(document.createElement("time"), { textContent: whenInWords(made.when), dateTime: String(made.when) }));
    if (made.comment) {
      const comment = Object.assign(document.createElement("p"), { textContent: printable(made.comment), dir: "auto" });
      row.append(comment);
    }
    return row;
  });
  element("decided").replaceChildren(...rows);
}

function whenInWords(when) {
  const moment = new Date(when);
  return Number.isNaN(moment.getTime()) ? String(when ?? "") : moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}
