// Stepping in to the opened call: the lines for the agent, and the call itself, taken over with this
// browser's microphone. The call decides who holds it (dashboard/stepin/holding.py has the words);
// this page says what it is told. Space mutes and never hands back.
//
// Rules: the microphone is opened first and the call asked after that, so that no caller waits for
// a permission. Sound goes all the time, muted or not: by it the call knows that somebody is there.
// A connection that breaks is made anew for as long as the call waits for it.

import { hearOnlyTheCaller, isListening, listenIn, stopListening } from "./listen.js";
import { spaceMutes } from "./space.js";
import { hindrance, openMicrophone, socketAt } from "./talk_line.js";

const KEEPS_MS = 5000; // so long the call keeps one whose connection has broken
const AGAIN_MS = 300;
const SOON_MS = 1500; // an answer that takes longer: the caller is being told
const ANSWER_MS = 30_000;
const MOST_WAITING = 8000; // bytes, a second: what the network does not take is no longer said
const FINAL = { 4401: "not-allowed", 4403: "not-allowed", 4410: "" };
const stepIn = document.getElementById("step-in");
const take = document.getElementById("take-over");
const bar = document.getElementById("holding");
const mute = document.getElementById("hold-mute");
const level = document.getElementById("hold-level");
const note = document.getElementById("hold-note");
const live = document.getElementById("live");
const title = document.title;
let hold = null;

/** The sentence of this problem, and of no other; "": none. */
function show(problem) {
  for (const each of stepIn.querySelectorAll("[data-problem]")) each.hidden = each.dataset.problem !== problem;
}

function showState(state) {
  for (const each of bar.querySelectorAll("[data-hold]")) each.hidden = each.dataset.hold !== state;
}

class Hold {
  isMuted = false;
  isGranted = false;
  wasListening = isListening();

  constructor() {
    this.context = new AudioContext({ latencyHint: "interactive" }); // now, in the click
    this.context.onstatechange = () => this.context.state === "interrupted" && show("interrupted");
  }

  async open() {
    await this.context.audioWorklet.addModule(stepIn.dataset.worklet);
    this.ear = new AudioWorkletNode(this.context, "microphone", { channelCount: 1, channelCountMode: "explicit" });
    this.ear.port.onmessage = ({ data }) => this.heard(data);
    this.ear.connect(this.context.destination); // which it gives only silence
    await Promise.all([this.context.resume(), this.openMicrophone()]);
  }

  async openMicrophone() {
    const microphone = await openMicrophone({ noiseSuppression: true, autoGainControl: true });
    const [track] = microphone.getAudioTracks();
    if (this.isOver) return track.stop();
    track.onended = () => this.lost();
    track.onmute = () => show("silent-microphone");
    track.onunmute = () => show("");
    track.enabled = !this.isMuted;
    this.track = track;
    this.source?.disconnect();
    this.source = this.context.createMediaStreamSource(microphone);
    this.source.connect(this.ear);
  }

  lost() {
    show("lost-microphone");
    this.track = null;
  }

  /** A device has come or gone: perhaps the one that is missing. */
  async tryMicrophone() {
    if (this.track || !this.ear) return;
    await this.openMicrophone().then(() => show(""), () => {});
  }

  heard({ frame, level: db }) {
    level.value = this.isMuted || !this.track ? -60 : db;
    const [first] = this.waiting ?? [];
    if (!first) return (this.waiting = [frame]);
    this.waiting = [];
    if (!this.isGranted || this.socket.readyState !== WebSocket.OPEN) return null;
    if (this.socket.bufferedAmount > MOST_WAITING) return null;
    const both = new Uint8Array(first.length + frame.length);
    both.set(first);
    both.set(frame, first.length);
    return this.socket.send(both);
  }

  ask() {
    const socket = socketAt(`${stepIn.dataset.hold}${this.isGranted ? "?again" : ""}`);
    this.socket = socket;
    const waits = [
      setTimeout(() => this.isGranted || this.isOver || showState("notice"), SOON_MS),
      setTimeout(() => socket.close(), this.isGranted ? KEEPS_MS : ANSWER_MS),
    ];
    const answered = () => waits.forEach(clearTimeout);
    socket.onmessage = ({ data }) => {
      answered();
      if (!this.isOver) this.answered(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      answered();
      if (!this.isOver) this.broken(code);
    };
  }

  answered({ event, by, why }) {
    if (event === "granted") this.granted();
    else if (event === "refused") this.refused(by, why);
    else if (event === "over") end({ "handed back": "handed-back", lost: "lost" }[why] ?? "");
  }

  granted() {
    this.isGranted = true;
    this.brokenAt = null;
    showState(this.isMuted ? "muted" : "speaking");
    document.title = `● ${title}`;
    hearOnlyTheCaller(true);
    if (!isListening()) listenIn();
  }

  refused(by, why) {
    document.getElementById("refused-by").textContent = by;
    document.getElementById("refused-why").textContent = why;
    end(by ? "held" : this.isGranted ? "lost" : "not-now");
  }

  broken(code) {
    if (code in FINAL) return end(FINAL[code]);
    if (!this.isGranted) return end("no-answer");
    this.brokenAt ??= performance.now();
    if (performance.now() - this.brokenAt > KEEPS_MS) return end("lost");
    showState("again");
    return setTimeout(() => this.isOver || this.ask(), AGAIN_MS);
  }

  mute(isMuted) {
    this.isMuted = isMuted;
    if (this.track) this.track.enabled = !isMuted;
    mute.setAttribute("aria-pressed", `${isMuted}`);
    if (!this.brokenAt) showState(isMuted ? "muted" : "speaking");
  }

  handBack() {
    if (this.isGranted && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ hand_back: note.value }));
    } else end(""); // nothing was granted, or the call goes on by itself
  }

  close() {
    this.isOver = true;
    if (this.track) {
      this.track.onended = null;
      this.track.stop();
    }
    if (this.ear) this.ear.port.onmessage = null;
    this.socket?.close();
    this.context.close();
  }
}

async function takeOver() {
  const mine = new Hold();
  hold = mine;
  show("");
  showState("microphone");
  live.classList.add("is-holding");
  bar.hidden = false;
  mute.setAttribute("aria-pressed", "false");
  mute.focus();
  try {
    await mine.open();
    if (mine.isOver) return;
    showState("asking");
    mine.ask();
  } catch (problem) {
    if (mine.isOver) return;
    end(typeof problem === "string" ? problem : "no-answer");
    if (typeof problem !== "string") throw problem;
  }
}

function end(problem) {
  const { wasListening } = hold;
  hold.close();
  hold = null;
  const hadFocus = bar.contains(document.activeElement);
  live.classList.remove("is-holding");
  bar.hidden = true;
  level.value = -60;
  note.value = "";
  document.title = title;
  hearOnlyTheCaller(false);
  if (!wasListening) stopListening();
  show(problem);
  if (hadFocus) (take.isConnected ? take : document.getElementById("live-title")).focus();
}

/** A line is off while nobody would say or follow it, and says why. */
function showLines() {
  const row = document.getElementById(`live-${live.dataset.look}`);
  if (!row || !stepIn.isConnected) return;
  const isHeld = "heldBy" in row.dataset;
  for (const [kind, isOn] of [["whisper", "takesWhispers" in row.dataset], ["say", !isHeld]]) {
    const line = document.getElementById(kind);
    line.querySelector("[data-on]").hidden = !isOn;
    line.querySelector("[data-off]").hidden = isOn;
    for (const each of line.querySelectorAll("input, button")) each.disabled = !isOn;
  }
}

if (stepIn) {
  live.addEventListener("htmx:wsAfterMessage", showLines);
  stepIn.addEventListener("htmx:afterSwap", showLines);
}
if (stepIn && take) {
  show(hindrance());
  take.disabled = Boolean(hindrance());
  take.addEventListener("click", () => hold || takeOver());
  mute.addEventListener("click", () => hold.mute(!hold.isMuted));
  document.getElementById("hand-back-form").addEventListener("submit", (event) => {
    event.preventDefault();
    hold?.handBack();
  });
  spaceMutes({ ends: "hand-back", isInCall: () => hold, mayMute: () => hold.isGranted, toggle: () => hold.mute(!hold.isMuted) });
  navigator.mediaDevices?.addEventListener("devicechange", () => hold?.tryMicrophone());
  addEventListener("beforeunload", (event) => hold?.isGranted && event.preventDefault());
}
