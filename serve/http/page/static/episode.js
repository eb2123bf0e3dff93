// A transcript, its labels as the user left them, and what follows from them. Values, no page.

/** One transcript that the server has labelled. Units count from 0 here; ranges are half-open. */
export class Episode {
  constructor(name, source, answer) {
    this.name = name;
    this.source = source;
    this.result = answer;
    this.units = answer.units.map((unit) => ({ ...unit, model: unit.label, modelScore: unit.score, corrected: false }));
    this.axis = axisOf(this.units);
    this.past = [];
    this.segments = segmentsOf(this.units, this.axis);
  }

  /** Whether nothing is dropped unless forced. */
  get isForeign() {
    return this.result.warnings.some((warning) => warning.code === "not_english");
  }

  /** The segment that a unit lies in. */
  segmentOf(index) {
    return this.segments.find((segment) => index < segment.stop);
  }

  /** Give units[first:stop] a label, or with null the model's own; false when nothing changes. */
  label(first, stop, label) {
    const before = this.units.slice(first, stop).map(({ label, score, corrected }) => ({ label, score, corrected }));
    for (const unit of this.units.slice(first, stop)) {
      const back = label === null || label === unit.model;
      Object.assign(unit, back
        ? { label: unit.model, score: unit.modelScore, corrected: false }
        : { label, score: 1, corrected: true });
    }
    if (before.every((old, i) => old.label === this.units[first + i].label)) return false;
    this.past.push({ first, before });
    this.segments = segmentsOf(this.units, this.axis);
    return true;
  }

  /** Take the last correction back; the range it was about, or null. */
  undo() {
    const last = this.past.pop();
    if (!last) return null;
    last.before.forEach((old, i) => Object.assign(this.units[last.first + i], old));
    this.segments = segmentsOf(this.units, this.axis);
    return [last.first, last.first + last.before.length];
  }

  /** What the user changed, as the server wants it: counted from 1, both ends included. */
  get corrections() {
    return runs(this.units, (a, b) => a.label === b.label && a.corrected === b.corrected)
      .filter(([first]) => this.units[first].corrected)
      .map(([first, stop]) => ({ first: first + 1, last: stop, label: this.units[first].label }));
  }
}

/** The segments that go with these choices: { labels: Set, minScore, force }. */
export function dropped(episode, choices) {
  if (episode.isForeign && !choices.force) return new Set();
  const goes = (segment) => choices.labels.has(segment.label) && segment.score >= choices.minScore;
  return new Set(episode.segments.filter(goes));
}

/** Half-open ranges of neighbours that are alike. */
export function runs(items, alike) {
  const found = [];
  let first = 0;
  for (let i = 1; i <= items.length; i++) {
    if (i < items.length && alike(items[i - 1], items[i])) continue;
    found.push([first, i]);
    first = i;
  }
  return found;
}

/** Runs of one label; the score as the server rounds it, the extent on the axis. */
function segmentsOf(units, axis) {
  return runs(units, (a, b) => a.label === b.label).map(([first, stop]) => {
    const inside = units.slice(first, stop);
    const weights = inside.map((unit) => Math.max(unit.n_words, 1));
    const total = weights.reduce((a, b) => a + b);
    const score = inside.reduce((sum, unit, i) => sum + unit.score * weights[i], 0) / total;
    return {
      first,
      stop,
      label: inside[0].label,
      score: Math.round(score * 1e4) / 1e4,
      corrected: inside.some((unit) => unit.corrected),
      n_words: inside.reduce((sum, unit) => sum + unit.n_words, 0),
      start: axis.starts[first],
      end: axis.ends[stop - 1],
    };
  });
}

/** Where units lie: in seconds when the source has times, else in words. */
function axisOf(units) {
  const timed = units.filter((unit) => unit.start_s !== null).length * 2 > units.length;
  const [starts, ends] = [[], []];
  let at = 0;
  for (const unit of units) {
    const start = timed ? Math.max(at, unit.start_s ?? at) : at;
    starts.push(start);
    at = timed ? Math.max(start, unit.end_s ?? start) : start + unit.n_words;
    ends.push(at);
  }
  // Without an end of its own a unit lasts until the next one begins.
  if (timed) units.forEach((unit, i) => (unit.end_s === null && i + 1 < units.length ? (ends[i] = starts[i + 1]) : 0));
  return { timed, starts, ends, total: Math.max(at, 1) };
}
