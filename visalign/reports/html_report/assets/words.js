"use strict";
// Offsets and times in words, as everywhere in visalign.

/** "83 ms early", "on time": the sign in words, as everywhere in visalign. */
function leadInWords(seconds) {
  const ms = Math.round(1000 * seconds);
  return ms === 0 ? "on time (0 ms)" : `${Math.abs(ms)} ms ${ms > 0 ? "early" : "late"}`;
}

/** "3.2 frames", "1 frame"; empty where the picture has no rate: as visalign.files.timecode.in_frames. */
function framesInWords(seconds, [over, under]) {
  if (!(over > 0)) return "";
  const tenths = Math.round((10 * Math.abs(seconds) * over) / under);
  return tenths % 10 ? `${(tenths / 10).toFixed(1)} frames` : `${tenths / 10} frame${tenths === 10 ? "" : "s"}`;
}

/** SMPTE timecode of the frame at a time, drop-frame where it exists: as visalign.files.timecode.timecode_at. */
function timecodeAt(seconds, [over, under]) {
  const nominal = Math.round(over / under);
  if (nominal < 1) return "";
  let frame = Math.max(Math.floor((seconds * over) / under + 1e-3), 0);
  const dropped = under === 1001 && (over === 30000 || over === 60000) ? over / 15000 : 0;
  if (dropped) {
    const perMinute = 60 * nominal - dropped;
    const perTen = 10 * perMinute + dropped;
    const rest = frame % perTen;
    frame += dropped * (9 * Math.floor(frame / perTen) + Math.max(0, Math.floor((rest - dropped) / perMinute)));
  }
  const two = (x) => String(Math.floor(x)).padStart(2, "0");
  const whole = Math.floor(frame / nominal);
  return `${two(whole / 3600)}:${two((whole / 60) % 60)}:${two(whole % 60)}${dropped ? ";" : ":"}${two(frame % nominal)}`;
}
