"use strict";
// Plays the clip, steps by frames, and tells which frame is really on screen.

/** The video, by frames. `onFrame(k)` is called for every frame that appears, `onTime(t)` whenever time moves on. */
class Player {
  constructor(video, clip, { onFrame, onTime, onState }) {
    this.video = video;
    this.clip = clip;
    this.onFrame = onFrame;
    this.onTime = onTime;
    this.onState = onState;
    this.shown = -1;
    this.wanted = 0;
    this.stopAt = Infinity;
    this.isReady = false;
    video.addEventListener("loadeddata", () => this.becomeReady());
    video.addEventListener("pause", () => this.onState(false));
    video.addEventListener("play", () => this.onState(true));
    video.addEventListener("seeked", () => this.settle());
    this.watchFrames();
  }

  load(bytes) {
    this.video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  }

  becomeReady() {
    this.isReady = true;
    this.seekFrame(this.wanted);
  }

  get time() {
    return this.video.paused ? this.clip.centres[this.wanted] : this.video.currentTime;
  }

  get isPlaying() {
    return !this.video.paused;
  }

  /** Ask the browser for each picture that it puts on the screen; where it can't tell, the clock has to do. */
  watchFrames() {
    if (!("requestVideoFrameCallback" in this.video)) return;
    const tell = (_now, facts) => {
      this.show(this.clip.frameAt(facts.mediaTime + 1e-4));
      this.video.requestVideoFrameCallback(tell);
    };
    this.video.requestVideoFrameCallback(tell);
  }

  /** After a seek the frame is there; a browser that draws nothing (a hidden tab) may forget to tell. */
  settle() {
    setTimeout(() => {
      if (this.isPlaying || this.video.seeking || this.shown === this.wanted) return;
      this.show(this.clip.frameAt(this.video.currentTime));
    }, 100);
  }

  show(k) {
    this.shown = k;
    if (this.isPlaying) this.wanted = k;
    this.onFrame(k);
  }

  /** Show frame `k`: the middle of its time on screen is asked for, so that no rounding shows its neighbour. */
  seekFrame(k) {
    this.wanted = clamp(k, 0, this.clip.nFrames - 1);
    this.video.pause();
    if (this.isReady) this.video.currentTime = this.clip.centres[this.wanted];
    this.onTime(this.clip.centres[this.wanted]);
  }

  step(n) {
    this.seekFrame((this.isPlaying ? this.clip.frameAt(this.video.currentTime) : this.wanted) + n);
  }

  toggle() {
    if (this.isPlaying) this.video.pause();
    else this.playFrom(this.atEnd() ? 0 : this.clip.centres[this.wanted], Infinity);
  }

  atEnd() {
    return this.wanted >= this.clip.nFrames - 1;
  }

  /** Play what is heard from `start` to `end`. */
  playSpan(start, end) {
    this.playFrom(Math.max(start, 0), end);
  }

  playFrom(start, end) {
    this.stopAt = end;
    this.wanted = this.clip.frameAt(start);
    this.video.currentTime = start;
    this.onTime(start);
    this.video.play().then(() => this.follow(), () => this.onState(false));
  }

  /** While it plays: move the playhead with the clock, and stop where asked. */
  follow() {
    if (!this.isPlaying) {
      this.wanted = this.clip.frameAt(this.video.currentTime);
      this.onTime(this.clip.centres[this.wanted]);
      return;
    }
    if (this.video.currentTime >= this.stopAt) {
      this.seekFrame(this.clip.frameAt(this.stopAt - 1e-3)); // a busy machine notices late
      return;
    }
    this.onTime(this.video.currentTime);
    requestAnimationFrame(() => this.follow());
  }
}
