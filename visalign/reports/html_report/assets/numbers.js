"use strict";
// Reads the page's data: packed arrays, and what holds at a time.

const KINDS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, f8: Float64Array };
const UNKNOWN = -32768; // in a packed array of signed numbers

function bytesOf(base64) {
  if ("fromBase64" in Uint8Array) return Uint8Array.fromBase64(base64); // browsers from 2025 on; ten times as quick
  const written = atob(base64);
  const bytes = new Uint8Array(written.length);
  for (let i = 0; i < written.length; i++) bytes[i] = written.charCodeAt(i);
  return bytes;
}

function unpack(base64, kind) {
  return new KINDS[kind](bytesOf(base64).buffer); // every machine that runs a browser is little-endian
}

/** Signed integers as numbers over `scale`; unknown ones are NaN. */
function unpackScaled(base64, scale) {
  const whole = unpack(base64, "i2");
  const values = new Float32Array(whole.length);
  for (let i = 0; i < whole.length; i++) values[i] = whole[i] === UNKNOWN ? NaN : whole[i] / scale;
  return values;
}

/** Index of the last of the rising `values` that is not above `x`; -1 before the first. */
function lastAtOrBefore(values, x) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

function readJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** "134 to 216 ms late", "54 ms late to 28 ms early". */
function rangeInWords(low, high) {
  if (low < 0 !== high < 0) return `${leadInWords(low)} to ${leadInWords(high)}`;
  const [near, far] = [low, high].map((x) => Math.abs(Math.round(1000 * x))).sort((a, b) => a - b);
  return `${near} to ${far} ms ${high > 0 ? "early" : "late"}`;
}

class Tier {
  /** Rows of [label, start, end, score]. */
  constructor(rows) {
    this.labels = rows.map((row) => row[0]);
    this.starts = Float64Array.from(rows, (row) => row[1]);
    this.ends = Float64Array.from(rows, (row) => row[2]);
    this.scores = rows.map((row) => row[3]);
  }

  get length() {
    return this.labels.length;
  }

  indexAt(time) {
    const i = lastAtOrBefore(this.starts, time);
    return i >= 0 && time < this.ends[i] ? i : -1;
  }

  labelAt(time) {
    const i = this.indexAt(time);
    return i < 0 ? "" : this.labels[i];
  }
}

/** What the page knows about the clip. Times are seconds; the lead is positive where the audio is early. */
class Clip {
  constructor(data) {
    this.duration = data.duration;
    this.silence = data.silence;
    this.rate = data.rate;
    this.names = new Map(Object.entries(data.names));
    this.limits = data.limits;
    this.sync = data.sync;
    this.lead = data.sync.lead ?? 0;
    this.wordRows = data.words;
    this.words = new Tier(data.words.map((row) => [row[0], row[1], row[2], row[8]]));
    this.verdicts = data.words.map((row) => row[9]);
    this.phones = new Tier(data.phones);
    this.expected = new Tier(data.expected);
    this.observed = new Tier(data.observed);
    this.readFrames(data.frames);
    this.readVisemes(data.visemes, data.path);
    this.local = { ...data.local };
    for (const key of ["lead", "low", "high"]) this.local[key] = unpackScaled(data.local[key], 10000);
    this.wave = { step: data.wave.step, ends: unpack(data.wave.ends, "i1") };
    this.video = data.video;
    this.faults = faultsOf(this.verdicts);
  }

  readFrames(frames) {
    this.times = unpack(frames.times, "f8");
    this.nFrames = this.times.length;
    this.centres = this.times.map((t, k) => 0.5 * (t + (k + 1 < this.times.length ? this.times[k + 1] : frames.end)));
    this.mouth = frames.mouth === null ? null : unpackScaled(frames.mouth, 10000);
    this.places = frames.places === null ? null : unpackScaled(frames.places, 10000);
    this.observedOpen = unpackScaled(frames.observed, 1000);
    this.expectedOpen = unpackScaled(frames.expected, 1000);
    this.aperture = unpackScaled(frames.aperture, 10000);
    this.channels = frames.channels;
    this.shapes = unpackScaled(frames.shapes, 10000);
  }

  readVisemes(visemes, path) {
    this.visemes = visemes;
    this.posteriors = unpack(visemes.posteriors, "u1");
    this.nMoments = this.posteriors.length / visemes.names.length;
    this.path = { expected: unpack(path.expected, "u4"), observed: unpack(path.observed, "u4") };
  }

  /** A viseme in words, its letter behind: "lips together (C)"; a letter that nobody explains stands alone. */
  named(viseme) {
    const words = this.names.get(viseme) ?? "";
    return !words || words.replaceAll(" ", "_") === viseme ? viseme : `${words} (${viseme})`;
  }

  /** What fits into a box, the longest first. */
  labelsOf(viseme) {
    const words = this.names.get(viseme) ?? viseme;
    return [words, words.split(",")[0], viseme];
  }

  frameAt(time) {
    return clamp(lastAtOrBefore(this.times, time + 1e-6), 0, this.nFrames - 1);
  }

  /** Left, top, width, height of the enlarged mouth in the picture; null without a face, or where there is but one. */
  placeAt(k) {
    const box = this.places === null ? [NaN] : Array.from(this.places.subarray(4 * k, 4 * k + 4));
    return Number.isNaN(box[0]) ? null : box;
  }

  /** The mouth that goes with the sound heard at `time`, as an object of channels; `lead` moves the sound. */
  expectedShape(time, lead) {
    // the stored shapes belong to the picture once the sound is moved by the clip's lead
    const k = this.nearestFrame(time - lead + this.lead);
    const shape = {};
    this.channels.forEach((name, c) => (shape[name] = this.shapes[k * this.channels.length + c]));
    return shape;
  }

  expectedOpenAt(time, lead) {
    return this.expectedOpen[this.nearestFrame(time - lead + this.lead)];
  }

  nearestFrame(time) {
    const k = this.frameAt(time);
    const next = Math.min(k + 1, this.nFrames - 1);
    return Math.abs(this.centres[next] - time) < Math.abs(this.centres[k] - time) ? next : k;
  }

  /** The most probable viseme at `time` and its posterior; null without a face. */
  seenAt(time) {
    const n = this.visemes.names.length;
    const moment = clamp(Math.round((time - this.visemes.first) / this.visemes.step), 0, this.nMoments - 1);
    let best = -1;
    for (let k = 0; k < n; k++) {
      const value = this.posteriors[moment * n + k];
      if (value === 255) return null;
      if (best < 0 || value > this.posteriors[moment * n + best]) best = k;
    }
    return best < 0 ? null : { viseme: this.visemes.names[best], posterior: this.posteriors[moment * n + best] / 250 };
  }

  leadAt(time) {
    const i = clamp(Math.round((time - this.local.first) / this.local.step), 0, this.local.lead.length - 1);
    const lead = this.local.lead[i];
    return Number.isNaN(lead) ? null : { lead, low: this.local.low[i], high: this.local.high[i] };
  }
}

/** Words to jump to: those called wrong; where there are none, the uncertain ones. */
function faultsOf(verdicts) {
  const rows = (wanted) => verdicts.flatMap((verdict, i) => (wanted(verdict) ? [i] : []));
  const wrong = rows((verdict) => verdict !== "in-sync" && verdict !== "uncertain");
  return wrong.length ? wrong : rows((verdict) => verdict === "uncertain");
}
