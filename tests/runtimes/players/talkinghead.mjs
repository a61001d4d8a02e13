// TalkingHead speaks a file's visemes on an avatar made here: nodes of the names that it moves, a face with its morphs.
import * as THREE from "three";
import { TalkingHead } from "@met4citizen/talkinghead";

const VISEMES = ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"];
const STEP_MS = 1000 / 120;

const avatarUrl = (head, arkit) => {
  const names = new Set(head.posePropNames.map((x) => x.split(".")[0]));
  ["Head", "Neck", "Hips", "LeftEye", "RightEye", "LeftToeBase", "RightToeBase", "LeftArm", "RightArm"].forEach((x) => names.add(x));
  head.ikMesh.traverse((x) => x.isBone && names.add(x.name));
  const bones = [...names].map((name) => ({ name }));
  const data = new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0]);
  const uri = `data:application/octet-stream;base64,${btoa(String.fromCharCode(...new Uint8Array(data.buffer)))}`;
  const morphs = [...VISEMES.map((x) => `viseme_${x}`), ...arkit, "mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown"];
  const gltf = {
    asset: { version: "2.0" },
    buffers: [{ byteLength: 72, uri }],
    bufferViews: [0, 1].map((i) => ({ buffer: 0, byteOffset: 36 * i, byteLength: 36 })),
    accessors: [
      { bufferView: 0, componentType: 5126, count: 3, type: "VEC3", min: [0, 0, 0], max: [1, 1, 0] },
      { bufferView: 1, componentType: 5126, count: 3, type: "VEC3", min: [0, 0, 0], max: [0, 0.5, 0] },
    ],
    meshes: [{
      primitives: [{ attributes: { POSITION: 0 }, targets: morphs.map(() => ({ POSITION: 1 })) }],
      extras: { targetNames: morphs },
    }],
    nodes: [{ name: "Armature", children: bones.map((_, i) => i + 1).concat(bones.length + 1) }, ...bones, { name: "Face", mesh: 0 }],
    scenes: [{ nodes: [0] }],
    scene: 0,
  };
  return URL.createObjectURL(new Blob([JSON.stringify(gltf)], { type: "model/gltf+json" }));
};

window.speak = async (file, times, arkit) => {
  const opt = { avatarOnly: true, avatarOnlyScene: new THREE.Scene(), avatarOnlyCamera: new THREE.PerspectiveCamera(), lipsyncModules: [] };
  const head = new TalkingHead(document.body, opt);
  await head.showAvatar({ url: avatarUrl(head, arkit), body: "F" });
  const seconds = (file.vtimes.at(-1) + file.vdurations.at(-1)) / 1000;
  const audio = head.audioCtx.createBuffer(1, Math.ceil(8000 * seconds), 8000);
  head.speakAudio({ ...file, audio }, { isRaw: true });
  for (let i = 0; i < 100 && !head.animQueue.some((x) => x.template.name === "viseme"); i++) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const began = head.animClock;
  const face = head.morphs[0];
  const rows = [];
  for (const time of times) {
    while (head.animClock - began < 1000 * time) head.animate(STEP_MS);
    rows.push(Object.fromEntries(VISEMES.map((x) => [x, face.morphTargetInfluences[face.morphTargetDictionary[`viseme_${x}`]]])));
  }
  return { rows };
};
window.ready = true;
