"use strict";
// Draws each moment as it comes, and tells the server how long after it was due it stood on the screen.
const at = (id) => document.getElementById(id);
const picture = at("picture"), paint = picture.getContext("2d");
const track = at("track"), lines = track.getContext("2d");
const SPAN = 10, LOUDEST = 0, SOFTEST = -60;
const past = [];
const drawnAt = [];
let delays = [];
let drawing = false;
const { names } = JSON.parse(at("live-data").textContent);
const colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["heard", "ink"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  if (past.length) drawTrack();
}

function draw(image, moment) {
  if (picture.width !== moment.size[0] || picture.height !== moment.size[1]) {
    [picture.width, picture.height] = moment.size;
  }
  paint.drawImage(image, 0, 0);
  if (moment.points) {
    const dot = Math.max(1, picture.width / 320);
    paint.fillStyle = "#f5e663"; // as landmarks are on every picture
    for (const [x, y] of moment.points) paint.fillRect(x - dot / 2, y - dot / 2, dot, dot);
    paint.strokeStyle = "#f5e663";
    paint.lineWidth = dot;
    for (const line of moment.lips) {
      paint.beginPath();
      line.forEach((k, i) => (i ? paint.lineTo(...moment.points[k]) : paint.moveTo(...moment.points[k])));
      paint.stroke();
    }
  }
}

function drawTrack() {
  const { width, height } = track, now = past[past.length - 1].time;
  lines.clearRect(0, 0, width, height);
  const widest = Math.max(0.1, ...past.map((m) => m.aperture || 0));
  const x = (m) => width * (1 - (now - m.time) / SPAN);
  const curve = (value, colour) => {
    lines.strokeStyle = colour;
    lines.lineWidth = 2;
    lines.beginPath();
    let down = false;
    for (const m of past) {
      const y = value(m);
      if (y === null) { down = false; continue; }
      const place = height - 6 - (height - 12) * Math.min(1, Math.max(0, y));
      if (down) lines.lineTo(x(m), place); else lines.moveTo(x(m), place);
      down = true;
    }
    lines.stroke();
  };
  curve((m) => (m.loudness - SOFTEST) / (LOUDEST - SOFTEST), colours.heard);
  curve((m) => (m.aperture === null ? null : m.aperture / widest), colours.ink);
}

function tell(moment) {
  const words = names[moment.viseme];
  at("viseme").textContent = moment.viseme ? (words ?? moment.viseme) : "no face";
  at("viseme-letter").textContent = words && words !== moment.viseme ? moment.viseme : "";
  at("aperture").textContent = moment.aperture === null ? "–" : moment.aperture.toFixed(3);
  at("loudness").textContent = `${moment.loudness.toFixed(0)} dB`;
  at("time").textContent = moment.clock;
  at("dropped").textContent = String(moment.dropped);
  tellOffset(moment.offset);
}

/** The words are made where all words of results are made; the page only shows them. */
function tellOffset(offset) {
  if (!offset) return;
  at("offset").textContent = offset.told;
  at("offset-note").textContent = offset.note;
  at("verdict").className = `verdict ${offset.verdict ?? ""}`;
  if (offset.lead_ms !== undefined) document.documentElement.dataset.lead = String(offset.lead_ms);
}

function drawn(moment) {
  const delay = Date.now() - moment.due, now = performance.now();
  delays.push(Math.max(0, delay));
  drawnAt.push(now);
  while (now - drawnAt[0] > 2000) drawnAt.shift();
  at("delay").textContent = `${delay.toFixed(0)} ms`;
  if (drawnAt.length > 2) at("rate").textContent = `${(1000 * (drawnAt.length - 1) / (now - drawnAt[0])).toFixed(1)} /s`;
  document.documentElement.dataset.drawn = String(moment.number);
}

function report() {
  if (!delays.length) return;
  const body = JSON.stringify(delays);
  delays = [];
  fetch("drawn", { method: "POST", body }).catch(() => {});
}

const events = new EventSource("events");
events.onopen = () => { at("state").textContent = "running"; document.documentElement.dataset.state = "open"; };
events.onmessage = async (event) => {
  const moment = JSON.parse(event.data);
  past.push({ time: moment.time, aperture: moment.aperture, loudness: moment.loudness });
  while (moment.time - past[0].time > SPAN || past[0].time > moment.time) past.shift();
  if (drawing) return; // the page is behind: this picture is left out
  drawing = true;
  const image = new Image();
  image.src = moment.image;
  try { await image.decode(); } finally { drawing = false; }
  draw(image, moment);
  tell(moment);
  drawTrack();
  requestAnimationFrame(() => drawn(moment));
};
events.addEventListener("end", (event) => {
  tellOffset(JSON.parse(event.data).offset);
  at("state").textContent = "the source has ended";
  document.documentElement.dataset.state = "ended";
  events.close();
  report();
});
events.onerror = () => { at("state").textContent = "the connection is lost"; };
setInterval(report, 500);
readColours();
onThemeChange(readColours);
