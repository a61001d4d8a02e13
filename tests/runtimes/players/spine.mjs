// Spine's own runtime plays the animations of a skeleton: which attachment a slot shows at each time.
import fs from "node:fs";
import * as spine from "@esotericsoftware/spine-core";
import { answer, question } from "./stdio.mjs";

const { file, skeleton, animation, slot, times } = question();
// An atlas of one white region, whatever an attachment is called: what is shown is asked for, nothing is drawn.
const region = Object.assign(new spine.TextureRegion(), { width: 1, height: 1, originalWidth: 1, originalHeight: 1 });
const loader = new spine.AtlasAttachmentLoader({ findRegion: () => region });
const whole = { ...skeleton, ...JSON.parse(fs.readFileSync(file, "utf-8")) };
const data = new spine.SkeletonJson(loader).readSkeletonData(whole);
const rows = times.map((time) => {
  const shown = new spine.Skeleton(data);
  const state = new spine.AnimationState(new spine.AnimationStateData(data));
  state.setAnimation(0, animation, false);
  state.update(time);
  state.apply(shown);
  const found = shown.findSlot(slot);
  return (found.appliedPose ?? found.pose ?? found).attachment?.name ?? found.getAttachment?.()?.name ?? null;
});
answer({ duration: data.findAnimation(animation).duration, rows });
