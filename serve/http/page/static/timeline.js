// The episode at a glance: a lane for each label, on one axis of time or of words.

import { element } from "./dom.js";
import { clock, duration, labelName, percent } from "./words.js";

const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const STEPS_WORDS = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];
const MOST_TICKS = 9;
const LAST_TICK = 0.93; // one further right would stick out

export class Timeline {
  /** `jump(unit)` is called for a place that was chosen, `toggle(label, on)` for a tick. */
  constructor(lanes, ticks, labels, { jump, toggle }) {
    Object.assign(this, { ticks, jump });
    this.lanes = labels.map((label) => lane(label, toggle));
    lanes.replaceChildren(...this.lanes.map((one) => one.row));
    lanes.addEventListener("click", (event) => this.#clicked(event));
    lanes.addEventListener("keydown", (event) => this.#moved(event));
    this.root = lanes;
  }

  /** Draw the segments; those in `gone` as removed. */
  show(episode, gone, chosen) {
    this.episode = episode;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.first : undefined;
    const { total, timed } = episode.axis;
    for (const { label, box, amount, track } of this.lanes) {
      const own = episode.segments.filter((segment) => segment.label === label);
      const size = own.reduce((sum, segment) => sum + segment.end - segment.start, 0);
      box.checked = chosen.has(label);
      amount.textContent = own.length ? `${timed ? duration(size) : percent(size, total)}` : "none";
      track.replaceChildren(...own.map((segment) => block(segment, episode.axis, gone.has(segment))));
    }
    this.#drawTicks(episode.axis);
    this.#stops((this.#blocks().find((one) => one.dataset.first === focused) ?? this.#blocks()[0]), focused !== undefined);
  }

  /** Show which part of the episode is being read. */
  mark(unit) {
    const { starts, total } = this.episode.axis;
    this.root.parentElement.style.setProperty("--here", starts[unit] / total);
  }

  /** All blocks in the order of the episode, whatever lane they lie in. */
  #blocks() {
    const found = this.lanes.flatMap(({ track }) => [...track.children]);
    return found.sort((a, b) => a.dataset.first - b.dataset.first);
  }

  /** One block is the tab stop of them all. */
  #stops(block, focus) {
    for (const one of this.#blocks()) one.tabIndex = -1;
    block.tabIndex = 0;
    if (focus) block.focus({ preventScroll: true });
  }

  #clicked(event) {
    const block = event.target.closest(".block");
    const track = event.target.closest(".track");
    if (!track) return;
    if (block) this.#stops(block, false);
    if (event.detail === 0) return this.jump(Number(block.dataset.first)); // Enter or Space
    const { left, width } = track.getBoundingClientRect();
    const unit = unitAt(this.episode.axis, (event.clientX - left) / width);
    const inside = block && (unit < block.dataset.first || unit >= block.dataset.stop);
    this.jump(inside ? Number(block.dataset.first) : unit);
  }

  #moved(event) {
    const blocks = this.#blocks();
    const at = blocks.indexOf(event.target);
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: blocks.length - 1 };
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    this.#stops(blocks[Math.min(Math.max(steps[event.key], 0), blocks.length - 1)], true);
  }

  #drawTicks({ total, timed }) {
    const step = (timed ? STEPS_S : STEPS_WORDS).find((one) => total / one <= MOST_TICKS) ?? total;
    const n = Math.floor((LAST_TICK * total) / step) + 1;
    const places = Array.from({ length: n }, (_, i) => i * step);
    this.ticks.replaceChildren(...places.map((at) => {
      const tick = element("span", {}, timed ? clock(at) : at ? at.toLocaleString("en") : "words");
      tick.style.left = `${(100 * at) / total}%`;
      return tick;
    }));
  }
}

/** The row of a label: its tick, name, how much there is of it, and its track. */
function lane(label, toggle) {
  const box = element("input", { type: "checkbox", "aria-label": `Remove ${labelName(label)}`, "data-drop": label });
  box.addEventListener("change", () => toggle(label, box.checked));
  const amount = element("span", { class: "amount" });
  const name = element("label", {}, box, element("span", { class: "swatch" }), element("span", { class: "name" }, labelName(label)));
  const track = element("div", { class: "track", role: "group", "aria-label": `${labelName(label)}: segments` });
  return { label, box, amount, track, row: element("div", { class: "lane", "data-label": label }, name, amount, track) };
}

/** The block of a segment: a button that says in words what its colour and place say. */
function block(segment, axis, isGone) {
  const place = axis.timed
    ? `${clock(segment.start)} to ${clock(segment.end)}`
    : `words ${segment.start + 1} to ${segment.end}`;
  const says = [labelName(segment.label), place, `score ${segment.score.toFixed(2)}`, segment.corrected && "corrected", isGone && "removed"];
  const made = element("button", {
    type: "button",
    class: isGone ? "block gone" : "block",
    "data-first": segment.first,
    "data-stop": segment.stop,
    "aria-label": says.filter(Boolean).join(", "),
    title: says.filter(Boolean).join(" · "),
  });
  made.style.left = `${(100 * segment.start) / axis.total}%`;
  made.style.width = `${(100 * (segment.end - segment.start)) / axis.total}%`;
  return made;
}

/** The unit at a share of the axis: the last that has begun. */
function unitAt({ starts, total }, share) {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= share * total) low = middle;
    else high = middle;
  }
  return low;
}
