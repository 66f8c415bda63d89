// A live section: its seconds tick, its focus survives a swap, and once the connection is lost it
// says since when it is frozen. Nothing stale looks live.

const SIGN_IN_FIRST = 4401;
const OUT_OF_DATE = 4503;
const AGAIN_MS = 2000;
const live = document.getElementById("live");
const frozen = document.getElementById("frozen");
const started = new WeakMap();
let focused = "";

// Not every page at once, and none later than 10 s after the server is back.
htmx.config.wsReconnectDelay = (tries) => Math.min(1000 * 2 ** tries, 10_000) * Math.random();

function tick() {
  if (live.classList.contains("is-frozen")) return;
  for (const clock of live.querySelectorAll("[data-seconds]")) {
    if (!started.has(clock)) started.set(clock, performance.now() - clock.dataset.seconds * 1000);
    const seconds = Math.floor((performance.now() - started.get(clock)) / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

live.addEventListener("htmx:wsOpen", () => {
  live.classList.remove("is-frozen");
  frozen.hidden = true;
});

live.addEventListener("htmx:wsClose", (event) => {
  if (event.detail.event.code === SIGN_IN_FIRST) return location.reload();
  // After any other end hx-ws connects again by itself.
  if (event.detail.event.code === OUT_OF_DATE) setTimeout(event.detail.socketWrapper.reconnect, AGAIN_MS);
  if (live.classList.contains("is-frozen")) return;
  const now = new Date().toLocaleTimeString("en-GB");
  const time = Object.assign(document.createElement("bdi"), { dir: "ltr", textContent: now });
  const [before, after] = live.dataset.frozen.split("{time}");
  frozen.replaceChildren(before, time, after);
  frozen.hidden = false;
  live.classList.add("is-frozen");
});

live.addEventListener("htmx:wsBeforeMessage", () => {
  focused = live.contains(document.activeElement) ? document.activeElement.id : "";
});

live.addEventListener("htmx:wsAfterMessage", () => {
  tick();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
});

setInterval(tick, 250);
