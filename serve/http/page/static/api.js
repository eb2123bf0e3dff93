// The calls to the server this page came from, and the token that it may ask for.

const TOKEN = "segue-token"; // gone when the tab is closed

/** A refusal, in the server's words. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
  }
}

export const setToken = (token) => sessionStorage.setItem(TOKEN, token);
export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;

/** What a user can choose from. */
export async function getOptions() {
  const answer = await fetch("page/options.json");
  if (!answer.ok) throw new Refusal(answer.status, {});
  return answer.json();
}

/** The result of a transcript with its units. `source` is a string, or bytes that are no UTF-8. */
export async function getUnits(source, options, watch) {
  const answer = await post("page/units", source, options, watch);
  return JSON.parse(await answer.text());
}

/** One kind of output as a Blob. */
export const getFile = (kind, source, options) =>
  post(`page/files/${encodeURIComponent(kind)}`, source, options, {});

/**
 * Send a transcript; a Blob comes back. `watch` may hold `sent(share)`, called while it travels,
 * and `signal`. XMLHttpRequest because fetch does not tell how far a body has got.
 */
function post(path, source, options, { sent, signal }) {
  const isText = typeof source === "string";
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", path);
    request.responseType = "blob";
    request.setRequestHeader("Content-Type", isText ? "application/json" : "text/plain");
    if (hasToken()) request.setRequestHeader("Authorization", `Bearer ${sessionStorage.getItem(TOKEN)}`);
    request.upload.onprogress = (event) => sent?.(event.loaded / event.total);
    request.upload.onload = () => sent?.(1);
    request.onerror = () => reject(new Refusal(0, { detail: "the server cannot be reached; check that it is running" }));
    request.onabort = () => reject(new DOMException("stopped by the user", "AbortError"));
    request.onload = async () => {
      if (request.status === 200) resolve(request.response);
      else reject(new Refusal(request.status, await problemIn(request.response)));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(isText ? JSON.stringify({ transcript: source, ...options }) : source);
  });
}

/** The problem document in an answer; empty when something else than Segue answered. */
async function problemIn(blob) {
  try {
    return JSON.parse(await blob.text());
  } catch {
    return {};
  }
}
