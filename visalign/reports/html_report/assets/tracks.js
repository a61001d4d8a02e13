"use strict";
// Tracks over one common stretch of time, each a canvas; drawn anew when the stretch changes, not when the clip plays.

const MIN_SPAN = 0.2; // seconds shown when zoomed in as far as it goes
const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** The stretch of time that is shown. */
class View {
  constructor(duration, onChange) {
    this.duration = duration;
    this.start = 0;
    this.span = Math.min(duration, 10);
    this.onChange = onChange;
  }

  get end() {
    return this.start + this.span;
  }

  set(start, span) {
    this.span = clamp(span, Math.min(MIN_SPAN, this.duration), this.duration);
    this.start = clamp(start, 0, this.duration - this.span);
    this.onChange();
  }

  zoom(factor, around) {
    const span = clamp(this.span * factor, Math.min(MIN_SPAN, this.duration), this.duration);
    this.set(around - ((around - this.start) / this.span) * span, span);
  }

  scroll(part) {
    this.set(this.start + part * this.span, this.span);
  }

  /** Move just so far that `time` is in sight. */
  reveal(time) {
    if (time < this.start || time > this.end) this.set(time - 0.25 * this.span, this.span);
  }
}

/** One canvas; `x` maps seconds to its pixels (of CSS). */
class Track {
  constructor(name, height, draw, { note = "", hidden = false } = {}) {
    this.name = name;
    this.height = height;
    this.draw = draw;
    this.row = document.createElement("div");
    this.row.className = `track ${name.toLowerCase().replaceAll(" ", "-")}`;
    this.row.hidden = hidden;
    const label = document.createElement("span");
    label.textContent = name;
    if (note) label.append(Track.small(note));
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${name} over time. ${note}`);
    this.canvas.style.height = `${height}px`;
    this.row.append(label, this.canvas);
  }

  /** A note of several parts, "■ seen · □ expected", breaks between them only. */
  static small(note) {
    const small = document.createElement("small");
    const parts = note.split(" · ");
    if (parts.length === 1) small.textContent = note;
    else for (const part of parts) small.append(Object.assign(document.createElement("span"), { textContent: part }), " ");
    return small;
  }

  render(view, colours, width) {
    if (this.row.hidden) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = FONT;
    context.textBaseline = "middle";
    const x = (time) => ((time - view.start) / view.span) * width;
    this.draw({ context, x, width, height: this.height, view, colours });
  }
}

/** Rows of a tier that overlap the shown stretch, when the tier is moved by `shift`. */
function shownRows(tier, view, shift) {
  const first = Math.max(lastAtOrBefore(tier.starts, view.start - shift), 0);
  const last = Math.min(lastAtOrBefore(tier.starts, view.end - shift) + 1, tier.length);
  return [first, last];
}

/** Boxes with their labels; `look(i)` gives {fill, edge, ink, dashed} or null for a row that is left blank. */
function drawBoxes({ context, x, width, height, view }, tier, shift, look) {
  const [first, last] = shownRows(tier, view, shift);
  for (let i = first; i < last; i++) {
    const style = look(i);
    if (style === null) continue;
    const left = Math.max(x(tier.starts[i] + shift), -2);
    const right = Math.min(x(tier.ends[i] + shift), width + 2);
    context.fillStyle = style.fill;
    context.fillRect(left + 0.5, 3, Math.max(right - left - 1, 1), height - 6);
    if (style.edge) {
      context.fillStyle = style.edge;
      if (style.dashed) for (let p = left; p < right - 1; p += 6) context.fillRect(p, 3, Math.min(3, right - p - 1), 3);
      else context.fillRect(left + 0.5, 3, Math.max(right - left - 1, 1), 3);
    }
    const labels = style.labels ?? [tier.labels[i]];
    drawLabel(context, labels, left, right, height / 2 + (style.edge ? 1.5 : 0), style.ink);
  }
}

/** The longest of the labels that has room. */
function drawLabel(context, labels, left, right, y, colour) {
  const room = right - left - 4;
  const label = room < 6 ? undefined : labels.find((words) => context.measureText(words).width <= room);
  if (label === undefined) return;
  context.fillStyle = colour;
  context.textAlign = "center";
  context.fillText(label, (left + right) / 2, y);
}

function drawRuler({ context, x, width, height, view, colours }) {
  const steps = [0.02, 0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];
  const step = steps.find((s) => (s / view.span) * width >= 64) ?? 1200;
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.line;
  context.textAlign = "left";
  for (let n = Math.ceil(view.start / step); n * step <= view.end; n++) {
    const at = Math.round(x(n * step)) + 0.5;
    context.beginPath();
    context.moveTo(at, height - 6);
    context.lineTo(at, height);
    context.stroke();
    context.fillText(timeInWords(n * step, step), at + 5, height / 2);
  }
}

function timeInWords(seconds, step = 0.001) {
  const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
  if (seconds < 60) return `${seconds.toFixed(decimals)} s`;
  const minutes = Math.floor(seconds / 60 + 1e-9);
  const rest = Math.max(seconds - 60 * minutes, 0).toFixed(decimals);
  return `${minutes}:${rest.padStart(decimals ? decimals + 3 : 2, "0")}`;
}

function waveTrack(clip, shift) {
  return ({ context, x, width, height, view, colours }) => {
    const { step, ends } = clip.wave;
    context.fillStyle = colours.heard;
    for (let px = 0; px < width; px++) {
      const from = view.start + (px / width) * view.span - shift();
      const first = Math.floor(from / step);
      const last = Math.max(first + 1, Math.floor((from + view.span / width) / step));
      let low = 127;
      let high = -127;
      for (let i = Math.max(first, 0); i < last && 2 * i + 1 < ends.length; i++) {
        low = Math.min(low, ends[2 * i]);
        high = Math.max(high, ends[2 * i + 1]);
      }
      if (high < low) continue;
      const top = height / 2 - (high / 127) * (height / 2 - 2);
      const bottom = height / 2 - (low / 127) * (height / 2 - 2);
      context.fillRect(px, top, 1, Math.max(bottom - top, 1));
    }
  };
}

/** The spectrogram, unpacked when it is first asked for. */
class Spectrum {
  constructor() {
    this.packed = null;
    this.shades = null;
  }

  async prepare() {
    if (this.shades !== null) return;
    this.packed = readJson("clip-spectrum");
    if (this.packed === null) return;
    const stream = new Blob([bytesOf(this.packed.deflated)]).stream().pipeThrough(new DecompressionStream("deflate"));
    this.shades = new Uint8Array(await new Response(stream).arrayBuffer());
  }

  drawer(shift) {
    return ({ context, x, height, view, colours }) => {
      if (this.shades === null) return;
      const { step, rows } = this.packed;
      const n = this.shades.length / rows;
      const first = clamp(Math.floor((view.start - shift()) / step), 0, n - 1);
      const last = clamp(Math.ceil((view.end - shift()) / step) + 1, first + 1, n);
      const [red, green, blue] = channelsOf(colours.ink);
      const stride = Math.max(1, Math.floor((last - first) / 4000));
      const columns = Math.ceil((last - first) / stride);
      const image = new ImageData(columns, rows);
      for (let c = 0; c < columns; c++) {
        for (let r = 0; r < rows; r++) {
          image.data.set([red, green, blue, this.shades[(first + c * stride) * rows + r]], 4 * ((rows - 1 - r) * columns + c));
        }
      }
      const sheet = new OffscreenCanvas(columns, rows);
      sheet.getContext("2d").putImageData(image, 0, 0);
      const left = x((first - 0.5) * step + shift());
      context.drawImage(sheet, left, 0, x((first + columns * stride - 0.5) * step + shift()) - left, height);
    };
  }
}

function channelsOf(colour) {
  const n = parseInt(colour.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function wordsTrack(clip, shift) {
  return (area) => {
    const { colours } = area;
    const looks = {
      "in-sync": { fill: colours.goodTint, edge: colours.good },
      uncertain: { fill: colours.unsureTint, edge: colours.unsure, dashed: true },
    };
    const fault = { fill: colours.faultTint, edge: colours.fault };
    drawBoxes(area, clip.words, shift(), (i) => ({ ...(looks[clip.verdicts[i]] ?? fault), ink: colours.ink }));
  };
}

function labelsTrack(tier, shift, isSilent, tint, labelsOf = (label) => [label]) {
  return (area) => {
    const style = { fill: area.colours[tint], ink: area.colours.ink };
    drawBoxes(area, tier, shift(), (i) => (isSilent(tier.labels[i]) ? null : { ...style, labels: labelsOf(tier.labels[i]) }));
  };
}

/** Lines from what is expected (above) to what is observed (below), as the warping path pairs them. */
function pathTrack(clip, shift) {
  return ({ context, x, width, height, view, colours }) => {
    const { first, step } = clip.visemes;
    const { expected, observed } = clip.path;
    const slant = shift() - clip.lead; // the path's rows are moments of the picture, `lead` after they are heard
    const every = Math.max(1, Math.floor((view.span / step / width) * 4));
    context.strokeStyle = colours.muted;
    context.lineWidth = 1;
    context.beginPath();
    for (let i = 0; i < expected.length; i += every) {
      const from = first + expected[i] * step + slant;
      const to = first + observed[i] * step;
      if (Math.max(from, to) < view.start || Math.min(from, to) > view.end) continue;
      context.moveTo(x(from), 1);
      context.lineTo(x(to), height - 1);
    }
    context.globalAlpha = 0.55;
    context.stroke();
  };
}

const POSTERIOR_ROW = 13; // pixels; the style says the same

/** A row a viseme, the darker the surer that it is seen; outlined where it is expected. */
function posteriorsTrack(clip, shift) {
  return ({ context, x, width, height, view, colours }) => {
    const { names, first, step } = clip.visemes;
    const n = names.length;
    const from = clamp(Math.floor((view.start - first) / step), 0, clip.nMoments - 1);
    const to = clamp(Math.ceil((view.end - first) / step) + 1, from, clip.nMoments);
    const stride = Math.max(1, Math.floor((to - from) / (2 * width)));
    context.fillStyle = colours.ink;
    for (let m = from; m < to; m += stride) {
      const left = x(first + (m - 0.5) * step);
      const right = x(first + (m + stride - 0.5) * step);
      for (let k = 0; k < n; k++) {
        const value = clip.posteriors[m * n + k];
        if (value === 255 || value < 5) continue;
        context.globalAlpha = value / 250;
        context.fillRect(left, k * POSTERIOR_ROW + 1, right - left, POSTERIOR_ROW - 2);
      }
    }
    context.globalAlpha = 1;
    outlineExpected({ context, x, view, colours, width }, clip, shift());
  };
}

/** Names of the rows of a track, beside it and not in it. */
function nameRows(track, rows) {
  const label = track.row.firstElementChild;
  label.classList.add("row-names");
  label.textContent = "";
  for (const { words, letter, whole } of rows) {
    const row = document.createElement("span");
    row.title = whole;
    row.append(Object.assign(document.createElement("i"), { textContent: words }), ` ${letter}`);
    label.append(row);
  }
}

function outlineExpected({ context, x, view, colours, width }, clip, shift) {
  if (view.span / width > 0.05) return; // narrower than a pixel or two
  const rowOf = new Map(clip.visemes.names.map((name, k) => [name, k]));
  const [first, last] = shownRows(clip.expected, view, shift);
  context.strokeStyle = colours.heard;
  context.lineWidth = 1.5;
  for (let i = first; i < last; i++) {
    const k = rowOf.get(clip.expected.labels[i]);
    if (k === undefined) continue;
    const left = x(clip.expected.starts[i] + shift);
    context.strokeRect(left + 0.75, k * POSTERIOR_ROW + 0.75, Math.max(x(clip.expected.ends[i] + shift) - left - 1.5, 1), POSTERIOR_ROW - 1.5);
  }
}

function apertureTrack(clip, shift) {
  return ({ context, x, width, height, view, colours }) => {
    const y = (open) => height - 5 - (open / 1.2) * (height - 9); // a moment may be wider than the rest of the clip
    const late = shift() - clip.lead;
    const line = (values, moved) => {
      const from = clip.frameAt(view.start - moved - 0.1);
      const to = Math.min(clip.frameAt(view.end - moved + 0.1) + 1, clip.nFrames);
      const stride = Math.max(1, Math.floor((to - from) / (3 * width)));
      context.beginPath();
      let isDown = false;
      for (let k = from; k < to; k += stride) {
        if (Number.isNaN(values[k])) isDown = false;
        else if (isDown) context.lineTo(x(clip.centres[k] + moved), y(values[k]));
        else {
          context.moveTo(x(clip.centres[k] + moved), y(values[k]));
          isDown = true;
        }
      }
    };
    context.strokeStyle = colours.line;
    for (const level of [0, 1]) {
      context.beginPath();
      context.moveTo(0, y(level));
      context.lineTo(width, y(level));
      context.stroke();
    }
    context.lineWidth = 2;
    context.strokeStyle = colours.heard;
    context.setLineDash([5, 3]);
    line(clip.expectedOpen, late);
    context.stroke();
    context.setLineDash([]);
    context.strokeStyle = colours.ink;
    line(clip.observedOpen, 0);
    context.stroke();
  };
}

function leadTrack(clip) {
  const { lead, low, high, first, step } = clip.local;
  const reach = leadReach(clip);
  return ({ context, x, width, height, view, colours }) => {
    const y = (seconds) => height / 2 - (clamp(seconds, -reach, reach) / reach) * (height / 2 - 6);
    context.fillStyle = colours.goodTint;
    context.fillRect(0, y(clip.limits[0]), width, y(-clip.limits[1]) - y(clip.limits[0]));
    const from = clamp(Math.floor((view.start - first) / step), 0, lead.length - 1);
    const to = clamp(Math.ceil((view.end - first) / step) + 1, from, lead.length);
    const stride = Math.max(1, Math.floor((to - from) / (2 * width)));
    context.fillStyle = colours.heardTint;
    for (let i = from; i < to; i += stride) {
      if (Number.isNaN(lead[i])) continue;
      const left = x(first + (i - 0.5) * step);
      context.fillRect(left, y(high[i]), x(first + (i + stride - 0.5) * step) - left + 0.5, Math.max(y(low[i]) - y(high[i]), 1));
    }
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.75;
    context.beginPath();
    let isDown = false;
    for (let i = from; i < to; i += stride) {
      if (Number.isNaN(lead[i])) isDown = false;
      else if (isDown) context.lineTo(x(first + i * step), y(lead[i]));
      else {
        context.moveTo(x(first + i * step), y(lead[i]));
        isDown = true;
      }
    }
    context.stroke();
    context.fillStyle = colours.muted;
    context.strokeStyle = colours.panel; // around the letters, so that a line behind them does not strike them out
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.textAlign = "left";
    for (const [word, at] of [["early", 8], ["late", height - 8]]) {
      context.strokeText(`${Math.round(1000 * reach)} ms ${word}`, 3, at);
      context.fillText(`${Math.round(1000 * reach)} ms ${word}`, 3, at);
    }
  };
}

/** How far the axis of the lead reaches: what was measured, with room, in steps of 100 ms. */
function leadReach(clip) {
  let most = Math.max(...clip.limits, Math.abs(clip.lead));
  for (const value of clip.local.lead) if (!Number.isNaN(value)) most = Math.max(most, Math.abs(value));
  return Math.ceil((most + 0.05) * 10) / 10;
}

/** The whole clip at a glance, its faults where they are heard, and which stretch of it is shown. */
function overviewTrack(clip, shown, shift) {
  return ({ context, width, height, colours }) => {
    const x = (time) => (time / clip.duration) * width;
    const at = (time) => x(time + shift());
    clip.verdicts.forEach((verdict, i) => {
      context.fillStyle = verdict === "in-sync" ? colours.good : verdict === "uncertain" ? colours.unsure : colours.fault;
      const isFault = verdict !== "in-sync" && verdict !== "uncertain";
      const tall = isFault ? height - 8 : (height - 8) / 2;
      context.fillRect(at(clip.words.starts[i]), height - 4 - tall, Math.max(at(clip.words.ends[i]) - at(clip.words.starts[i]), 1), tall);
    });
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.strokeRect(x(shown.start) + 1, 1, Math.max(x(shown.end) - x(shown.start) - 2, 3), height - 2);
  };
}
