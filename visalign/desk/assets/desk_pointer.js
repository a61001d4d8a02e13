"use strict";
// Mouse, pen and finger on the lanes: boundaries are dragged, items chosen, time moved through, pinched and scrolled.

class LanePointer {
  /** `desk` has view, editing, player, snaps(); lanes of tiers have `tier`. */
  constructor(desk, lane) {
    this.desk = desk;
    this.lane = lane;
    this.drag = null;
    this.fingers = new Map();
    const { canvas } = lane;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.cancel(event));
    canvas.addEventListener("dblclick", () => lane.tier && (desk.editing.item ? desk.actions.label() : desk.actions.insert()));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  timeAt(event) {
    const box = this.lane.canvas.getBoundingClientRect();
    const part = clamp((event.clientX - box.left) / box.width, 0, 1);
    const { view } = this.desk;
    return this.lane.isOverview ? part * view.duration : view.start + part * view.span;
  }

  get secondsPerPixel() {
    return this.desk.view.span / this.lane.canvas.clientWidth;
  }

  /** The boundary within reach, as {id, side}. Where two items share it, that of the item under the pointer. */
  boundaryAt(time, reach) {
    const tier = this.desk.editing.document.tiers[this.lane.tier];
    const row = lastAtOrBefore(tier.starts, time);
    let best = null;
    let least = reach;
    for (const k of [row, row + 1, row - 1]) {
      const item = tier.items[k];
      if (!item || item.label === "") continue;
      for (const side of ["start", "end"]) {
        const far = Math.abs(item[side] - time);
        if (far < least) [best, least] = [{ id: item.id, side }, far];
      }
    }
    return best;
  }

  down(event) {
    if (event.button !== 0) return;
    const { lane, desk } = this;
    lane.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event.clientX);
    const time = this.timeAt(event);
    element("tracks").focus({ preventScroll: true });
    if (this.fingers.size === 2) {
      this.cancelDrag();
      this.pinch = { apart: this.apart(), span: desk.view.span };
      return;
    }
    if (lane.isOverview) {
      this.drag = { kind: "window" };
      desk.view.set(time - desk.view.span / 2, desk.view.span);
      return;
    }
    const isTouch = event.pointerType === "touch";
    const boundary = lane.tier ? this.boundaryAt(time, REACH_PX * (isTouch ? 2.5 : 1) * this.secondsPerPixel) : null;
    if (boundary) {
      desk.editing.choose(lane.tier, boundary.id, boundary.side);
      const item = desk.editing.document.item(lane.tier, boundary.id);
      this.drag = { kind: "boundary", ...boundary, by: item[boundary.side] - time, from: event.clientX, isFar: false };
    } else if (isTouch) this.drag = { kind: "pan", x: event.clientX, start: desk.view.start, isFar: false };
    else {
      this.drag = { kind: "seek" };
      this.pick(time);
    }
  }

  pick(time) {
    const { lane, desk } = this;
    if (lane.tier) {
      const tier = desk.editing.document.tiers[lane.tier];
      const row = tier.rowAt(time);
      if (row >= 0 && tier.items[row].label !== "") {
        const item = tier.items[row];
        desk.editing.choose(lane.tier, item.id, time - item.start <= item.end - time ? "start" : "end");
      } else desk.editing.choose(lane.tier, NOTHING, "start");
    }
    desk.player.seek(time);
  }

  move(event) {
    const { lane, desk, drag } = this;
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, event.clientX);
    if (this.pinch && this.fingers.size === 2) {
      const box = lane.canvas.getBoundingClientRect();
      const middle = [...this.fingers.values()].reduce((a, b) => a + b, 0) / 2;
      const around = desk.view.start + ((middle - box.left) / box.width) * desk.view.span;
      desk.view.zoom((this.pinch.span * this.pinch.apart) / Math.max(this.apart(), 10) / desk.view.span, around);
      return;
    }
    const time = this.timeAt(event);
    if (!drag) {
      const near = lane.tier && this.boundaryAt(time, REACH_PX * this.secondsPerPixel);
      lane.canvas.style.cursor = near ? "col-resize" : "";
    } else if (drag.kind === "window") desk.view.set(time - desk.view.span / 2, desk.view.span);
    else if (drag.kind === "seek") desk.player.seek(time);
    else if (drag.kind === "pan") {
      drag.isFar ||= Math.abs(event.clientX - drag.x) > 6;
      if (drag.isFar) desk.view.set(drag.start - (event.clientX - drag.x) * this.secondsPerPixel, desk.view.span);
    } else {
      drag.isFar ||= Math.abs(event.clientX - drag.from) > 2; // a click that trembles moves nothing
      if (drag.isFar) this.hold(time + drag.by);
    }
  }

  hold(time) {
    const { lane, desk, drag } = this;
    const reach = REACH_PX * 1.3 * this.secondsPerPixel;
    const at = element("snap").checked
      ? desk.editing.document.snap(time, reach, { tier: lane.tier, id: drag.id, side: drag.side, also: desk.snaps() })
      : time;
    const held = desk.editing.hold(lane.tier, drag.id, drag.side, at);
    desk.say(`${drag.side} at ${held.toFixed(3)} s`, false);
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.pinch) {
      if (this.fingers.size === 0) this.pinch = null;
      return;
    }
    const { drag } = this;
    this.drag = null;
    if (drag?.kind === "boundary" && drag.isFar) this.desk.editing.letGo();
    else if (drag?.kind === "pan" && !drag.isFar) this.pick(this.timeAt(event));
  }

  cancel(event) {
    this.fingers.delete(event.pointerId);
    this.pinch = null;
    this.cancelDrag();
  }

  cancelDrag() {
    if (this.drag?.kind === "boundary") this.desk.editing.drop();
    this.drag = null;
  }

  apart() {
    const [one, other] = this.fingers.values();
    return Math.abs(one - other);
  }

  wheel(event) {
    const { view } = this.desk;
    if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(event.deltaY * 0.002), this.timeAt(event));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      view.scroll((event.shiftKey ? event.deltaY || event.deltaX : event.deltaX) / 600);
    } else return;
    event.preventDefault();
  }
}
