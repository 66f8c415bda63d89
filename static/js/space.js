// Space in a call: it mutes, wherever one is on the page, and never ends the call. With single keys
// off it only keeps from pressing the button that would.

export function isField(target) {
  return Boolean(target.closest?.("input:not([type=range]), select, textarea, a, summary, [contenteditable]"));
}

/** `ends`: the id of that button. `isInCall`, `mayMute`: whether, now. */
export function spaceMutes({ ends, isInCall, mayMute, toggle }) {
  function onSpace(event) {
    if (!isInCall() || event.code !== "Space" || document.querySelector("dialog[open]")) return;
    const isOn = document.body.dataset.shortcuts === "on";
    if (isField(event.target) || (!isOn && event.target.id !== ends)) return;
    event.preventDefault(); // of both, or a button that has the focus would be pressed
    if (event.type === "keydown" && !event.repeat && mayMute()) toggle();
  }
  for (const type of ["keydown", "keyup"]) document.addEventListener(type, onSpace, { capture: true });
}
