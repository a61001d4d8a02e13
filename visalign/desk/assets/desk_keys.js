"use strict";
// What each key does: the list that the keyboard goes by and that the sheet of keys shows. And the symbols of the IPA.

const KEYS = [
  ["Play", [
    [["Space"], "play, pause", "play"],
    [["←", "→"], "one frame back, on", ["back", "forth"]],
    [["W"], "play what is chosen", "hear"],
    [["L"], "play it over and over", "loop"],
    [["M"], "sound as corrected, or as it is", "corrected"],
    [["R"], "speed: 1, ½, ¼", "speed"],
    [["Home", "End"], "first, last frame", ["home", "end"]],
  ]],
  ["Choose", [
    [["Shift ←", "Shift →"], "item before, next", ["before", "next"]],
    [["↑", "↓"], "tier above, below", ["up", "down"]],
    [["N", "P"], "next, previous word at fault", ["nextFault", "previousFault"]],
    [["E"], "its start or its end", "turn"],
  ]],
  ["Correct", [
    [[",", "."], "boundary 10 ms earlier, later; with Shift 1 ms", ["earlier", "later"]],
    [["I", "O"], "start, end to the playhead", ["startHere", "endHere"]],
    [["Enter"], "label", "label"],
    [["X"], "split at the playhead", "split"],
    [["J"], "join with the next", "merge"],
    [["A"], "put one in at the playhead", "insert"],
    [["Del"], "take out", "delete"],
    [["F"], "hold the boundary where it is, or no longer", "pin"],
    [["U"], "pronounced otherwise", "pronounce"],
    [["T"], "transcript", "transcript"],
    [["G"], "snap to neighbours", "snap"],
    [["Z", "Shift Z"], "undo, redo", ["undo", "redo"]],
    [["F2"], "symbols of the IPA, while writing", null],
  ]],
  ["Look", [
    [["+", "−"], "zoom; with the mouse: Ctrl and wheel", ["zoomIn", "zoomOut"]],
    [["[", "]"], "scroll; with the mouse: Shift and wheel", ["left", "right"]],
    [["0", "V"], "whole clip, what is chosen", ["fit", "fitChosen"]],
    [["S"], "spectrogram", "spectrum"],
  ]],
  ["Decide", [
    [["1", "2", "3", "4"], "accept, reject, needs fix, not judged", ["decide1", "decide2", "decide3", "decide4"]],
    [["K"], "comment", "comment"],
    [["D"], "for the clip or for this line", "scope"],
    [["Page ↑", "Page ↓"], "clip before, next clip", ["previousClip", "nextClip"]],
    [["Esc"], "back to the queue", "queue"],
  ]],
  ["Queue", [
    [["↑ ↓ Enter"], "choose and open a clip", null],
    [["/"], "filter", "filter"],
  ]],
];
const SAID = { Space: " ", "←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp", "↓": "ArrowDown", "−": "-", Del: "Delete",
  Esc: "Escape", "Page ↑": "PageUp", "Page ↓": "PageDown" };

/** Action by key: "Shift+ArrowLeft", "z". */
const ACTIONS = new Map(
  KEYS.flatMap(([, rows]) => rows).flatMap(([keys, , actions]) => {
    if (actions === null) return [];
    return keys.map((key, k) => {
      const plain = key.replace("Shift ", "");
      const name = SAID[plain] ?? (plain.length === 1 ? plain.toLowerCase() : plain);
      return [key.startsWith("Shift ") ? `Shift+${name}` : name, Array.isArray(actions) ? actions[k] : actions];
    });
  }),
);
ACTIONS.set("=", "zoomIn").set("Backspace", "delete").set("?", "help");

/** The action of a pressed key; null where it has none. */
function actionOf(event) {
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    const key = event.key.toLowerCase();
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : null;
  }
  if (event.code === "Comma" || event.code === "Period") return event.code === "Comma" ? "earlier" : "later";
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (event.shiftKey ? ACTIONS.get(`Shift+${name}`) : null) ?? ACTIONS.get(name) ?? null;
}

function fillKeySheet(sheet) {
  for (const [title, rows] of KEYS) {
    const part = document.createElement("section");
    const list = document.createElement("dl");
    for (const [keys, words] of rows) {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      for (const key of keys) term.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
      row.append(term, Object.assign(document.createElement("dd"), { textContent: words }));
      list.append(row);
    }
    part.append(Object.assign(document.createElement("h3"), { textContent: title }), list);
    sheet.append(part);
  }
}

const IPA = [
  ["Vowels", "i y ɨ ʉ ɯ u ɪ ʏ ʊ e ø ɘ ɵ ɤ o ə ɛ œ ɜ ɞ ʌ ɔ æ ɐ a ɶ ɑ ɒ ɚ ɝ"],
  ["Consonants", "p b t d ʈ ɖ c ɟ k ɡ q ɢ ʔ m ɱ n ɳ ɲ ŋ ɴ ʙ r ʀ ɾ ɽ ɸ β f v θ ð s z ʃ ʒ ʂ ʐ ç ʝ x ɣ χ ʁ ħ ʕ h ɦ ɬ ɮ ʋ ɹ ɻ j ɰ l ɭ ʎ ʟ ʍ w ɥ ɕ ʑ ɧ"],
  ["Implosives, clicks", "ɓ ɗ ʄ ɠ ʛ ʘ ǀ ǃ ǂ ǁ ʼ"],
  ["Marks", "ˈ ˌ ː ˑ ʰ ʷ ʲ ˠ ˤ ⁿ ˡ \u0303 \u0329 \u032f \u0325 \u032c \u032a \u031a \u0361 ˥ ˦ ˧ ˨ ˩"],
];
const LIKE = { a: "aɑɐæʌɒɶ", b: "bβʙɓ", c: "cçɕ", d: "dðɖɗ", e: "eəɛɘɜɚɝɞ", f: "fɸ", g: "ɡɣɢɠʛ", h: "hħɦʰɧɥ", i: "iɪɨ", j: "jʝɟʲʄ",
  k: "k", l: "lɭɬɮʎʟ", m: "mɱ", n: "nŋɲɳɴ", o: "oɔøœɵɒɤ", p: "pɸ", q: "qʔʕ", r: "rɹɾɻʀʁɽ", s: "sʃʂ", t: "tθʈ", u: "uʊʉɯ",
  v: "vʋʌ", w: "wʍʷɰ", x: "xχ", y: "yʏɣʎ", z: "zʒʐʑ" };

/** A sheet of symbols that puts one into a text field. */
class IpaSheet {
  constructor(dialog, place) {
    this.dialog = dialog;
    this.field = null;
    for (const [title, symbols] of IPA) {
      const group = document.createElement("div");
      group.className = "ipa-group";
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", title);
      for (const symbol of symbols.split(" ")) {
        const button = Object.assign(document.createElement("button"), { type: "button", tabIndex: -1 });
        button.dataset.symbol = symbol;
        button.textContent = /\p{M}/u.test(symbol) ? `◌${symbol}` : symbol;
        group.append(button);
      }
      place.append(Object.assign(document.createElement("h3"), { textContent: title }), group);
    }
    this.buttons = [...place.querySelectorAll("button")];
    this.buttons[0].tabIndex = 0;
    place.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.put(button.dataset.symbol);
    });
    dialog.addEventListener("keydown", (event) => this.pressKey(event));
    dialog.addEventListener("close", () => this.field?.focus());
  }

  open(field) {
    this.field = field;
    this.dialog.showModal();
    this.buttons.find((button) => button.tabIndex === 0).focus();
  }

  put(symbol) {
    const { field } = this;
    const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
    field.setRangeText(symbol, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    this.dialog.close();
    field.focus();
  }

  pressKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.buttons.indexOf(document.activeElement);
    if (at < 0) return;
    const like = LIKE[event.key.toLowerCase()];
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.focus(at + (event.key === "ArrowRight" ? 1 : -1));
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.focus(this.below(at, event.key === "ArrowDown" ? 1 : -1));
    else if (like) {
      const next = like.indexOf(this.buttons[at].dataset.symbol) + 1;
      this.focus(this.buttons.findIndex((button) => button.dataset.symbol === like[next % like.length]));
    } else return;
    event.preventDefault();
  }

  focus(at) {
    const button = this.buttons[clamp(at, 0, this.buttons.length - 1)];
    for (const other of this.buttons) other.tabIndex = other === button ? 0 : -1;
    button.focus();
  }

  /** The symbol in the next row that is nearest. */
  below(at, way) {
    const { left, top } = this.buttons[at].getBoundingClientRect();
    let best = at;
    let distance = Infinity;
    this.buttons.forEach((button, k) => {
      const box = button.getBoundingClientRect();
      const down = way * (box.top - top);
      if (down < 4) return;
      const far = down * 4 + Math.abs(box.left - left);
      if (far < distance) [best, distance] = [k, far];
    });
    return best;
  }
}
