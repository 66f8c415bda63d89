// Callers who ask for a person: counted in the page's title, and told to who wished it, each of them
// once: as the browser's notification where nobody looks at the page, else by the block itself.
// A sound comes only if it was asked for, and that is not remembered: a browser plays none before
// somebody has clicked.

const AGAIN_MS = 10_000; // who was gone for less was only shown anew, as after a reconnection
const NOTIFIES = "notify of callers asking for a person";
const live = document.getElementById("live");
const wishes = document.getElementById("call-me");
const notify = document.getElementById("notify");
const sound = document.getElementById("sound");
const title = document.title;
const seen = new Map();
const ends = new WeakMap();
const open = new Map();
let audio = null;

function isOn(button) {
  return button?.getAttribute("aria-pressed") === "true";
}

function press(button, on) {
  button.setAttribute("aria-pressed", on);
}

function remembered() {
  try {
    return localStorage.getItem(NOTIFIES) === "on";
  } catch {
    return false;
  }
}

function remember(on) {
  try {
    localStorage.setItem(NOTIFIES, on ? "on" : "off");
  } catch {
    // Storage is switched off: it holds for this page.
  }
}

function say(problem) {
  document.getElementById("call-me-problem").textContent = problem;
}

async function askToNotify() {
  if (!("Notification" in window)) return say(wishes.dataset.missing);
  const permission = await Notification.requestPermission();
  const may = permission === "granted";
  say(may ? "" : wishes.dataset.blocked);
  press(notify, may);
  remember(may);
}

function beep() {
  const now = audio.currentTime;
  for (const [at, pitch] of [[0, 660], [0.18, 880]]) {
    const [tone, level] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0.15, now + at);
    level.gain.exponentialRampToValueAtTime(0.001, now + at + 0.16);
    tone.connect(level).connect(audio.destination);
    tone.start(now + at);
    tone.stop(now + at + 0.17);
  }
}

/** On the screens of who may step in; the number is masked, and nothing else of the call is told. */
function tell(row) {
  if (isOn(sound)) beep();
  const isSeen = document.visibilityState === "visible" && document.hasFocus();
  if (isSeen || !isOn(notify) || Notification.permission !== "granted") {
    row.classList.add("is-new");
    const caller = Object.assign(document.createElement("bdi"), { dir: "ltr", textContent: row.dataset.caller });
    document.getElementById("wanted-news").replaceChildren(`${wishes.dataset.title}: `, caller);
    return;
  }
  const { lang, dir } = document.documentElement;
  const body = row.dataset.caller;
  const tag = `hevoice-person-${row.dataset.wanted}`;
  const shown = new Notification(wishes.dataset.title, { body, tag, lang, dir });
  const address = row.querySelector("a").href;
  shown.onclick = () => {
    window.focus();
    shown.close();
    location.assign(address);
  };
  open.set(row.dataset.wanted, shown);
}

function look() {
  const now = performance.now();
  const rows = [...document.querySelectorAll("[data-wanted]")];
  const asking = new Set(rows.map((row) => row.dataset.wanted));
  document.title = rows.length ? `(${rows.length}) ${title}` : title;
  for (const row of rows) {
    const isNew = now - (seen.get(row.dataset.wanted) ?? -Infinity) > AGAIN_MS;
    seen.set(row.dataset.wanted, now);
    if (isNew && wishes) tell(row);
  }
  for (const [pk, shown] of open) {
    if (asking.has(pk)) continue;
    shown.close(); // somebody came, nobody did, or the caller hung up
    open.delete(pk);
  }
}

function countDown() {
  if (live.classList.contains("is-frozen") || live.classList.contains("is-paused")) return;
  const now = performance.now();
  for (const left of document.querySelectorAll("[data-left]")) {
    seen.set(left.closest("[data-wanted]").dataset.wanted, now);
    if (!ends.has(left)) ends.set(left, now + left.dataset.left * 1000);
    const seconds = Math.max(0, Math.ceil((ends.get(left) - now) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

live.addEventListener("htmx:wsAfterMessage", look);
setInterval(countDown, 500);

if (wishes) {
  press(notify, remembered() && "Notification" in window && Notification.permission === "granted");
  notify.addEventListener("click", () => {
    if (!isOn(notify)) return askToNotify();
    press(notify, false);
    remember(false);
  });
  sound.addEventListener("click", () => {
    audio ??= new AudioContext();
    press(sound, !isOn(sound));
    if (isOn(sound)) beep();
  });
}
