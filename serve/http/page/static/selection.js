// Which units are selected, by mouse, finger or keyboard, and the bar that labels them.

import { byId, element } from "./dom.js";
import { clock, count, labelName } from "./words.js";

export class Selection {
  /** `correct(first, stop, label)` labels units, null for the model's own; `undo()` takes back. */
  constructor(text, labels, { correct, undo, moved }) {
    Object.assign(this, { text, labels, correct, undo, moved, at: null, from: null });
    this.buttons = labels.map((label, i) => choice(label, i + 1, () => this.#give(label)));
    const back = element("button", { type: "button", class: "plain", id: "model-own" }, element("kbd", {}, "0"), "Model’s own");
    const shut = element("button", { type: "button", class: "plain", id: "shut" }, "Close");
    back.addEventListener("click", () => this.#give(null));
    shut.addEventListener("click", () => this.clear());
    byId("choices").replaceChildren(...this.buttons, back, shut);
    text.root.addEventListener("click", (event) => this.#clicked(event));
    text.root.addEventListener("keydown", (event) => this.#typed(event));
    byId("bar").addEventListener("keydown", (event) => event.key === "Escape" && this.clear());
    document.addEventListener("selectionchange", () => this.#dragged());
  }

  /** Start afresh with an episode. */
  open(episode) {
    this.episode = episode;
    this.clear();
    this.text.unit(0).tabIndex = 0;
    this.stop = this.text.unit(0);
  }

  /** Select the units from `from` to `at`, both included, and go to `at`. */
  select(from, at, { focus = true } = {}) {
    Object.assign(this, { from, at });
    this.paint();
    if (focus) this.stop.focus({ preventScroll: true });
    this.moved(at);
  }

  /** Nothing is selected; the text keeps its place in the tab order. */
  clear() {
    const here = this.at;
    const wasInside = byId("bar").contains(document.activeElement);
    Object.assign(this, { from: null, at: null });
    this.paint();
    if (wasInside && here !== null) this.text.unit(here).focus({ preventScroll: true });
  }

  /** Show the selection; called again when the text was drawn anew. */
  paint() {
    for (const one of this.text.root.querySelectorAll(".selected")) one.classList.remove("selected");
    byId("bar").hidden = this.at === null;
    document.body.classList.toggle("selecting", this.at !== null);
    if (this.at === null) return;
    const [first, stop] = this.#range();
    for (let i = first; i < stop; i++) this.text.unit(i).classList.add("selected");
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = this.text.unit(this.at);
    this.stop.tabIndex = 0;
    this.#tell(first, stop);
  }

  #range() {
    return [Math.min(this.from, this.at), Math.max(this.from, this.at) + 1];
  }

  #tell(first, stop) {
    const units = this.episode.units.slice(first, stop);
    const present = new Set(units.map((unit) => unit.label));
    const { timed, starts, ends } = this.episode.axis;
    const parts = [count(units.length, "passage")];
    if (timed) parts.push(`${clock(starts[first])} – ${clock(ends[stop - 1])}`);
    parts.push([...present].map(labelName).join(", "));
    if (units.every((unit) => unit.corrected)) parts.push("corrected");
    byId("selected").textContent = parts.join(" · ");
    this.buttons.forEach((button, i) =>
      button.setAttribute("aria-pressed", present.size === 1 && present.has(this.labels[i])));
    byId("model-own").disabled = !units.some((unit) => unit.corrected);
  }

  #give(label) {
    if (this.at !== null) this.correct(...this.#range(), label);
  }

  #clicked(event) {
    const unit = this.text.indexOf(event.target);
    if (unit === null || !document.getSelection().isCollapsed) return;
    this.select(event.shiftKey && this.from !== null ? this.from : unit, unit);
  }

  /** Text selected as on any page selects the units it touches. */
  #dragged() {
    const marked = document.getSelection();
    if (marked.isCollapsed || !marked.rangeCount) return;
    const [from, at] = [this.text.indexOf(marked.anchorNode), this.text.indexOf(marked.focusNode)];
    if (from !== null && at !== null) this.select(from, at, { focus: false });
  }

  #typed(event) {
    if (event.altKey || event.metaKey || (event.ctrlKey && event.key !== "z")) return;
    const here = this.text.indexOf(event.target) ?? 0;
    const target = this.#target(event.key, here);
    if (target !== null) this.#go(target, event.shiftKey, here);
    else if (event.key === "Escape") this.clear();
    else if (event.ctrlKey && event.key === "z") this.undo();
    else if (event.key === "Enter" || event.key === " ") this.select(here, here);
    else if (/^[0-9]$/.test(event.key) && Number(event.key) <= this.labels.length) {
      if (this.at === null) this.select(here, here);
      this.#give(event.key === "0" ? null : this.labels[event.key - 1]);
    } else return;
    event.preventDefault();
  }

  #go(target, extend, here) {
    const at = Math.min(Math.max(target, 0), this.episode.units.length - 1);
    document.getSelection().removeAllRanges();
    this.select(extend ? this.from ?? here : at, at);
  }

  /** The unit that a key goes to, or null. */
  #target(key, here) {
    const segment = this.episode.segmentOf(here);
    const before = this.episode.segmentOf(Math.max(segment.first - 1, 0)).first;
    const places = {
      ArrowDown: here + 1,
      ArrowRight: here + 1,
      ArrowUp: here - 1,
      ArrowLeft: here - 1,
      PageDown: segment.stop,
      PageUp: here > segment.first ? segment.first : before,
      Home: 0,
      End: this.episode.units.length - 1,
    };
    return places[key] ?? null;
  }
}

function choice(label, digit, give) {
  const made = element("button", { type: "button", "data-label": label, "aria-pressed": "false" },
    element("kbd", {}, String(digit)), element("span", { class: "swatch" }), labelName(label));
  made.addEventListener("click", give);
  return made;
}
