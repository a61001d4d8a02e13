"use strict";
// Plays the clip by frames of a steady rate, a stretch once or over and over, with the sound as it is or as corrected.

class DeskPlayer {
  constructor(video, { onTime, onState, onFailure }) {
    this.video = video;
    this.onTime = onTime;
    this.onState = onState;
    this.wanted = 0; // where it stands while it does not play
    this.span = null; // [start, end, whether it begins anew]
    this.rate = [25, 1];
    this.times = null; // when each frame begins, where that is known
    this.duration = 0;
    for (const name of ["pause", "play", "ended"]) video.addEventListener(name, () => this.onState(!video.paused));
    video.addEventListener("loadeddata", () => this.seek(this.wanted));
    video.addEventListener("error", () => onFailure());
  }

  load(address, duration, rate, times) {
    this.video.pause();
    this.span = null;
    this.duration = duration;
    this.rate = rate;
    this.times = times?.length ? Float64Array.from(times) : null;
    this.wanted = 0;
    this.video.src = address;
    this.onTime(0);
  }

  get time() {
    return this.isPlaying ? this.video.currentTime : this.wanted;
  }

  get isPlaying() {
    return !this.video.paused;
  }

  get frame() {
    if (this.times) return Math.max(lastAtOrBefore(this.times, this.time + 1e-6), 0);
    return Math.floor((this.time * this.rate[0]) / this.rate[1] + 1e-3);
  }

  get nFrames() {
    return this.times?.length ?? Math.max(Math.ceil((this.duration * this.rate[0]) / this.rate[1] - 1e-6), 1);
  }

  /** The middle of a frame's time on the screen. */
  centre(frame) {
    const { times, rate } = this;
    if (!times) return ((frame + 0.5) * rate[1]) / rate[0];
    return (times[frame] + (times[frame + 1] ?? Math.max(this.duration, times[frame]))) / 2;
  }

  seek(time) {
    this.wanted = clamp(time, 0, this.duration);
    this.video.pause();
    if (this.video.readyState > 0) this.video.currentTime = this.wanted;
    this.onTime(this.wanted);
  }

  /** To the middle of another frame, so that no rounding shows its neighbour. */
  step(n) {
    this.seek(this.centre(clamp(this.frame + n, 0, this.nFrames - 1)));
  }

  toggle() {
    if (this.isPlaying) this.seek(this.video.currentTime);
    else this.play(this.wanted >= this.duration - 0.05 ? 0 : this.wanted, null);
  }

  play(start, span) {
    if (this.video.error !== null || this.video.readyState === 0) return;
    this.span = span;
    this.video.currentTime = start;
    this.onTime(start);
    this.video.play().then(() => this.follow(), () => this.onState(false));
  }

  playSpan(start, end, isOver) {
    this.play(Math.max(start, 0), [Math.max(start, 0), Math.min(end, this.duration), isOver]);
  }

  follow() {
    if (!this.isPlaying) {
      this.wanted = clamp(this.video.currentTime, 0, this.duration);
      this.onTime(this.wanted);
      return;
    }
    if (this.span && (this.video.currentTime >= this.span[1] || this.video.currentTime < this.span[0] - 0.5)) {
      const [start, end, isOver] = this.span;
      if (!isOver) {
        this.seek(start); // back to where it was heard from: the same stretch is mostly wanted again
        return;
      }
      this.play(start, [start, end, true]);
      return;
    }
    this.onTime(this.video.currentTime);
    requestAnimationFrame(() => this.follow());
  }
}
