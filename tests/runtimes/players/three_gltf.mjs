// three.js plays the first animation of a GLB: morph weights at each time, and whether they move what is drawn.
import fs from "node:fs";
import { answer, bytes, question } from "./stdio.mjs";

globalThis.self = globalThis;
const THREE = await import("three");
const { GLTFLoader } = await import("three/examples/jsm/loaders/GLTFLoader.js");
const { file, times } = question();
const gltf = await new GLTFLoader().parseAsync(bytes(fs, file), "");
const mixer = new THREE.AnimationMixer(gltf.scene);
mixer.clipAction(gltf.animations[0]).play();
const heads = [];
gltf.scene.traverse((node) => node.morphTargetDictionary && heads.push(node));
const rows = times.map((time) => {
  mixer.setTime(time);
  return Object.fromEntries(
    heads.flatMap((head) => Object.entries(head.morphTargetDictionary).map(([name, i]) => [name, head.morphTargetInfluences[i]])),
  );
});
answer({ duration: gltf.animations[0].duration, rows });
