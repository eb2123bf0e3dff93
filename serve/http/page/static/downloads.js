// What the user takes home: the server writes it, with the choices and corrections on the page.

import { getFile } from "./api.js";
import { element } from "./dom.js";

const EXTENSION = { json: "json", vtt: "vtt", srt: "srt", tsv: "tsv", notes: "md" };

/** What a file of this kind is called: "ep.clean.vtt", "ep.vtt.labels.tsv". */
export function fileName(kind, episode) {
  const name = episode.name ?? `transcript.${EXTENSION[episode.result.transcript.format] ?? "txt"}`;
  if (kind.extension) return name + kind.extension;
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)}.clean${name.slice(dot)}` : `${name}.clean`;
}

/** Fetch one kind of file and hand it to the browser to save. */
export async function download(kind, episode, choices) {
  const options = {
    format: episode.result.transcript.format,
    drop: [...choices.labels],
    min_score: choices.minScore,
    force: choices.force,
    corrections: episode.corrections,
  };
  const address = URL.createObjectURL(await getFile(kind.name, episode.source, options));
  element("a", { href: address, download: fileName(kind, episode) }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it in its own time
}
