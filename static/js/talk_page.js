// What the Talk page and the page of a shared link have in common: the parts of a call on the page,
// its state, its buttons, its keypad, the sentence about what is wrong, and the choice of a microphone.

import { isField, spaceMutes } from "./space.js";
import { hindrance } from "./talk_line.js";

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

export function showBegun() {
  showState("connecting");
  button.hidden = true;
  inCall.hidden = false;
  mute.setAttribute("aria-pressed", "false");
  mute.focus();
}

export function showEnded() {
  const hadFocus = inCall.contains(document.activeElement) || document.activeElement === document.body;
  inCall.hidden = true;
  button.hidden = false;
  if (hadFocus) button.focus();
}

/** What everything on the page does in a call. `lineNow`: its line, or null. `begin`, `close`: have a
    call begin, and show that it is over. `mayMute`: whether it has begun. `openAnew`: opens the
    microphone as it is wished for now; `wishes`: the ids of what says so. */
export function serve({ lineNow, begin, close, mayMute, openAnew, wishes }) {
  function toggleMute() {
    const line = lineNow();
    line.mute(!line.isMuted);
    mute.setAttribute("aria-pressed", `${line.isMuted}`);
    showState(line.isMuted ? "muted" : "talking");
  }
  phone.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!lineNow()) begin();
  });
  mute.addEventListener("click", () => lineNow() && mayMute() && toggleMute());
  document.getElementById("hang-up").addEventListener("click", () => {
    lineNow()?.hangUp();
    if (lineNow()) close(); // before it was connected
  });
  pressDigits(lineNow);
  spaceMutes({ ends: "hang-up", isInCall: lineNow, mayMute, toggle: toggleMute });
  for (const id of wishes) document.getElementById(id).addEventListener("change", openAnew);
  addEventListener("offline", () => lineNow() && show("no-network"));
  navigator.mediaDevices?.addEventListener("devicechange", async () => {
    await listDevices();
    if (lineNow() && shown() === "lost-microphone") openAnew(); // it is back, or another one is
  });
  watchHidden(lineNow);
  addEventListener("beforeunload", (event) => lineNow() && event.preventDefault());
  show(hindrance());
  button.disabled = Boolean(hindrance());
  if (!hindrance()) listDevices();
}

/** The keypad's keys, clicked or typed. */
function pressDigits(lineNow) {
  inCall.addEventListener("click", ({ target }) => target.dataset.digit && lineNow()?.press(target.dataset.digit));
  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.shortcuts !== "on" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!isField(event.target) && /^[0-9*#]$/.test(event.key)) lineNow()?.press(event.key);
  });
}

/** Says so when the browser stood still with the microphone while the page was hidden. */
function watchHidden(lineNow) {
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
