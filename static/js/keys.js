// Single keys that work on every page, for whoever has them on (body[data-shortcuts]): `?`, `/`, and
// `g` followed by a page. They are places on the keyboard (event.code), so that they are the same on
// a Hebrew one. A page's own module adds its keys with bind(): bind("KeyJ", () => next()).

const CHORD_MS = 1500;
const bound = new Map();
let chordUntil = 0;

/** What a key does: `code` is a KeyboardEvent.code; `act` may return false to leave it to others. */
export function bind(code, act) {
  bound.set(code, act);
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
}

function go(code) {
  const link = document.querySelector(`[data-key="${code.replace("Key", "").toLowerCase()}"]`);
  link?.click();
  return Boolean(link);
}

function search() {
  const field = document.querySelector("main input[type=search], main [data-search]");
  field?.focus();
  return Boolean(field);
}

async function help() {
  const link = document.getElementById("shortcuts");
  if (!link || document.querySelector("dialog[open]")) return;
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.headers.has("HX-Refresh")) return link.click();
  const dialog = document.createElement("dialog");
  dialog.className = "help-dialog";
  dialog.innerHTML = await answer.text();
  dialog.setAttribute("aria-labelledby", dialog.querySelector("h2").id);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.shortcuts !== "on" || event.defaultPrevented) return;
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const isChord = performance.now() < chordUntil;
  chordUntil = 0;
  let isDone = true;
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) help();
  else if (event.key === "/" || event.code === "Slash") isDone = search();
  else if (event.shiftKey) isDone = false;
  else if (isChord && go(event.code)) isDone = true;
  else if (event.code === "KeyG") chordUntil = performance.now() + CHORD_MS;
  else if (bound.has(event.code)) isDone = bound.get(event.code)(event) !== false;
  else isDone = false;
  if (isDone) event.preventDefault();
});
