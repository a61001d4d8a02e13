"use strict";
// Waveform and spectrogram by pieces: those in sight are asked for, and kept, so that ten minutes cost what ten seconds do.

const TILE_PIXELS = 1024;
const MOST_TILES = 160;
const SPECTRUM_ROWS = 96;
const SHORTEST_TILE = -2; // 2^-2 s

/** Pieces of 2^level seconds. `fetchTile(from, to)` gives a promise of one; `onTile` is called when one has come. */
class Tiles {
  constructor(duration, fetchTile, onTile) {
    this.duration = duration;
    this.fetchTile = fetchTile;
    this.onTile = onTile;
    this.kept = new Map(); // by "level:number": {tile, from, to}, or {tile: null} while it is asked for
    this.asking = 0;
  }

  /** What there is of a stretch, coarse ones first, so that finer ones are drawn over them. */
  shown(view, width) {
    const top = Math.max(Math.ceil(Math.log2(this.duration)), SHORTEST_TILE);
    const level = clamp(Math.ceil(Math.log2((view.span / width) * TILE_PIXELS * 0.75)), SHORTEST_TILE, top);
    const found = [];
    for (const kept of this.kept.values()) {
      if (kept.tile && kept.level !== level && kept.from < view.end && kept.to > view.start) found.push(kept);
    }
    // near levels stand in for what is not there yet, the nearest on top
    found.sort((a, b) => Math.abs(b.level - level) - Math.abs(a.level - level));
    const exact = [];
    const length = 2 ** level;
    let isWhole = true;
    for (let n = Math.max(Math.floor(view.start / length), 0); n * length < Math.min(view.end, this.duration); n++) {
      const kept = this.kept.get(`${level}:${n}`);
      if (kept?.tile) exact.push(this.touch(`${level}:${n}`, kept));
      else {
        isWhole = false;
        if (!kept) this.ask(level, n, length);
      }
    }
    return isWhole ? exact : [...found, ...exact];
  }

  touch(key, kept) {
    this.kept.delete(key);
    this.kept.set(key, kept);
    return kept;
  }

  async ask(level, n, length) {
    if (this.asking >= 6) return; // what is still in sight then is asked for with the next picture
    const key = `${level}:${n}`;
    this.asking++;
    this.kept.set(key, { tile: null, level, from: n * length, to: (n + 1) * length });
    try {
      const tile = await this.fetchTile(n * length, (n + 1) * length);
      this.touch(key, { tile, level, from: n * length, to: (n + 1) * length });
      for (const old of this.kept.keys()) {
        if (this.kept.size <= MOST_TILES) break;
        this.kept.delete(old);
      }
    } catch {
      this.kept.delete(key);
      this.failed = true;
      setTimeout(() => this.onTile(), 2000);
      return;
    } finally {
      this.asking--;
    }
    this.onTile();
  }
}

function waveTiles(path, duration, server, onTile) {
  const fetchTile = async (from, to) => {
    const { low, high } = await server.get(`${path}/waveform?n=${TILE_PIXELS}&from=${from}&to=${to}`);
    return { low: Float32Array.from(low), high: Float32Array.from(high) };
  };
  return new Tiles(duration, fetchTile, onTile);
}

/** Grey pictures as shades: how loud, 0 to 255, by rows from the top. */
function spectrumTiles(path, duration, onTile) {
  const fetchTile = async (from, to) => {
    const reply = await fetch(`api/${path}/spectrogram.png?from=${from}&to=${to}&w=${TILE_PIXELS}&h=${SPECTRUM_ROWS}`);
    if (!reply.ok) throw new Refused(reply.status, {});
    const picture = await createImageBitmap(await reply.blob());
    const sheet = new OffscreenCanvas(picture.width, picture.height);
    const context = sheet.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const pixels = context.getImageData(0, 0, picture.width, picture.height);
    for (let i = 0; i < pixels.data.length; i += 4) pixels.data[i + 3] = pixels.data[i]; // loudness becomes opacity
    return { sheet, context, pixels, ink: "" };
  };
  return new Tiles(duration, fetchTile, onTile);
}

/** A piece of the spectrogram in the ink of the theme; painted anew only when that has changed. */
function inked(tile, ink) {
  if (tile.ink !== ink) {
    const [red, green, blue] = channelsOf(ink);
    const { data } = tile.pixels;
    for (let i = 0; i < data.length; i += 4) [data[i], data[i + 1], data[i + 2]] = [red, green, blue];
    tile.context.putImageData(tile.pixels, 0, 0);
    tile.ink = ink;
  }
  return tile.sheet;
}

function drawWave({ context, x, width, height, view, colours }, tiles) {
  const middle = height / 2;
  context.fillStyle = colours.line;
  context.fillRect(0, middle - 0.5, width, 1);
  context.fillStyle = colours.heard;
  for (const { tile, from, to } of tiles.shown(view, width)) {
    const n = tile.low.length;
    const left = Math.max(Math.floor(x(from)), 0);
    const right = Math.min(Math.ceil(x(to)), width);
    context.clearRect(left, 0, right - left, height);
    for (let px = left; px < right; px++) {
      const first = Math.floor(((view.start + (px / width) * view.span - from) / (to - from)) * n);
      const last = Math.max(first + 1, Math.floor(((view.start + ((px + 1) / width) * view.span - from) / (to - from)) * n));
      let [low, high] = [1, -1];
      for (let i = Math.max(first, 0); i < last && i < n; i++) {
        low = Math.min(low, tile.low[i]);
        high = Math.max(high, tile.high[i]);
      }
      if (high < low) continue;
      const [top, bottom] = [middle - high * (middle - 2), middle - low * (middle - 2)];
      context.fillRect(px, top, 1, Math.max(bottom - top, 1));
    }
  }
}

function drawSpectrum({ context, x, width, height, view, colours }, tiles) {
  for (const { tile, from, to } of tiles.shown(view, width)) {
    const [left, right] = [x(from), x(to)];
    context.clearRect(left, 0, right - left, height);
    context.drawImage(inked(tile, colours.ink), left, 0, right - left, height);
  }
}
