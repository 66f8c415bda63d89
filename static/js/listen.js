// Listening in on the opened call: a click begins it, the red bar stays until it has stopped.
// Every message is stereo mu-law at 8 kHz; each is confirmed, so that the server drops what a slow
// browser would only pile up.

const listen = document.getElementById("listen");
const bar = document.getElementById("listening");
const over = document.getElementById("not-listening");
const RATE = 8000;
let context = null;
let socket = null;

async function begin() {
  listen.disabled = true;
  over.hidden = true;
  context = new AudioContext({ sampleRate: RATE });
  await context.audioWorklet.addModule(listen.dataset.worklet);
  const player = new AudioWorkletNode(context, "listen", { numberOfInputs: 0, outputChannelCount: [2] });
  player.connect(context.destination);
  player.port.onmessage = ({ data }) => {
    // What was really played, for whoever wants to know: messages and the loudest sample of a side.
    Object.assign(bar.dataset, { played: data.played, caller: data.loudest[0], agent: data.loudest[1] });
  };
  socket = new WebSocket(new URL(listen.dataset.address, location.href.replace(/^http/, "ws")));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { bar.hidden = false; document.getElementById("stop-listening").focus(); };
  socket.onmessage = ({ data }) => {
    player.port.postMessage(data, [data]);
    socket.send("1");
  };
  socket.onclose = () => end(false);
}

function end(isAsked) {
  if (!socket) return;
  socket.onclose = null;
  socket.close();
  context.close();
  socket = context = null;
  const hadFocus = bar.contains(document.activeElement);
  bar.hidden = true;
  over.hidden = isAsked;
  listen.disabled = false;
  if (hadFocus) (listen.isConnected ? listen : document.getElementById("live-title")).focus();
}

listen?.addEventListener("click", begin);
document.getElementById("stop-listening")?.addEventListener("click", () => end(true));
