// A live section: its seconds tick, its focus survives a swap, and once the connection is lost it
// says since when it is frozen. Nothing stale looks live. The silence is counted on between two
// pieces of news; updates can be paused, and what came meanwhile is then asked for as a whole. What
// comes as JSON is the details of the one call that the page has opened.

const SIGN_IN_FIRST = 4401;
const OUT_OF_DATE = 4503;
const AGAIN_MS = 2000;
const live = document.getElementById("live");
const frozen = document.getElementById("frozen");
const started = new WeakMap();
const pause = document.getElementById("pause");
const opened = document.getElementById("opened");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const counted = new WeakMap();
const ENDED_STAYS_MS = 8000;
let focused = "";
let socket = null;
let waiting = null; // how many changes wait; null: updates are not paused

// Not every page at once, and none later than 10 s after the server is back.
htmx.config.wsReconnectDelay = (tries) => Math.min(1000 * 2 ** tries, 10_000) * Math.random();

function isStill() {
  return live.classList.contains("is-frozen") || waiting !== null;
}

function countSilence(now) {
  for (const row of live.querySelectorAll("[data-silence]")) {
    if (!counted.has(row)) counted.set(row, now - row.dataset.silence);
    const silence = Math.min(now - counted.get(row), row.dataset.asked);
    row.querySelector("progress").value = silence;
    row.querySelector(".so-far").textContent = (silence / 1000).toFixed(1);
  }
}

function draw(now) {
  if (!isStill() && !calm.matches) countSilence(now);
  requestAnimationFrame(draw);
}

function show(details) {
  const [caller, agent] = details.levels;
  document.getElementById("caller-level").value = caller;
  document.getElementById("agent-level").value = agent;
  const partial = document.getElementById("partial");
  partial.textContent = details.partial;
  partial.hidden = !details.partial;
}

function showEnd(row) {
  if (opened && row.dataset.ended === live.dataset.look) {
    document.getElementById("opened-ended").hidden = false;
    for (const id of ["listen", "step-in", "held-now"]) {
      const gone = document.getElementById(id);
      if (gone?.contains(document.activeElement)) document.getElementById("live-title").focus();
      gone?.remove();
    }
    document.getElementById("partial").hidden = true;
    for (const meter of opened.querySelectorAll("meter")) meter.value = -60;
  }
  setTimeout(() => {
    if (row.contains(document.activeElement)) document.getElementById("live-title").focus();
    row.remove();
  }, ENDED_STAYS_MS);
}

/** Who speaks with the caller of the opened call; said anew only when that changes. */
function showHeld(row) {
  const held = document.getElementById("held-now");
  const shown = row.querySelector(".held");
  const by = shown ? `${row.dataset.heldBy} ${"isHeld" in row.dataset}` : "";
  if (!held || held.dataset.by === by) return;
  held.dataset.by = by;
  held.hidden = !shown;
  held.replaceChildren(...(shown ? [shown.cloneNode(true)] : []));
}

function tick() {
  if (isStill()) return;
  for (const clock of live.querySelectorAll("[data-seconds]")) {
    if (!started.has(clock)) started.set(clock, performance.now() - clock.dataset.seconds * 1000);
    const seconds = Math.floor((performance.now() - started.get(clock)) / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

live.addEventListener("htmx:wsOpen", (event) => {
  socket = event.detail.socketWrapper;
  if (live.dataset.look) socket.send(JSON.stringify({ look: Number(live.dataset.look) }));
  live.classList.remove("is-frozen");
  frozen.hidden = true;
});

live.addEventListener("htmx:wsClose", (event) => {
  if (event.detail.event.code === SIGN_IN_FIRST) return location.reload();
  // After any other end hx-ws connects again by itself.
  if (event.detail.event.code === OUT_OF_DATE) setTimeout(event.detail.socketWrapper.reconnect, AGAIN_MS);
  if (live.classList.contains("is-frozen")) return;
  const now = new Date().toLocaleTimeString("en-GB", { timeZone: document.body.dataset.zone });
  const time = Object.assign(document.createElement("bdi"), { dir: "ltr", textContent: now });
  const [before, after] = live.dataset.frozen.split("{time}");
  frozen.replaceChildren(before, time, after);
  frozen.hidden = false;
  live.classList.add("is-frozen");
});

live.addEventListener("htmx:wsBeforeMessage", (event) => {
  const isDetails = event.detail.message.startsWith("{");
  if (waiting !== null) {
    event.preventDefault();
    if (isDetails) return;
    waiting += 1;
    document.getElementById("waiting-changes").textContent = waiting;
    return;
  }
  if (isDetails) {
    event.preventDefault();
    show(JSON.parse(event.detail.message));
    return;
  }
  focused = live.contains(document.activeElement) ? document.activeElement.id : "";
});

live.addEventListener("htmx:wsAfterMessage", () => {
  const row = live.querySelector(`#live-${live.dataset.look}`);
  if (opened && row) {
    markOpened();
    showHeld(row);
  }
  tick();
  for (const ended of live.querySelectorAll("[data-ended]:not([data-seen])")) {
    ended.dataset.seen = "yes";
    showEnd(ended);
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
});

/** Open another call than the one that the page came with. */
export function look(pk) {
  live.dataset.look = pk;
  socket?.send(JSON.stringify({ look: pk }));
}

function markOpened() {
  document.getElementById(`live-link-${live.dataset.look}`)?.setAttribute("aria-current", "true");
}

pause?.addEventListener("click", () => {
  const words = pause.textContent;
  pause.textContent = pause.dataset.goOn;
  pause.dataset.goOn = words;
  const isPaused = waiting === null;
  waiting = isPaused ? 0 : null;
  document.getElementById("waiting-changes").textContent = 0;
  document.getElementById("paused").hidden = !isPaused;
  live.classList.toggle("is-paused", isPaused);
  if (!isPaused) socket?.send(JSON.stringify({ again: true }));
});

setInterval(tick, 250);
setInterval(() => calm.matches && !isStill() && countSilence(performance.now()), 500);
requestAnimationFrame(draw);
