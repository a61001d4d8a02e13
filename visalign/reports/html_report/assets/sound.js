"use strict";
// The sound as it would be once corrected: the clip's own, moved against the picture, to be heard and compared.

const LONGEST_DECODED = 1200; // seconds; a minute decoded takes 11 MB
const NOTICED = 0.025; // seconds; sound that has slipped further is begun anew
const SOON = 0.02; // seconds from asking for a sound until it may begin

/** Plays the sound of `video` moved by `movedBy()` seconds, in place of the video's own; by 0 the video plays its own. */
class CorrectedSound {
  constructor(video, movedBy, tell) {
    this.video = video;
    this.movedBy = movedBy;
    this.tell = tell;
    this.bytes = null; // of the clip, once they are there
    this.context = null;
    this.decoded = null; // a promise of the sound
    this.source = null; // what is playing
    this.watch = 0; // the callback that waits for a picture
    video.addEventListener("playing", () => this.follow());
    for (const name of ["pause", "seeking", "ended", "ratechange"]) video.addEventListener(name, () => this.stop());
  }

  /** The move was changed, perhaps while it plays. */
  async change() {
    const isMoved = this.movedBy() !== 0;
    if (isMoved && !(await this.prepare())) return;
    if (this.movedBy() !== 0 !== isMoved) return; // changed back meanwhile
    this.stop();
    this.video.muted = isMoved;
    document.documentElement.dataset.sound = isMoved ? "corrected" : "own";
    if (isMoved && !this.video.paused) this.follow();
  }

  /** Decode the sound when it is first asked for; whether it is there. */
  async prepare() {
    if (this.bytes === null || this.video.duration > LONGEST_DECODED) {
      this.tell("This clip is too long to be played as corrected here; `visalign fix` writes a corrected copy.");
      return false;
    }
    this.context ??= new AudioContext();
    this.decoded ??= this.context.decodeAudioData(this.bytes.slice().buffer);
    try {
      this.buffer = await this.decoded;
      await this.context.resume();
      return true;
    } catch {
      this.tell("This browser can't take the sound out of the clip; `visalign fix` writes a corrected copy.");
      return false;
    }
  }

  /** With each picture that is shown, see that the sound is where it belongs. */
  follow() {
    if (this.movedBy() === 0 || !this.buffer || this.video.paused) return;
    if ("requestVideoFrameCallback" in this.video) {
      this.video.cancelVideoFrameCallback(this.watch);
      const check = (_now, facts) => {
        if (this.movedBy() === 0 || this.video.paused || this.video.seeking) return;
        this.align(facts.mediaTime, facts.expectedDisplayTime);
        this.watch = this.video.requestVideoFrameCallback(check);
      };
      this.watch = this.video.requestVideoFrameCallback(check);
    }
    this.align(this.video.currentTime, performance.now());
  }

  /** The picture of `time` is on the screen at `shownAt` (ms): begin the sound that goes with it, or let it run on. */
  align(time, shownAt) {
    const { context, video } = this;
    const rate = video.playbackRate;
    const heard = this.clock(shownAt); // on the context's clock, when that picture is seen
    const wanted = time - this.movedBy();
    if (this.source && Math.abs(this.startedWith + (heard - this.startedAt) * rate - wanted) < NOTICED) return;
    this.stop();
    const begin = Math.max(context.currentTime + SOON, heard - wanted / rate); // not before the sound has begun
    const offset = wanted + (begin - heard) * rate;
    if (offset >= this.buffer.duration) return;
    this.source = new AudioBufferSourceNode(context, { buffer: this.buffer, playbackRate: rate });
    this.source.connect(context.destination);
    this.source.start(begin, Math.max(offset, 0));
    [this.startedAt, this.startedWith] = [begin, Math.max(offset, 0)];
    document.documentElement.dataset.moved = (video.currentTime - this.now()).toFixed(3);
  }

  /** When, on the context's clock, what is heard at a moment of the page's clock (ms) is put out. */
  clock(moment) {
    const told = this.context.getOutputTimestamp?.();
    if (told?.performanceTime > 0) return told.contextTime + (moment - told.performanceTime) / 1000;
    return this.context.currentTime - (this.context.outputLatency || 0) + (moment - performance.now()) / 1000;
  }

  /** Which second of the sound is heard now. */
  now() {
    return this.startedWith + (this.clock(performance.now()) - this.startedAt) * this.video.playbackRate;
  }

  stop() {
    this.source?.stop();
    this.source = null;
  }
}
