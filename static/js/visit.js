// The page that a shared link opens: one button, and the agent answers. What a call is, is in
// talk_line.js. Nothing here tells how the call is made, and nothing leads anywhere else.

import { isField, spaceMutes } from "./space.js";
import { hindrance, Line } from "./talk_line.js";
import { button, CLOSED, device, inCall, listDevices, mute, phone, show, shown, showState, watchHidden } from "./talk_page.js";

const find = (id) => document.getElementById(id);
let line = null;
let endsAt = 0; // by this page's clock, once the call has begun

const wishes = () => ({ device: device.value, noiseSuppression: false, autoGainControl: false });

function showWhy(words) {
  find("why").lastElementChild.textContent = words;
  find("why").hidden = !words;
}

async function call() {
  const mine = new Line(phone.dataset.worklet); // now, in the click
  line = mine;
  open();
  try {
    await mine.open(wishes());
    find("headphones").hidden = Boolean(mine.granted.echoCancellation);
    listDevices();
    const rung = await ring();
    if (!rung || line !== mine) return mine.end("");
    follow(mine, rung);
    const proof = new URLSearchParams({ rang: rung.rang });
    mine.begin(rung, { media: `${phone.dataset.media}?${proof}`, echo: `${phone.dataset.echo}?${proof}` });
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
  const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
  const { why, words } = isOurs ? await answer.json() : {};
  close();
  if (why) showWhy(why);
  else if (words) find("not-taken-words").textContent = words;
  show(why ? "" : words ? "not-taken" : "refused");
  return null;
}

function follow(mine, { longest_s: longest }) {
  mine.addEventListener("level", ({ detail }) => {
    if (!endsAt) {
      endsAt = performance.now() + longest * 1000;
      showState("talking");
    }
    find("my-level").value = mine.isMuted ? -60 : detail;
    find("left").textContent = inMinutes(endsAt - performance.now());
  });
  mine.addEventListener("network", () => shown() === "no-network" && show(""));
  mine.addEventListener("back", () => shown() === "reconnecting" && show(""));
  mine.addEventListener("problem", ({ detail }) => show(detail));
  mine.addEventListener("ended", ({ detail }) => {
    if (line !== mine) return;
    const problem = CLOSED[detail] ?? "lost-server";
    if (!problem) showOver(endsAt - performance.now());
    close();
    show(problem);
  });
}

function showOver(leftMs) {
  const how = leftMs > 0 ? "left" : "time up";
  find("was-left").textContent = inMinutes(leftMs);
  for (const each of document.querySelectorAll("[data-over]")) each.hidden = each.dataset.over !== how;
  find("over").hidden = false;
}

function inMinutes(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
}

function open() {
  show("");
  showWhy("");
  showState("connecting");
  endsAt = 0;
  find("left").textContent = "";
  find("over").hidden = button.hidden = true;
  inCall.hidden = false;
  mute.setAttribute("aria-pressed", "false");
  mute.focus();
}

function close() {
  const hadFocus = inCall.contains(document.activeElement) || document.activeElement === document.body;
  line = null;
  inCall.hidden = true;
  button.hidden = false;
  if (hadFocus) button.focus();
}

function toggleMute() {
  line.mute(!line.isMuted);
  mute.setAttribute("aria-pressed", `${line.isMuted}`);
  showState(line.isMuted ? "muted" : "talking");
}

/** The microphone, as it is chosen now. */
function openAnew() {
  line?.change(wishes()).catch(show);
}

phone.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!line) call();
});
mute.addEventListener("click", () => line && endsAt && toggleMute());
find("hang-up").addEventListener("click", () => {
  line?.hangUp();
  if (line) close(); // before it was connected
});
inCall.addEventListener("click", ({ target }) => line && target.dataset.digit && line.press(target.dataset.digit));
spaceMutes({ ends: "hang-up", isInCall: () => line, mayMute: () => endsAt, toggle: toggleMute });
document.addEventListener("keydown", (event) => {
  if (!line || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!isField(event.target) && /^[0-9*#]$/.test(event.key)) line.press(event.key);
});
device.addEventListener("change", openAnew);
addEventListener("offline", () => line && show("no-network"));
navigator.mediaDevices?.addEventListener("devicechange", async () => {
  await listDevices();
  if (line && shown() === "lost-microphone") openAnew(); // it is back, or another one is
});
watchHidden(() => line);
addEventListener("beforeunload", (event) => line && event.preventDefault());
show(hindrance());
button.disabled = Boolean(hindrance());
if (!hindrance()) listDevices();
