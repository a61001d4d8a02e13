// three.js's MMD loader reads a VMD and plays it on a face with its morphs.
import fs from "node:fs";
import { answer, bytes, question } from "./stdio.mjs";

globalThis.self = globalThis;
const THREE = await import("three");
const { MMDLoader } = await import("three-stdlib");
const { file, times } = question();
const names = ["あ", "い", "う", "え", "お", "ん"];
const geometry = new THREE.BufferGeometry();
geometry.setAttribute("position", new THREE.Float32BufferAttribute([0, 0, 0, 1, 0, 0, 0, 1, 0], 3));
geometry.morphAttributes.position = names.map((name) => {
  const moved = new THREE.Float32BufferAttribute(9, 3);
  moved.name = name;
  return moved;
});
const face = new THREE.SkinnedMesh(geometry);
face.bind(new THREE.Skeleton([]));
face.updateMorphTargets();
const loader = new MMDLoader();
const vmd = loader._getParser().parseVmd(bytes(fs, file), true);
const clip = loader.animationBuilder.build(vmd, face);
const mixer = new THREE.AnimationMixer(face);
mixer.clipAction(clip).play();
const rows = times.map((time) => {
  mixer.setTime(time);
  return Object.fromEntries(names.map((name) => [name, face.morphTargetInfluences[face.morphTargetDictionary[name]]]));
});
answer({ model: vmd.metadata.name, duration: clip.duration, rows });
