// imscJS, which players of TTML use: the texts that are shown at each time.
import fs from "node:fs";
import { answer, question } from "./stdio.mjs";

// Without its part that draws, which wants a browser.
const { default: reader } = await import("imsc/src/main/js/doc.js");
const { default: shown } = await import("imsc/src/main/js/isd.js");

const { file, times } = question();
const complaints = [];
const complain = (message) => complaints.push(message);
const document = reader.fromXML(fs.readFileSync(file, "utf-8"), { info() {}, warn: complain, error: complain, fatal: complain });
const texts = (node) => [...(node.text ? [node.text] : []), ...(node.contents ?? []).flatMap(texts)];
const rows = times.map((time) => shown.generateISD(document, time).contents.flatMap(texts).join(""));
answer({ complaints, rows });
