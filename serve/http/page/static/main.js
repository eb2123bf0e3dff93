// The page: what is open, what is chosen, and which part shows what.

import { getOptions, getUnits, hasToken, setToken } from "./api.js";
import { byId, element } from "./dom.js";
import { download } from "./downloads.js";
import { dropped, Episode } from "./episode.js";
import { Selection } from "./selection.js";
import { listen } from "./sources.js";
import { Text } from "./text.js";
import { Timeline } from "./timeline.js";
import { count, duration, percent } from "./words.js";

const PARTS = ["open", "busy", "problem", "ask-token", "episode"];
const options = await getOptions();
const choices = { labels: new Set(options.drop), minScore: 0, force: false };
const text = new Text(byId("text"));
const timeline = new Timeline(byId("lanes"), byId("ticks"), options.labels, { jump: goTo, toggle });
const selection = new Selection(text, options.labels, { correct, undo, moved });
let episode = null;
let again = null; // what to do once there is a token

for (const format of options.formats) byId("format").append(element("option", { value: format }, format.replace("_", " ")));
for (const kind of options.kinds) byId("kind").append(element("option", { value: kind.name }, `${kind.name} ${kind.extension && `(${kind.extension})`}`));
listen(options.max_bytes, take, (name, message) => refuse(name, { message, code: "too_large" }));

/** Show these parts of the page and hide the others. */
function show(...parts) {
  for (const part of PARTS) byId(part).hidden = !parts.includes(part);
  byId("another").hidden = !parts.includes("episode");
}

/** Have a transcript labelled, and show it. */
async function take(given) {
  const stopper = new AbortController();
  byId("stop").onclick = () => stopper.abort();
  show("busy");
  try {
    const answer = await getUnits(given.source, { format: byId("format").value }, { sent: progress, signal: stopper.signal });
    open(new Episode(given.name, given.source, answer));
  } catch (error) {
    failed(error, given.name, () => take(given), ["open"]);
  }
}

/** How far the transcript has travelled; what the server then does cannot be measured from here. */
function progress(share) {
  byId("doing").textContent = share < 1 ? "Sending the transcript…" : "Labelling the transcript…";
  if (share < 1) byId("progress").value = share;
  else byId("progress").removeAttribute("value");
}

/** Say what went wrong beside the parts that stay, or ask for the token that was missing. */
function failed(error, name, retry, stay) {
  if (error.name === "AbortError") return show(...stay);
  if (error.status !== 401) return refuse(name, error, stay);
  again = retry;
  byId("token-detail").classList.toggle("wrong", hasToken());
  show("ask-token");
  byId("token").focus();
}

function refuse(name, error, stay = ["open"]) {
  show("problem", ...stay);
  byId("problem-title").textContent = name ? `${name} could not be read` : "That did not work";
  byId("problem-detail").textContent = error.message;
  byId("problem-code").textContent = error.code ? `Code: ${error.code}` : "";
  byId("problem").scrollIntoView({ block: "nearest" });
}

function open(opened) {
  episode = opened;
  choices.force = false;
  const { format, n_words, n_cues, duration_s } = episode.result.transcript;
  const facts = [format.replace("_", " "), duration_s && duration(duration_s), count(n_words, "word"), count(n_cues, "cue"), `model ${episode.result.model.name} ${episode.result.model.version}`];
  byId("name").textContent = episode.name ?? "Pasted transcript";
  byId("facts").textContent = facts.filter(Boolean).join(" · ");
  byId("warnings").replaceChildren(...episode.result.warnings.map(warned));
  show("episode");
  draw();
  selection.open(episode);
  scrollTo(0, 0);
  byId("name").focus();
}

/** A warning; one that keeps everything from being removed can be overruled. */
function warned({ message }) {
  const box = element("input", { type: "checkbox", id: "force" });
  box.addEventListener("change", () => { choices.force = box.checked; draw(); });
  return element("div", { class: "notice" }, element("p", {}, message), element("label", {}, box, " Remove from it all the same"));
}

/** Everything that follows from the labels and the choices. */
function draw() {
  const gone = dropped(episode, choices);
  timeline.show(episode, gone, choices.labels);
  text.show(episode, gone);
  const { timed, total } = episode.axis;
  const size = [...gone].reduce((sum, segment) => sum + segment.end - segment.start, 0);
  const amount = timed ? `${duration(size)} of ${duration(total)}` : `${count(size, "word")} of ${total.toLocaleString("en")}`;
  byId("summary").textContent = gone.size ? `Removes ${count(gone.size, "segment")}: ${amount} (${percent(size, total)})` : "Removes nothing";
  byId("min-score-value").textContent = choices.minScore.toFixed(2);
}

function toggle(label, on) {
  if (on) choices.labels.add(label);
  else choices.labels.delete(label);
  draw();
}

function correct(first, stop, label) {
  if (episode.label(first, stop, label)) redraw();
}

function undo() {
  const range = episode.undo();
  if (range) redraw(range);
}

/** Draw corrected labels while the passage at hand stays where it is on the screen. */
function redraw([first, stop] = [selection.at, selection.at + 1]) {
  const focused = document.activeElement.closest("#text") !== null;
  const before = text.unit(first).getBoundingClientRect().top;
  const hold = () => scrollBy({ top: text.unit(first).getBoundingClientRect().top - before, behavior: "instant" });
  draw();
  settle(hold);
  if (selection.at === null) selection.select(first, stop - 1, { focus: focused });
  selection.paint();
  if (focused) selection.stop.focus({ preventScroll: true });
}

/** Bring a unit into view, from the timeline. */
function goTo(unit) {
  document.getSelection().removeAllRanges();
  selection.select(unit, unit);
  reveal(unit);
}

/** Scroll a unit to the middle. */
function reveal(unit) {
  settle(() => text.unit(unit).scrollIntoView({ block: "center", behavior: "instant" }));
}

/** Scroll now and in the next frames: paragraphs have their true height only once they are drawn. */
function settle(scroll, frames = 4) {
  scroll();
  if (frames) requestAnimationFrame(() => settle(scroll, frames - 1));
}

/** The selection has moved to a unit: keep it in sight, between the map and the bar. */
function moved(unit) {
  timeline.mark(unit);
  const { top, bottom } = text.unit(unit).getBoundingClientRect();
  const map = byId("map");
  const over = getComputedStyle(map).position === "sticky" ? map.getBoundingClientRect().bottom : 0;
  const under = byId("bar").getBoundingClientRect().top;
  if (top < over || bottom > under) reveal(unit);
}

async function save(name) {
  byId("problem").hidden = true;
  try {
    await download(options.kinds.find((kind) => kind.name === name), episode, choices);
  } catch (error) {
    failed(error, null, () => { show("episode"); save(name); }, ["episode"]);
  }
}

byId("get-transcript").addEventListener("click", () => save("transcript"));
byId("get-labels").addEventListener("click", () => save("labels"));
byId("get-kind").addEventListener("click", () => save(byId("kind").value));
byId("min-score").addEventListener("input", ({ target }) => { choices.minScore = Number(target.value); draw(); });
byId("another").addEventListener("click", () => {
  selection.clear();
  show("open");
  byId("paste").focus();
});
byId("ask-token").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(byId("token").value);
  byId("token").value = "";
  again();
});
addEventListener("beforeunload", (event) => {
  if (episode?.corrections.length) event.preventDefault(); // they live in this page alone
});
document.documentElement.dataset.ready = "";
