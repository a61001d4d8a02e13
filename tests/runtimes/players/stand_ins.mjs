// Runs a script for After Effects or Harmony against as much of their objects as it uses, and tells what it did.
import fs from "node:fs";
import vm from "node:vm";
import { answer, question } from "./stdio.mjs";

const { file, frame_duration, drawings } = question();
const told = [];

const keys = new Map([[0, { value: 0, held: false }], [99, { value: 9, held: false }]]); // remapping begins with two
const times = () => [...keys.keys()].sort((a, b) => a - b);
const remap = {
  get numKeys() { return keys.size; },
  removeKey: (k) => keys.delete(times()[k - 1]),
  setValueAtTime: (time, value) => keys.set(time, { value, held: false }),
  setInterpolationTypeAtKey: (k, before, after) => { keys.get(times()[k - 1]).held = before === "hold" && after === "hold"; },
};
const layer = {
  canSetTimeRemapEnabled: true,
  source: { frameDuration: frame_duration },
  property: (name) => (name === "ADBE Time Remapping" ? remap : null),
};
const exposed = {};
const context = {
  app: { project: { activeItem: { selectedLayers: [layer] } }, beginUndoGroup() {}, endUndoGroup() {} },
  KeyframeInterpolationType: { HOLD: "hold", LINEAR: "linear" },
  alert: (text) => told.push(text),
  MessageBox: { information: (text) => told.push(text) },
  selection: { numberOfNodesSelected: () => (drawings ? 1 : 0), selectedNode: () => "Top/Mouth" },
  node: { linkedColumn: (name, attribute) => (name === "Top/Mouth" && attribute === "DRAWING.ELEMENT" ? "mouths" : "") },
  column: { setEntry: (name, part, frame, drawing) => { if (name === "mouths" && part === 1) exposed[frame] = drawing; } },
  scene: { beginUndoRedoAccum() {}, endUndoRedoAccum() {} },
};
vm.runInNewContext(fs.readFileSync(file, "utf-8"), context);
answer({ keys: times().map((time) => [time, keys.get(time).value, keys.get(time).held]), enabled: layer.timeRemapEnabled, exposed, told });
