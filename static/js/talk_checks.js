// The test on the Talk page: five ticks, or what to do. Tones are listened for twice: as they are,
// to know that the loudspeaker sounds, and with the call's echo cancellation, to know what is left.

import { hindrance, median, openMicrophone } from "./talk_line.js";
import { socketAt } from "./talk_wire.js";
import { wishes } from "./talk.js";
import { listDevices } from "./talk_page.js";

const TONE_HZ = 1000;
const VOICE_DB = -50;
const ABOVE_ROOM_DB = 15; // so much more of the tone than before it: it is heard
const FAST_MS = 150;
const MESSAGES = 25;
const phone = document.getElementById("phone");
const start = document.getElementById("check");
const SIGNS = { ok: "✓", unsure: "≈", bad: "✕", busy: "…", skipped: "–" };

function show(name, result) {
  const row = document.querySelector(`[data-check="${name}"]`);
  row.className = `state ${result}`;
  row.dataset.sign = SIGNS[result] ?? "";
  for (const each of row.querySelectorAll("[data-result]")) each.hidden = each.dataset.result !== result;
}

const after = (ms) => new Promise((done) => setTimeout(done, ms));

/** An ear at a microphone: its loudness, and how much of the tone it hears, in dB. */
function earOf(context, stream) {
  const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const sound = new Float32Array(analyser.fftSize);
  const bins = new Float32Array(analyser.frequencyBinCount);
  return {
    loudness() {
      analyser.getFloatTimeDomainData(sound);
      return 10 * Math.log10(sound.reduce((sum, each) => sum + each * each, 0) / sound.length + 1e-10);
    },
    tone() {
      analyser.getFloatFrequencyData(bins);
      return bins[Math.round((TONE_HZ / context.sampleRate) * analyser.fftSize)];
    },
  };
}

async function loudest(measure, ms) {
  let most = -Infinity;
  for (const until = performance.now() + ms; performance.now() < until; await after(40)) most = Math.max(most, measure());
  return most;
}

/** How far the tone stands out of the room; negative: not at all. */
async function toneHeard(context, ear) {
  await after(150);
  const before = await loudest(ear.tone, 400);
  const tone = new OscillatorNode(context, { frequency: TONE_HZ });
  const volume = new GainNode(context, { gain: 0.2 });
  tone.connect(volume).connect(context.destination);
  tone.start();
  const heard = await loudest(ear.tone, 900);
  tone.stop();
  return heard - Math.max(before, -100);
}

async function opened(context, given, use) {
  const stream = await openMicrophone(given);
  try {
    return await use(earOf(context, stream));
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

async function roundTrip() {
  const socket = socketAt(phone.dataset.echo);
  const took = [];
  socket.onmessage = ({ data }) => took.push(performance.now() - Number(data));
  await Promise.race([new Promise((done) => { socket.onopen = done; }), after(3000)]);
  for (let sent = 0; socket.readyState === WebSocket.OPEN && sent < MESSAGES; sent += 1) {
    socket.send(`${performance.now()}`);
    await after(20);
  }
  await after(300);
  socket.close();
  return took;
}

async function checkAll() {
  for (const row of document.querySelectorAll("[data-check]")) show(row.dataset.check, "");
  show("browser", hindrance() ? "bad" : "ok");
  if (hindrance()) return;
  const context = new AudioContext();
  try {
    show("round-trip", "busy");
    const took = await roundTrip();
    document.getElementById("round-trip").textContent = took.length ? `${Math.round(median(took))} ms (${took.length}/${MESSAGES})` : "";
    show("round-trip", !took.length ? "bad" : median(took) > FAST_MS || took.length < MESSAGES ? "unsure" : "ok");
    show("microphone", "busy");
    const loudness = await opened(context, wishes(), (ear) => loudest(ear.loudness, 4000));
    show("microphone", loudness > VOICE_DB ? "ok" : "unsure");
    listDevices();
    show("loudspeaker", "busy");
    const plain = { ...wishes(), echoCancellation: false };
    const played = await opened(context, plain, (ear) => toneHeard(context, ear));
    const isRunning = context.state === "running" && context.currentTime > 0;
    show("loudspeaker", !isRunning ? "bad" : played > ABOVE_ROOM_DB ? "ok" : "unsure");
    show("echo", "busy");
    const left = await opened(context, wishes(), (ear) => toneHeard(context, ear));
    show("echo", left > ABOVE_ROOM_DB ? "unsure" : "ok");
  } catch (problem) {
    if (typeof problem !== "string") throw problem;
    show("microphone", "bad");
    for (const name of ["loudspeaker", "echo"]) show(name, "skipped");
  } finally {
    context.close();
  }
}

start.addEventListener("click", async () => {
  start.disabled = true;
  await checkAll();
  start.disabled = false;
});
