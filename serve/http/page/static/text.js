// The transcript: a section for each segment, paragraphs in it, and a span for each unit.

import { element, reconcile } from "./dom.js";
import { runs } from "./episode.js";
import { clock, count, duration, labelName } from "./words.js";

const PARAGRAPH_WORDS = 70; // then the next sentence begins a new one
const LINES = ["notes", "plain"]; // a cue there is a paragraph or a heading

export class Text {
  constructor(root) {
    this.root = root;
    this.sections = new Map(); // by what they show, so that a correction touches few of them
    this.spans = []; // of each unit
  }

  /** Show an episode's segments, those in `gone` as removed. */
  show(episode, gone) {
    if (episode !== this.episode) this.sections.clear();
    this.episode = episode;
    const shown = new Map();
    for (const segment of episode.segments) {
      const key = `${segment.first} ${segment.stop} ${segment.label}`;
      const section = this.sections.get(key) ?? this.#section(segment);
      fill(section, segment, episode.axis, gone.has(segment));
      shown.set(key, section);
    }
    this.sections = shown;
    reconcile(this.root, [...shown.values()]);
    episode.units.forEach((unit, i) => this.spans[i].classList.toggle("corrected", unit.corrected));
  }

  /** The element of a unit. */
  unit(index) {
    return this.spans[index];
  }

  /** The number of the unit that a node lies in, or null. */
  indexOf(node) {
    const holder = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("[data-unit]");
    return holder && this.root.contains(holder) ? Number(holder.dataset.unit) : null;
  }

  /** A segment's section: what it is, then what is said. */
  #section({ first, stop, label }) {
    const { units, result } = this.episode;
    const head = element("header", {}, element("h3", {}, element("span", { class: "swatch" }), labelName(label)), element("p", { class: "quiet" }));
    const byLine = LINES.includes(result.transcript.format);
    const told = paragraphs(units, first, stop, byLine).map(([from, to]) => this.#paragraph(units, from, to));
    return element("section", { class: "segment", "data-label": label }, head, element("div", { class: "said" }, ...told));
  }

  #paragraph(units, first, stop) {
    const { speaker, start_s } = units[first];
    const made = element("p");
    if (start_s !== null) made.append(element("time", {}, clock(start_s)));
    if (speaker) made.append(element("b", { class: "speaker" }, speaker), " ");
    for (let i = first; i < stop; i++) {
      this.spans[i] = element("span", { class: "unit", "data-unit": i, tabindex: -1 }, units[i].text);
      made.append(this.spans[i], " ");
    }
    return made;
  }
}

/** Write what may change of a section: its extent, score, and whether it stays. */
function fill(section, segment, axis, isGone) {
  const score = `score ${segment.score.toFixed(2)}`;
  const lines = axis.timed
    ? [`${clock(segment.start)} – ${clock(segment.end)}`, `${duration(segment.end - segment.start)} · ${score}`]
    : [`${count(segment.n_words, "word")} · ${score}`];
  lines.push([segment.corrected && "corrected", isGone && "removed"].filter(Boolean).join(", "));
  section.querySelector("header p").textContent = lines.join("\n");
  section.classList.toggle("gone", isGone);
}

/** Ranges of units that make a paragraph: a turn of a speaker, cut when it grows long. */
function paragraphs(units, first, stop, byLine) {
  let n_words = 0;
  const alike = (last, unit) => {
    n_words += last.n_words;
    const goesOn = byLine
      ? last.last === unit.first
      : last.speaker === unit.speaker && (n_words < PARAGRAPH_WORDS || (n_words < 2 * PARAGRAPH_WORDS && !/[.?!]["”’)]?$/.test(last.text)));
    if (!goesOn) n_words = 0;
    return goesOn;
  };
  return runs(units.slice(first, stop), alike).map(([from, to]) => [first + from, first + to]);
}
