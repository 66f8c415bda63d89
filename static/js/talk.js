// The Talk page: one button, and the agent answers. What a call is, is in talk_line.js; what the
// agent does meanwhile, the live page's own socket tells (live.js). Space mutes and never hangs up.

import { look } from "./live.js";
import { endKnobs, showKnobs } from "./talk_knobs.js";
import { Line } from "./talk_line.js";
import { CLOSED, device, inCall, listDevices, phone, serve, show, showBegun, showEnded, shown, showState } from "./talk_page.js";

const live = document.getElementById("live");
const title = document.title;
let line = null;

export function wishes() {
  const isChecked = (name) => document.getElementById(name).checked;
  return { device: device.value, noiseSuppression: isChecked("noise-suppression"), autoGainControl: isChecked("gain") };
}

function showGranted({ echoCancellation }) {
  const granted = echoCancellation === "all" ? "all" : echoCancellation ? "some" : "none";
  for (const each of inCall.querySelectorAll("[data-granted]")) each.hidden = each.dataset.granted !== granted;
}

async function call() {
  const mine = new Line(phone.dataset.worklet); // now, in the click
  line = mine;
  clear();
  try {
    await mine.open(wishes());
    showGranted(mine.granted);
    listDevices();
    const rung = await ring();
    if (!rung || line !== mine) return mine.end("");
    look(rung.pk);
    const page = document.getElementById("call-page");
    page.href = `${phone.dataset.calls}${rung.pk}/`;
    page.hidden = false;
    follow(mine);
    mine.begin(rung, phone.dataset);
    showKnobs(rung.proof);
  } catch (error) {
    const isOver = line !== mine; // hung up while it was being connected
    mine.end("");
    if (isOver) return;
    close();
    show(typeof error === "string" ? error : "lost-server");
    if (typeof error !== "string") throw error;
  }
}

async function ring() {
  const answer = await fetch(phone.dataset.ring, { method: "POST", body: new FormData(phone) });
  if (answer.ok && !answer.redirected) return answer.json();
  const { words } = answer.status === 503 ? await answer.json() : {};
  close();
  if (words) document.getElementById("not-taken-words").textContent = words;
  show(words ? "not-taken" : "refused");
  return null;
}

function follow(mine) {
  mine.addEventListener("level", ({ detail }) => {
    if (!inCall.dataset.since) {
      inCall.dataset.since = performance.now();
      showState("talking");
    }
    document.getElementById("my-level").value = mine.isMuted ? -60 : detail;
  });
  mine.addEventListener("network", ({ detail }) => {
    document.getElementById("network").textContent = Math.round(detail);
    if (shown() === "no-network") show("");
  });
  mine.addEventListener("problem", ({ detail }) => show(detail));
  mine.addEventListener("gap", ({ detail }) => {
    live.dataset.gaps = [live.dataset.gaps, Math.round(detail)].filter(Boolean).join(" ");
    document.getElementById("gaps").textContent = live.dataset.gaps.split(" ").length;
  });
  mine.addEventListener("silenced", ({ detail }) => {
    document.getElementById("heard").hidden = document.getElementById("silenced").hidden = false;
    document.getElementById("silenced-ms").textContent = inMs(detail);
    live.dataset.silenced = [live.dataset.silenced, Math.round(detail)].filter(Boolean).join(" ");
  });
  mine.addEventListener("ended", ({ detail }) => {
    if (line !== mine) return;
    close();
    show(CLOSED[detail] ?? "lost-server");
    document.getElementById("opened-ended").hidden = false;
    document.getElementById("partial").hidden = true;
  });
}

function clear() {
  show("");
  delete inCall.dataset.since;
  for (const name of ["silenced", "gaps"]) delete live.dataset[name];
  document.getElementById("gaps").textContent = 0;
  for (const id of ["heard-turns", "live-turns", "live-calls"]) document.getElementById(id).replaceChildren();
  for (const id of ["heard", "silenced", "opened-ended", "call-page"]) document.getElementById(id).hidden = true;
  document.title = `● ${title}`;
  showBegun();
}

function close() {
  line = null;
  endKnobs();
  document.title = title;
  document.getElementById("my-level").value = -60;
  showEnded();
}

/** The microphone, as it is wished for now. */
function openAnew() {
  line?.change(wishes()).then(() => line && showGranted(line.granted), (problem) => show(problem));
}

/** What was waited for the newest turn, once both ends of it are known. */
function showHeard() {
  const row = live.querySelector("[data-spoke-until]");
  if (!row || !line) return;
  const turn = Number(row.dataset.turnOf);
  const heardMs = line.turnHeardMs(turn);
  if (heardMs === null || document.getElementById(`heard-${turn}`)) return;
  const waited = heardMs - Number(row.dataset.spokeUntil);
  const server = Number(row.dataset.response);
  const network = line.network ?? 0;
  const parts = [waited, server, network, waited - server - network];
  const made = document.getElementById("heard-turn").content.firstElementChild.cloneNode(true);
  made.id = `heard-${turn}`;
  made.querySelector("th").textContent = turn;
  for (const [index, place] of made.querySelectorAll(".ms").entries()) place.textContent = inMs(parts[index]);
  document.getElementById("heard-turns").prepend(made);
  document.getElementById("heard").hidden = false;
}

function inMs(value) {
  return `${Math.round(value).toLocaleString("en")} ms`;
}

serve({
  lineNow: () => line,
  begin: call,
  close,
  mayMute: () => inCall.dataset.since,
  openAnew,
  wishes: ["device", "noise-suppression", "gain"],
});
live.addEventListener("htmx:wsAfterMessage", showHeard);
live.addEventListener("htmx:wsBeforeMessage", ({ detail }) => {
  if (line && detail.message.startsWith("{")) document.getElementById("echo-percent").textContent = JSON.parse(detail.message).echo;
});
setInterval(showHeard, 500);
