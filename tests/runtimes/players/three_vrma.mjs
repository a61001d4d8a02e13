// three-vrm loads an avatar and a VRM animation, plays it on the avatar, and tells the expressions and the morphs.
import fs from "node:fs";
import { answer, bytes, question } from "./stdio.mjs";

globalThis.self = globalThis;
const THREE = await import("three");
const { GLTFLoader } = await import("three/examples/jsm/loaders/GLTFLoader.js");
const { VRMLoaderPlugin } = await import("@pixiv/three-vrm");
const { VRMAnimationLoaderPlugin, createVRMAnimationClip } = await import("@pixiv/three-vrm-animation");
const { file, avatar, times } = question();
const loader = new GLTFLoader();
loader.register((parser) => new VRMLoaderPlugin(parser));
loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
const { vrm } = (await loader.parseAsync(bytes(fs, avatar), "")).userData;
const [animation] = (await loader.parseAsync(bytes(fs, file), "")).userData.vrmAnimations;
const mixer = new THREE.AnimationMixer(vrm.scene);
mixer.clipAction(createVRMAnimationClip(animation, vrm)).play();
const face = [];
vrm.scene.traverse((node) => node.morphTargetInfluences && face.push(node));
const rows = times.map((time) => {
  mixer.setTime(time);
  vrm.update(0);
  const expressions = Object.fromEntries(["aa", "ih", "ou", "ee", "oh"].map((x) => [x, vrm.expressionManager.getValue(x)]));
  return { expressions, morphs: [...face[0].morphTargetInfluences] };
});
answer({ duration: animation.duration, rows });
