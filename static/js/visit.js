// The page that a shared link opens: one button, and the agent answers. What a call is, is in
// talk_line.js. Nothing here tells how the call is made, and nothing leads anywhere else.

import { inMinutes } from "./minutes.js";
import { Line } from "./talk_line.js";
import { CLOSED, device, listDevices, phone, serve, show, showBegun, showEnded, shown, showState } from "./talk_page.js";

const find = (id) => document.getElementById(id);
let line = null;
let endsAt = 0; // by this page's clock, once the call has begun

const LOOK_AGAIN_MS = 3000; // a call that is just over still holds the day's time

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
  if (why) {
    showWhy(why);
    lookAtLink();
  } else if (words) find("not-taken-words").textContent = words;
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
    showLeft(endsAt - performance.now());
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
    lookAtLink();
  });
}

/** A call in which a person speaks outlasts its time, and nobody tells this page for how long. */
function showLeft(leftMs) {
  find("left").textContent = timeIn(leftMs);
  find("is-left").hidden = leftMs <= 0;
  find("time-up").hidden = leftMs > 0;
}

function showOver(leftMs) {
  find("was-left").textContent = timeIn(leftMs);
  showHow(leftMs > 0 ? "left" : "time up");
  find("over").hidden = false;
}

function showHow(how) {
  for (const each of document.querySelectorAll("[data-over]")) each.hidden = each.dataset.over !== how;
}

async function stateOfLink() {
  try {
    return await (await fetch(phone.dataset.state)).json();
  } catch {
    return {}; // no network, or no server: whoever calls is told
  }
}

/** A link that gives no call now says so, and offers no button that cannot work. */
async function lookAtLink() {
  for (const waitMs of [0, LOOK_AGAIN_MS]) {
    await new Promise((done) => { setTimeout(done, waitMs); });
    const { why, isFinal } = await stateOfLink();
    if (!why || line) return;
    if (!isFinal && !waitMs) continue;
    showHow("closed");
    showWhy(why);
    phone.hidden = true;
    return;
  }
}

function timeIn(ms) {
  return inMinutes(Math.max(0, Math.ceil(ms / 1000)));
}

function open() {
  show("");
  showWhy("");
  endsAt = 0;
  find("left").textContent = "";
  find("is-left").hidden = false;
  find("over").hidden = find("time-up").hidden = true;
  showBegun();
}

function close() {
  line = null;
  showEnded();
}

serve({
  lineNow: () => line,
  begin: call,
  close,
  mayMute: () => endsAt,
  openAnew: () => line?.change(wishes()).catch(show),
  wishes: ["device"],
});
