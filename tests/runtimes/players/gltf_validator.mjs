// Khronos's validator: its errors and warnings.
import fs from "node:fs";
import validator from "gltf-validator";
import { answer, question } from "./stdio.mjs";

const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(question().file)));
answer(report.issues);
