// Live2D's Cubism framework, as pixi-live2d-display carries it, plays a motion on a model that only holds parameters.
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { answer, bytes, question } from "./stdio.mjs";

const { file, times } = question();
// The framework draws with PIXI and Live2D's core; a motion needs neither, so these are empty.
const nothing = new Proxy(class {}, { get: (target, key) => (key in target || typeof key === "symbol" ? target[key] : nothing) });
const window = { PIXI: nothing, Live2DCubismCore: nothing, document: {}, console, performance, setTimeout };
window.window = window.self = window.globalThis = window;
const source = fs.readFileSync(path.join(import.meta.dirname ?? ".", "node_modules/pixi-live2d-display/dist/cubism4.js"), "utf-8");
const exported = {};
vm.runInNewContext(source, { ...window, exports: exported, module: { exports: exported }, require: () => nothing });
const { CubismMotion, CubismMotionQueueManager } = exported;

const values = {};
const model = {
  getParameterIndex: (id) => ((values[id] ??= 0), Object.keys(values).indexOf(id)),
  getParameterValueByIndex: (i) => Object.values(values)[i],
  setParameterValueByIndex: (i, value) => (values[Object.keys(values)[i]] = value),
  getParameterValueById: (id) => values[id],
  setParameterValueById: (id, value) => (values[id] = value),
  addParameterValueById: () => undefined,
  getPartIndex: () => -1,
  setPartOpacityByIndex: () => undefined,
  getModel: () => undefined,
};
const motion = CubismMotion.create(JSON.parse(new TextDecoder().decode(bytes(fs, file))));
motion.setFadeInTime(0);
motion.setFadeOutTime(0);
const queue = new CubismMotionQueueManager();
queue.startMotion(motion, false, 0);
queue.doUpdateMotion(model, 0);
const rows = times.map((time) => {
  queue.doUpdateMotion(model, time);
  return { ...values };
});
answer({ duration: motion.getDuration(), rows });
