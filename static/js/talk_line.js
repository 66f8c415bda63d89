// A call from this browser: its microphone, its loudspeaker and its wire (the words are those of
// calls/telephony/browser/messages.py). It knows nothing of the page: what happens are events.
//
//   level      detail: dB of the latest 20 ms           silenced   detail: ms from voice to silence
//   network    detail: ms to the server and back        problem    detail: its name; "": over
//   gap        detail: ms of silence inside a reply     ended      detail: how the wire ended, or
//                                                                  "bye" or "hung up"
//
// Every moment is told by one clock, the audio's: in ms of the stream, which begins with the first
// sample of the microphone.

import { socketAt, Wire } from "./talk_wire.js";

export { socketAt };

const VOICE_DB = -45;
const NEW_VOICE_MS = 400; // after so much silence a voice begins anew
const PING_MS = 1000;
const PINGS = 30;
const NO_ANSWER_MS = 1500;
const SOUND_MS = 5000; // for the device to begin
const LOST_MS = 5000; // without an answer, whatever the socket says: try another

/** What keeps a browser from being a telephone at all; "": nothing. */
export function hindrance() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return "old-browser";
  return "";
}

const REFUSALS = {
  NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "no-microphone",
  OverconstrainedError: "no-microphone", NotReadableError: "microphone-busy", AbortError: "microphone-busy",
};

/** Throws the name of a problem. `wishes`: device, noiseSuppression, autoGainControl. */
export async function openMicrophone({ device, ...wishes }) {
  // "all": what the whole machine plays, the agent too. Who does not know the word takes it for yes.
  const audio = { channelCount: 1, echoCancellation: { ideal: "all" }, ...wishes };
  if (device) audio.deviceId = { exact: device };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw REFUSALS[error.name] ?? "microphone-busy";
  }
}

function tooLate(ms, problem) {
  return new Promise((_done, fail) => { setTimeout(() => fail(problem), ms); });
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

export class Line extends EventTarget {
  /** To be called in a click: only then may a page make a sound. */
  constructor(worklet) {
    super();
    this.worklet = worklet;
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.isMuted = false;
    this.pings = [];
    this.sounds = 0; // that came
    this.firstSound = new Map(); // the first one of each turn
    this.heardAt = new Map(); // when it was heard: context time at the loudspeaker
    this.voiceFrom = this.voiceUntil = -Infinity;
    this.context.onstatechange = () => {
      if (this.began === undefined || !this.context) return;
      this.tell("problem", this.context.state === "running" ? "" : "interrupted"); // or "suspended"
    };
  }

  async open(wishes) {
    const given = await openMicrophone(wishes);
    if (!this.context) { // hung up meanwhile
      for (const track of given.getTracks()) track.stop();
      throw "";
    }
    this.adopt(given);
    const resumed = Promise.race([this.context.resume(), tooLate(SOUND_MS, "no-sound")]);
    await Promise.all([this.context.audioWorklet.addModule(this.worklet), resumed]);
    this.loudspeaker = new AudioWorkletNode(this.context, "loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.loudspeaker.port.onmessage = ({ data }) => this.played(data);
    this.loudspeaker.connect(this.context.destination);
  }

  adopt(microphone) {
    const [track] = microphone.getAudioTracks();
    track.onended = () => this.tell("problem", "lost-microphone");
    track.onmute = () => this.tell("problem", "silent-microphone");
    track.onunmute = () => this.tell("problem", "");
    track.enabled = !this.isMuted;
    this.granted = track.getSettings();
    this.microphone = microphone;
  }

  /** Another microphone, or other wishes, in mid-call. Throws the name of a problem. */
  async change(wishes) {
    const before = this.microphone;
    const given = await openMicrophone(wishes);
    for (const track of (this.context ? before : given).getTracks()) { track.onended = null; track.stop(); }
    if (!this.context) return; // it has ended meanwhile
    this.adopt(given);
    if (this.ear) this.connect();
    this.tell("problem", "");
  }

  connect() {
    this.source?.disconnect();
    this.source = this.context.createMediaStreamSource(this.microphone);
    this.source.connect(this.ear);
  }

  /** `rung`: what the server answered when the call rang. */
  begin(rung, { media, echo }) {
    this.echoPath = echo;
    this.wire = new Wire(media, rung, {
      opened: () => {
        this.say({ event: "start", call: rung.call, stream: `${rung.call}-1`, token: rung.token });
        this.listen();
      },
      took: (text) => this.take(JSON.parse(text)),
      lost: () => this.tell("problem", "reconnecting"),
      back: () => {
        this.openEcho();
        this.tell("problem", "");
      },
      ended: (how) => this.end(how),
    });
    this.openEcho();
    this.pinging = setInterval(() => this.ping(), PING_MS);
  }

  openEcho() {
    this.echo?.close();
    const echo = this.echo = socketAt(this.echoPath);
    this.askedAt = performance.now(); // the oldest ping that nobody has answered; null: none
    echo.onmessage = ({ data }) => {
      if (echo !== this.echo) return;
      this.askedAt = null;
      this.pings = [...this.pings, performance.now() - Number(data)].slice(-PINGS);
      this.tell("network", this.network);
    };
    echo.onopen = () => {
      this.askedAt = null;
      this.ping();
    };
  }

  ping() {
    this.loudspeaker.port.postMessage({ latency: this.outputLatency });
    if (!this.wire.isUp) return;
    const now = performance.now();
    const unanswered = this.askedAt === null ? 0 : now - this.askedAt;
    if (this.echo.readyState === WebSocket.CLOSED) this.openEcho();
    else if (this.echo.readyState === WebSocket.OPEN) {
      this.askedAt ??= now;
      this.echo.send(`${now}`);
      if (unanswered > LOST_MS) return this.wire.isSilent();
    }
    if (unanswered > NO_ANSWER_MS) this.tell("problem", "no-network");
  }

  get network() {
    return this.pings.length ? median(this.pings) : null;
  }

  get outputLatency() {
    return this.context.outputLatency || this.context.baseLatency || 0;
  }

  /** Sends the microphone from now on. */
  listen() {
    this.ear = new AudioWorkletNode(this.context, "microphone", { channelCount: 1, channelCountMode: "explicit" });
    this.ear.port.onmessage = ({ data }) => this.heard(data);
    this.ear.connect(this.context.destination); // which it gives only silence
    this.connect();
    this.loudspeaker.port.postMessage({ latency: this.outputLatency });
  }

  heard({ frame, at, began, level }) {
    this.began ??= began;
    if (level > VOICE_DB) {
      if (at - this.voiceUntil > NEW_VOICE_MS) this.voiceFrom = at;
      this.voiceUntil = at;
    }
    this.tell("level", level);
    this.wire.say(`{"event":"media","at":${at},"audio":"${btoa(String.fromCharCode(...frame))}"}`);
  }

  take(message) {
    const { port } = this.loudspeaker;
    if (message.event === "media") {
      const sound = Uint8Array.from(atob(message.audio), (each) => each.charCodeAt(0));
      this.sounds += 1;
      port.postMessage({ id: this.sounds, sound }, [sound.buffer]);
    } else if (message.event === "mark") {
      const first = /^(\d+):0:1$/.exec(message.name); // it follows the first sound of a turn
      if (first) this.firstSound.set(Number(first[1]), this.sounds);
      port.postMessage({ mark: message.name });
    } else if (message.event === "clear") {
      port.postMessage({ clear: true });
    } else if (message.event === "bye") {
      this.farewell = "bye";
    }
  }

  played({ mark, sound, at, gap, silentAt, wasHeard }) {
    if (mark) this.say({ event: "mark", name: mark });
    if (sound) this.heardAt.set(sound, at + this.outputLatency);
    if (gap) this.tell("gap", gap);
    if (silentAt && wasHeard && this.began !== undefined) {
      const took = this.streamMs(silentAt + this.outputLatency) - this.voiceFrom;
      if (took < 2000) this.tell("silenced", took);
    }
  }

  streamMs(contextTime) {
    return (contextTime - this.began) * 1000;
  }

  /** When, in ms of the stream, a turn's first audible sound left the loudspeaker; null: not yet. */
  turnHeardMs(turn) {
    const first = this.firstSound.get(turn);
    const next = Math.min(...[...this.firstSound.values()].filter((each) => each > first), Infinity);
    const sound = [...this.heardAt.keys()].find((each) => each >= first && each < next);
    return sound === undefined ? null : this.streamMs(this.heardAt.get(sound));
  }

  mute(isMuted) {
    this.isMuted = isMuted;
    for (const track of this.microphone.getAudioTracks()) track.enabled = !isMuted;
  }

  press(key) {
    this.say({ event: "key", key });
  }

  say(message) {
    this.wire?.say(JSON.stringify(message));
  }

  hangUp() {
    this.farewell = "hung up";
    this.say({ event: "stop" });
    this.end("hung up");
  }

  /** Once; whoever ends it, and `how`. */
  end(how) {
    const { context } = this;
    if (!context) return;
    this.context = null;
    clearInterval(this.pinging);
    for (const track of this.microphone?.getTracks() ?? []) { track.onended = null; track.stop(); }
    this.wire?.end(how);
    this.echo?.close();
    for (const node of [this.ear, this.loudspeaker]) if (node) node.port.onmessage = null;
    context.close();
    this.tell("ended", this.farewell ?? how);
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
