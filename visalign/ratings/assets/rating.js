"use strict";
// A rating session: welcome, checks of screen and headphones, practice, trials, saving.
// All texts reach the page as text, never as markup; answers stay in this browser until they are saved as a file.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const SECTIONS = ["welcome", "screen", "sound", "trial", "done"];
let session = null;
let key = "";
let keeps = true;

function show(name) {
  for (const section of SECTIONS) at(section).hidden = section !== name;
  document.documentElement.dataset.step = name;
}

function stored(name) {
  try { return localStorage.getItem(name); } catch (error) { keeps = false; return null; }
}

function keep() {
  try { localStorage.setItem(key, JSON.stringify(session)); } catch (error) { keeps = false; }
}

// --- order: drawn from the design and the rater's code, so that it is the same again after an interruption ---

function seeded(text) {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619) >>> 0;
  return () => { // mulberry32
    h = (h + 0x6d2b79f5) >>> 0;
    let t = Math.imul(h ^ (h >>> 15), h | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(items, draw) {
  const row = items.slice();
  for (let k = row.length - 1; k > 0; k--) {
    const j = Math.floor(draw() * (k + 1));
    [row[k], row[j]] = [row[j], row[k]];
  }
  return row;
}

function apart(trials) { // clips of one source should not follow one another, where that is possible
  const row = [];
  const waiting = trials.slice();
  while (waiting.length) {
    const last = row.length ? data.sources[row[row.length - 1].clips[0]] : -1;
    const found = waiting.findIndex((trial) => data.sources[trial.clips[0]] !== last);
    row.push(waiting.splice(Math.max(found, 0), 1)[0]);
  }
  return row;
}

function planned(code) {
  const draw = seeded(data.design + "/" + code);
  const sides = (clips) => (clips.length > 1 && draw() < 0.5 ? clips.slice().reverse() : clips);
  const practice = data.practice.map((clips) => ({ clips: sides(clips), practice: true }));
  const trials = data.trials.map((clips) => ({ clips: sides(clips), practice: false }));
  return practice.concat(apart(shuffled(trials, draw)));
}

// --- the session ---

function begin(code) {
  key = "visalign-ratings/" + data.design + "/" + code;
  const before = stored(key);
  session = before ? JSON.parse(before) : {
    schema_version: 1, design: data.design, rater: code, started: new Date().toISOString(), resumed: 0,
    checks: { screen: null, headphones: null }, plan: planned(code), answers: [],
  };
  if (before) session.resumed += 1;
  keep();
  next();
}

function next() {
  at("progress").textContent = "";
  if (session.checks.screen === null) return checkScreen();
  if (session.checks.headphones === null) return checkSound();
  if (session.answers.length < session.plan.length) return showTrial();
  show("done");
}

// --- checks ---

function checkScreen() {
  show("screen");
  const canvas = at("levels"), paint = canvas.getContext("2d");
  const width = canvas.width / data.screen.length;
  data.screen.forEach(([level, number], k) => {
    paint.fillStyle = level < 128 ? "#000" : "#fff";
    paint.fillRect(k * width, 0, width, canvas.height);
    paint.fillStyle = `rgb(${level},${level},${level})`;
    paint.font = "bold 56px sans-serif";
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    paint.fillText(String(number), (k + 0.5) * width, canvas.height / 2);
  });
  at("seen").focus();
}

at("screen-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const seen = (at("seen").value.match(/\d+/g) || []).map(Number);
  const right = data.screen.filter(([, number]) => seen.includes(number)).length;
  session.checks.screen = { right, of: data.screen.length };
  keep();
  next();
});

let tonesRight = 0;
let tonesDone = 0;
let sound = null;

function checkSound() {
  show("sound");
  tonesRight = tonesDone = 0;
  at("tone-count").textContent = `1 of ${data.tones.length}`;
}

at("play-tones").addEventListener("click", async () => {
  sound = sound || new AudioContext();
  await sound.resume();
  const start = sound.currentTime + 0.1;
  data.tones[tonesDone].forEach((kind, k) => playTone(kind, start + 1.0 * k));
  at("play-tones").disabled = true;
  setTimeout(() => {
    at("play-tones").disabled = false;
    for (const button of at("tones").children) button.disabled = false;
  }, 1000 * (3.0 + 0.1));
});

function playTone(kind, start) { // 200 Hz for 0.8 s; "quiet" is 6 dB below, "antiphase" opposite left and right
  const level = kind === "quiet" ? 0.1 : 0.2;
  const merger = sound.createChannelMerger(2);
  for (const side of [0, 1]) {
    const tone = sound.createOscillator(), gain = sound.createGain();
    tone.frequency.value = 200;
    const sign = kind === "antiphase" && side === 1 ? -1 : 1;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(sign * level, start + 0.1);
    gain.gain.setValueAtTime(sign * level, start + 0.7);
    gain.gain.linearRampToValueAtTime(0, start + 0.8);
    tone.connect(gain).connect(merger, 0, side);
    tone.start(start);
    tone.stop(start + 0.8);
  }
  merger.connect(sound.destination);
}

at("tones").addEventListener("click", (event) => {
  if (!event.target.matches("button:enabled")) return;
  if (data.tones[tonesDone][Number(event.target.value)] === "quiet") tonesRight += 1;
  for (const button of at("tones").children) button.disabled = true;
  tonesDone += 1;
  if (tonesDone < data.tones.length) {
    at("tone-count").textContent = `${tonesDone + 1} of ${data.tones.length}`;
    return;
  }
  session.checks.headphones = { right: tonesRight, of: data.tones.length };
  keep();
  next();
});

// --- trials ---

function made(tag, text, properties) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  return Object.assign(element, properties || {});
}

function showTrial() {
  const number = session.answers.length, trial = session.plan[number];
  const plays = trial.clips.map(() => 0), began = performance.now();
  const counted = session.plan.filter((x) => !x.practice).length;
  const done = session.answers.filter((x) => !x.practice).length;
  at("progress").textContent = trial.practice ? "practice" : `${done + 1} of ${counted}`;
  at("practice-note").hidden = !trial.practice;
  at("stage").replaceChildren();
  at("answers").replaceChildren();
  const fieldsets = data.questions.map((question) => questionOf(question, trial));
  const submit = made("button", "Next", { className: "primary", disabled: true });
  trial.clips.forEach((clip, k) => at("stage").append(clipOf(clip, k, trial.clips.length, () => {
    plays[k] += 1;
    if (plays.every((n) => n > 0)) for (const fieldset of fieldsets) fieldset.disabled = false;
  })));
  at("answers").append(...fieldsets, submit);
  at("answers").onchange = () => { submit.disabled = !fieldsets.every((x) => x.querySelector("input:checked")); };
  at("answers").onsubmit = (event) => {
    event.preventDefault();
    const values = {};
    data.questions.forEach((question, k) => { values[question.id] = fieldsets[k].querySelector("input:checked").value; });
    session.answers.push({
      clips: trial.clips, practice: trial.practice, values, plays,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    });
    keep();
    next();
  };
  show("trial");
  document.documentElement.dataset.trial = String(number);
}

function clipOf(clip, k, n, ended) {
  const figure = made("figure"), video = made("video", "", { src: data.files[clip], preload: "auto", playsInline: true });
  const play = made("button", "Play", { type: "button", className: "play" });
  video.disablePictureInPicture = true;
  video.addEventListener("ended", () => { play.disabled = false; play.textContent = "Play again"; ended(); });
  video.addEventListener("error", () => { play.textContent = "This clip can't be played"; play.disabled = true; });
  play.addEventListener("click", () => { play.disabled = true; video.currentTime = 0; video.play(); });
  if (n > 1) figure.append(made("figcaption", "AB"[k]));
  figure.append(video, play);
  return figure;
}

function questionOf(question, trial) {
  const fieldset = made("fieldset", "", { disabled: true });
  fieldset.append(made("legend", question.text));
  const choices = trial.clips.length > 1 ? [["A", trial.clips[0]], ["B", trial.clips[1]]]
    : question.grades.map((grade, k) => [grade, String(question.grades.length - k)]);
  for (const [label, value] of choices) {
    const row = made("label", "", { className: "choice" });
    row.append(made("input", "", { type: "radio", name: question.id, value }), made("span", label));
    fieldset.append(row);
  }
  return fieldset;
}

// --- saving ---

at("save").addEventListener("click", () => {
  const { plan, ...rest } = session;
  const blob = new Blob([JSON.stringify({ ...rest, finished: new Date().toISOString() }, null, 2)], { type: "application/json" });
  const link = made("a", "", { href: URL.createObjectURL(blob), download: `ratings-${data.design}-${session.rater}.json` });
  link.click();
  URL.revokeObjectURL(link.href);
  at("saved").hidden = false;
});

at("start").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(at("code").value.trim());
});

stored("visalign-ratings");
at("storage").hidden = keeps;
show("welcome");
