// three.js draws a GLB at one time of its animation; the page is photographed then.
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(240, 200);
renderer.setClearColor(0xffffff);
document.body.appendChild(renderer.domElement);
const camera = new THREE.PerspectiveCamera(30, 240 / 200, 0.1, 100);
camera.position.set(0.6, 0, 4.6);
camera.lookAt(0, -0.15, 0);
const scene = new THREE.Scene();
scene.add(new THREE.HemisphereLight(0xffffff, 0x998877, 3));
let mixer = null;

window.load = async (bytes) => {
  const gltf = await new GLTFLoader().parseAsync(new Uint8Array(bytes).buffer, "");
  gltf.scene.traverse((node) => node.isMesh && node.geometry.computeVertexNormals());
  scene.add(gltf.scene);
  mixer = new THREE.AnimationMixer(gltf.scene);
  mixer.clipAction(gltf.animations[0]).play();
};

// How many pixels are dark: what is seen behind the lips.
window.draw = (time) => {
  mixer.setTime(time);
  renderer.render(scene, camera);
  const shot = document.createElement("canvas");
  shot.width = 240;
  shot.height = 200;
  const pen = shot.getContext("2d");
  pen.drawImage(renderer.domElement, 0, 0, 240, 200);
  const seen = pen.getImageData(0, 0, 240, 200).data;
  let dark = 0;
  for (let i = 0; i < seen.length; i += 4) dark += seen[i] + seen[i + 1] + seen[i + 2] < 200;
  return dark;
};
window.ready = true;
