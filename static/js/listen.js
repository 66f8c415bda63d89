// Listening in on the opened call: a click begins it, the red bar stays until it has stopped.
// Every message is stereo mu-law at 8 kHz; each is confirmed, so that the server drops what a slow
// browser would only pile up. Who speaks to the caller hears only the caller: the other side is
// their own voice.

const listen = document.getElementById("listen");
const bar = document.getElementById("listening");
const stop = document.getElementById("stop-listening");
const over = document.getElementById("not-listening");
const RATE = 8000;
let context = null;
let socket = null;
let player = null;
let isCallerOnly = false;

export async function listenIn() {
  listen.disabled = true;
  over.hidden = true;
  const mine = new AudioContext({ sampleRate: RATE });
  context = mine;
  await mine.audioWorklet.addModule(listen.dataset.worklet);
  if (context !== mine) return; // stopped meanwhile
  player = new AudioWorkletNode(mine, "listen", { numberOfInputs: 0, outputChannelCount: [2] });
  player.port.postMessage({ isCallerOnly });
  player.connect(mine.destination);
  player.port.onmessage = ({ data }) => {
    // What was really played, for whoever wants to know: messages and the loudest sample of a side.
    Object.assign(bar.dataset, { played: data.played, caller: data.loudest[0], agent: data.loudest[1] });
  };
  socket = new WebSocket(new URL(listen.dataset.address, location.href.replace(/^http/, "ws")));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    bar.hidden = false;
    if (!isCallerOnly) stop.focus();
  };
  socket.onmessage = ({ data }) => {
    player.port.postMessage(data, [data]);
    socket.send("1");
  };
  socket.onclose = () => stopListening(false);
}

export function stopListening(isAsked = true) {
  if (!context) return;
  if (socket) {
    socket.onopen = socket.onclose = null;
    socket.close();
  }
  context.close();
  socket = context = player = null;
  const hadFocus = bar.contains(document.activeElement);
  bar.hidden = true;
  over.hidden = isAsked;
  listen.disabled = false;
  if (hadFocus) (listen.isConnected ? listen : document.getElementById("live-title")).focus();
}

export function isListening() {
  return context !== null;
}

export function hearOnlyTheCaller(isSo) {
  isCallerOnly = isSo;
  player?.port.postMessage({ isCallerOnly });
}

listen?.addEventListener("click", listenIn);
stop?.addEventListener("click", () => stopListening());
