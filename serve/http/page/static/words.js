// Values as people read them.

const NAMES = { self_promo: "Self-promotion" };

/** The name of a label for people: "Sponsor read" for "sponsor_read". */
export function labelName(label) {
  const words = label.replaceAll("_", " ");
  return NAMES[label] ?? words[0].toUpperCase() + words.slice(1);
}

/** A time as on a player: "4:05", "1:02:03". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A length of time: "45 s", "6 min 12 s", "1 h 2 min". */
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h) return m ? `${h} h ${m} min` : `${h} h`;
  return s ? `${m} min ${s} s` : `${m} min`;
}

/** A count with its noun: "1 word", "2,300 words". */
export const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** A share of a whole: "9 %", "<1 %". */
export function percent(part, whole) {
  const share = whole ? (100 * part) / whole : 0;
  return share > 0 && share < 1 ? "<1 %" : `${Math.round(share)} %`;
}
