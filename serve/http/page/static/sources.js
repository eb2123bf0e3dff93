// Ways to bring a transcript: paste, open, drop. Each ends in `take({ name, source })`.

import { byId } from "./dom.js";

/** Listen to the form and to the whole window; `refuse(name, message)` says what is no transcript. */
export function listen(maxBytes, take, refuse) {
  const takeFile = async (file) => {
    if (file.size > maxBytes) {
      const found = `${(file.size / 2 ** 20).toFixed(1)} MiB`;
      return refuse(file.name, `the file has ${found}, more than the ${maxBytes >> 20} MiB that are read; split it into episodes, or leave out word times`);
    }
    return take({ name: file.name, source: decoded(await file.arrayBuffer()) });
  };
  byId("open").addEventListener("submit", (event) => {
    event.preventDefault();
    take({ name: null, source: byId("paste").value });
  });
  byId("paste").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("open").requestSubmit();
  });
  byId("choose").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", ({ target }) => {
    if (target.files.length) takeFile(target.files[0]);
    target.value = ""; // so that the same file can be opened again
  });
  byId("example").addEventListener("click", async () => {
    const answer = await fetch("page/example.vtt");
    take({ name: "example.vtt", source: await answer.text() });
  });
  listenToDrops(takeFile);
}

/** A string when the bytes are UTF-8, a byte order mark kept; else the bytes for the server to judge. */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

function listenToDrops(takeFile) {
  const shade = byId("dropping");
  const holdsFile = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    shade.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) shade.hidden = true; // left the window
  });
  addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    shade.hidden = true;
    takeFile(event.dataTransfer.files[0]);
  });
}
