// What the Talk page and the page of a shared link have in common: the parts of a call on the page,
// its state, the sentence about what is wrong, and the choice of a microphone.

const DEAF_MS = 500; // the microphone stood still for longer than this while the page was hidden
export const CLOSED = { 1000: "", 4403: "refused", 1011: "failed", 4429: "failed", gone: "gone", bye: "", "hung up": "" };
export const phone = document.getElementById("phone");
export const inCall = document.getElementById("in-call");
export const button = document.getElementById("call");
export const mute = document.getElementById("mute");
export const device = document.getElementById("device");

/** The sentence of this problem, and of no other; "": none. */
export function show(problem) {
  for (const each of document.querySelectorAll("#problems [data-problem]")) each.hidden = each.dataset.problem !== problem;
}

export function shown() {
  return document.querySelector("#problems [data-problem]:not([hidden])")?.dataset.problem ?? "";
}

export function showState(state) {
  for (const each of inCall.querySelectorAll("[data-state]")) each.hidden = each.dataset.state !== state;
}

/** Their names are told only to who has been given a microphone once. */
export async function listDevices() {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const chosen = device.value;
  const usual = device.options[0];
  const named = found.filter((each) => each.kind === "audioinput" && each.label && each.deviceId !== "default");
  device.replaceChildren(usual, ...named.map((each) => new Option(each.label, each.deviceId)));
  device.value = named.some((each) => each.deviceId === chosen) ? chosen : "";
}

/** Says so when the browser stood still with the microphone while the page was hidden. */
export function watchHidden(lineNow) {
  let hiddenAt = null; // both clocks as they were then
  document.addEventListener("visibilitychange", () => {
    const context = lineNow()?.context;
    if (!context) return;
    if (!document.hidden) context.resume();
    const now = { wall: performance.now(), sound: context.currentTime * 1000 };
    if (document.hidden) hiddenAt = now;
    else if (hiddenAt && now.wall - hiddenAt.wall - (now.sound - hiddenAt.sound) > DEAF_MS) show("was-hidden");
  });
}
