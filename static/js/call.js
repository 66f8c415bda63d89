// One call: its waveform, what was said beside it, and one turn in detail. Playing marks the turn
// that is heard; choosing a turn moves the player there. Time runs from left to right. No sound is
// asked for before it is played.

import WaveSurfer from "../vendor/wavesurfer-8.0.1.esm.js";
import { bind } from "./keys.js";
import { inMinutes } from "./minutes.js";

const STEP_S = 2;
const transcript = document.getElementById("transcript");
const lines = [...(transcript?.querySelectorAll("li") ?? [])];
const now = document.getElementById("now");
const wave = document.getElementById("wave");
const clock = document.getElementById("clock");
const asked = /^#at=([0-9.]+)$/.exec(location.hash); // seconds: a link leads to a moment
let player = null;
let playing = null;
let isFollowing = true;

function chosen() {
  const number = document.getElementById("turn")?.dataset.number;
  return lines.find((line) => line.dataset.turn === number);
}

function seek(seconds) {
  if (!player) return;
  const at = Math.max(0, Math.min(seconds, player.getDuration()));
  player.setTime(at);
  show(at); // before anything is played the player itself says nothing
}

function show(at) {
  clock.textContent = inMinutes(Math.floor(at));
  const x = `${((at / Number(wave.dataset.seconds)) * 100).toFixed(2)}%`;
  now.setAttribute("x1", x);
  now.setAttribute("x2", x);
  follow(at);
}

function choose(line) {
  const link = line?.querySelector("a");
  if (!link) return false;
  link.click();
  line.scrollIntoView({ block: "nearest" });
  return true;
}

function step(by) {
  const at = lines.indexOf(chosen());
  return choose(lines[Math.max(0, Math.min(at + by, lines.length - 1))]);
}

function nextCutIn() {
  const cutIns = lines.filter((line) => line.querySelector("[data-cut-in]"));
  const at = lines.indexOf(chosen());
  return choose(cutIns.find((line) => lines.indexOf(line) > at) ?? cutIns[0]);
}

function mark(number) {
  for (const line of lines) {
    const link = line.querySelector("a");
    if (line.dataset.turn === number) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const span of document.querySelectorAll(".span[data-turn]")) {
    span.classList.toggle("is-chosen", span.dataset.turn === number);
  }
}

function follow(seconds) {
  const ms = seconds * 1000;
  const line = lines.findLast((each) => each.dataset.from !== "" && Number(each.dataset.from) <= ms);
  if (line === playing) return;
  playing?.classList.remove("is-playing");
  playing = line;
  playing?.classList.add("is-playing");
  if (playing && isFollowing && player.isPlaying()) playing.scrollIntoView({ block: "nearest" });
}

async function draw() {
  const peaks = await (await fetch(wave.dataset.peaks)).json();
  const style = getComputedStyle(document.documentElement);
  const colours = ["--stt", "--llm"].map((name) => style.getPropertyValue(name).trim());
  const seconds = (peaks.lanes[0].length * peaks.every_ms) / 1000;
  // The axis is as long as the longest of what is drawn on it, which may be the bars below.
  wave.style.inlineSize = `${(seconds / Number(wave.dataset.seconds)) * 100}%`;
  // Sound is asked for when it is to be played: who asks stands in the audit.
  const media = Object.assign(new Audio(), { preload: "none" });
  player = WaveSurfer.create({
    container: wave,
    cspNonce: wave.dataset.nonce,
    url: wave.dataset.audio,
    media,
    peaks: peaks.lanes.map((lane) => lane.map((peak) => peak / 100)),
    duration: seconds,
    height: 48,
    normalize: true,
    hideScrollbar: true,
    splitChannels: colours.map((colour) => ({ waveColor: resolved(colour), progressColor: resolved(colour) })),
    cursorColor: resolved(style.getPropertyValue("--bad").trim()),
  });
  const play = document.getElementById("play");
  player.on("play", () => play.setAttribute("aria-pressed", "true"));
  player.on("pause", () => play.setAttribute("aria-pressed", "false"));
  player.on("timeupdate", show);
  play.addEventListener("click", () => player.playPause());
  document.getElementById("back").addEventListener("click", () => seek(player.getCurrentTime() - STEP_S));
  document.getElementById("on").addEventListener("click", () => seek(player.getCurrentTime() + STEP_S));
  wave.dataset.ready = "";
  if (!asked) return;
  player.once("ready", () => seek(Number(asked[1]))); // its length is not known before
  play.focus({ preventScroll: true });
}

// A canvas does not know light-dark(): the browser's own answer is asked for.
function resolved(colour) {
  const probe = document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  probe.style.color = colour;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

transcript?.addEventListener("click", (event) => {
  const line = event.target.closest("li");
  if (line && line.dataset.from !== "") seek(Number(line.dataset.from) / 1000);
});

// Who scrolls while it plays wants to read: the page no longer follows until asked to.
for (const kind of ["wheel", "touchmove"]) {
  transcript?.addEventListener(kind, () => {
    if (!player?.isPlaying()) return;
    isFollowing = false;
    document.getElementById("follow").hidden = false;
  }, { passive: true });
}

document.getElementById("follow")?.addEventListener("click", (event) => {
  isFollowing = true;
  event.currentTarget.hidden = true;
  playing?.scrollIntoView({ block: "nearest" });
  playing?.querySelector("a").focus({ preventScroll: true });
});

for (const span of document.querySelectorAll(".span[data-turn]")) {
  span.addEventListener("click", () => choose(lines.find((line) => line.dataset.turn === span.dataset.turn)));
}

// A turn that another is about to replace takes no label: nobody could see what became of it.
for (const [kind, isGoing] of [["htmx:beforeSend", true], ["htmx:afterRequest", false]]) {
  transcript?.addEventListener(kind, () => document.getElementById("turn").toggleAttribute("inert", isGoing));
}

document.body.addEventListener("htmx:afterSwap", () => mark(document.getElementById("turn")?.dataset.number));

bind("KeyJ", () => step(1));
bind("KeyK", () => step(-1));
bind("KeyC", nextCutIn);
bind("Space", (event) => {
  if (!player || event.target.closest("button, summary, a[href]:not(.transcript a)")) return false;
  player.playPause();
});
bind("ArrowRight", () => (player ? seek(player.getCurrentTime() + STEP_S) : false));
bind("ArrowLeft", () => (player ? seek(player.getCurrentTime() - STEP_S) : false));

mark(document.getElementById("turn")?.dataset.number);
if (chosen()) transcript.scrollTop = chosen().offsetTop - transcript.clientHeight / 3;
if (wave) draw();
