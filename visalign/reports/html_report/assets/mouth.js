"use strict";
// Draws mouths: the expected one from its shape, the seen one from the video with its landmarks.

const EYE_DISTANCE = 90; // of the drawing's own units, as in visalign.face.avatar
const SPAN_IOD = 1.85; // what the drawing shows from side to side, inter-ocular distances: as much as the cut does
const OUTER_POINTS = 12; // landmarks 48–59, then 8 of the inner contour

/** Lip contours over x, in units of EYE_DISTANCE per inter-ocular distance; those of avatar._LipLines. */
function lipLines(shape) {
  const half = 0.5 * EYE_DISTANCE * shape.width;
  const gap = EYE_DISTANCE * Math.max(shape.opening, 0);
  const press = 1 + 2.2 * Math.min(shape.opening, 0);
  const rows = [];
  for (let i = 0; i <= 60; i++) {
    const x = half * (i / 30 - 1);
    const u = Math.min(Math.abs(x) / half, 1);
    const inner = Math.min(Math.abs(x) / (0.9 * half), 1);
    const lens = (1 - inner ** 2.2) ** (0.85 - 0.3 * shape.rounding);
    const line = 0.7 * Math.exp(-((x / 9) ** 2)) - 2.4 * u ** 2 + 0.4 * EYE_DISTANCE * Math.max(shape.jaw, 0);
    const bow = 1 - 0.22 * Math.exp(-((x / 5.5) ** 2));
    const upper = 8 * press * (1 + 0.2 * shape.rounding) * (1 - u ** 1.9) ** 0.8 * bow;
    const lower = 13 * press * (1 + 0.15 * shape.rounding) * (1 - 0.45 * shape.tuck) * (1 - u ** 2.4) ** 0.75;
    const top = line - 0.3 * gap * lens;
    const bottom = line + 0.7 * gap * lens;
    rows.push({ x, outerTop: top - upper, top, bottom, outerBottom: bottom + lower });
  }
  return rows;
}

function traceBand(context, rows, upper, lower) {
  context.beginPath();
  rows.forEach((row, i) => (i ? context.lineTo(row.x, upper(row)) : context.moveTo(row.x, upper(row))));
  for (let i = rows.length - 1; i >= 0; i--) context.lineTo(rows[i].x, lower(rows[i]));
  context.closePath();
}

/** Paint the mouth of `shape` (channels of avatar.LipShape) into the whole canvas. */
function drawMouth(canvas, shape, colours) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / (SPAN_IOD * EYE_DISTANCE);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, canvas.width / 2, canvas.height * 0.47);
  const rows = lipLines(shape);
  context.lineWidth = 1.4;
  context.lineJoin = "round";
  context.strokeStyle = colours.heard;
  traceBand(context, rows, (row) => row.outerTop, (row) => row.outerBottom);
  context.fillStyle = colours.heardTint;
  context.fill();
  context.stroke();
  traceBand(context, rows, (row) => row.top, (row) => row.bottom);
  context.fillStyle = "#2a1416";
  context.fill();
  drawInside(context, rows, shape);
  traceBand(context, rows, (row) => row.top, (row) => row.bottom);
  context.stroke();
}

function drawInside(context, rows, shape) {
  context.save();
  context.clip();
  const height = (row) => row.bottom - row.top;
  const tongue = (row) => row.bottom - Math.max((0.3 + 0.4 * shape.tongue) * height(row) - 0.012 * row.x ** 2, 0);
  traceBand(context, rows, tongue, (row) => row.bottom);
  context.fillStyle = "#a65350";
  context.fill();
  context.globalAlpha = clamp(shape.teeth, 0, 1);
  context.fillStyle = "#f1ece4";
  traceBand(context, rows, (row) => row.top, (row) => row.top + Math.min(1.5 + 5 * shape.teeth, 0.62 * height(row)));
  context.fill();
  context.restore();
}

/** Copy the enlarged mouth out of the video. */
function drawSeenMouth(canvas, video, place) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(video, ...place, 0, 0, canvas.width, canvas.height);
}

/** Draw the landmarks of frame `k` over it; `points` has 20 pairs a frame, in widths of the canvas. */
function drawLandmarks(canvas, points, k) {
  const context = canvas.getContext("2d");
  const at = (i) => [points[40 * k + 2 * i] * canvas.width, points[40 * k + 2 * i + 1] * canvas.width];
  if (Number.isNaN(at(0)[0])) return;
  for (const [first, last] of [[0, OUTER_POINTS], [OUTER_POINTS, 20]]) {
    context.beginPath();
    for (let i = first; i < last; i++) context.lineTo(...at(i));
    context.closePath();
    for (const [colour, width] of [["rgb(0 0 0 / 0.55)", 4], ["#f5e663", 1.75]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }
  context.fillStyle = "#f5e663";
  for (let i = 0; i < 20; i++) {
    context.beginPath();
    context.arc(...at(i), 2.8, 0, 2 * Math.PI);
    context.fill();
  }
}
