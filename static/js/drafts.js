// Saves what is changed on a profile's form as the draft. Rules: nothing is called saved before the
// server has said so; what failed is said at once and tried again, later each time; and what another
// window has saved is not overwritten: both values are shown, to be chosen from.

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
const form = document.querySelector("form.editor");
const knobs = form.querySelector(".knobs");
const unsaved = document.getElementById("unsaved");
const tryNow = unsaved.querySelector("button");
// They come anew with every answer.
const hidden = (name) => form.elements.namedItem(name);
const names = () => hidden("changed").value.split(" ").filter(Boolean);
const changed = new Set(names());
let sinceSent = new Set();
let failures = 0;
let timer = 0;
let isDue = false; // leaving a field says that it has changed, although that is saved already
let chosen = null; // the version of the draft beside which this window's was chosen
let isLeaving = false;

// A name for this window: its own saves, however late they arrive, do not make it stale.
const own = Object.assign(document.createElement("input"), { type: "hidden", name: "window" });
own.value = Math.random().toString(36).slice(2, 14);
form.append(own);

function touch(name) {
  changed.add(name);
  sinceSent.add(name);
  hidden("changed").value = [...changed].join(" ");
  form.dataset.state = "saving";
  isDue = true;
}

function save() {
  isDue = true;
  htmx.trigger(knobs, "again");
}

/** Why what is on the form is not saved; "": it is. */
function say(why) {
  for (const one of unsaved.querySelectorAll("[data-why]")) one.hidden = one.dataset.why !== why;
  tryNow.hidden = why === "stale";
  unsaved.classList.toggle("is-stale", why === "stale");
  unsaved.hidden = !why;
}

// Whoever has signed in again, in another window, has another one.
function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
}

function reasonOf(answer) {
  if (!answer.status) return "silent";
  if (answer.getResponseHeader("HX-Refresh") || !token()) return "signed-out";
  return answer.status === 403 || answer.getResponseHeader("HX-Redirect") ? "refused" : "broken";
}

function fail(why) {
  say(why);
  const wait = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
  failures += 1;
  clearTimeout(timer);
  timer = setTimeout(save, wait * (0.5 + Math.random() / 2));
}

function markInvalid() {
  for (const problems of knobs.querySelectorAll(".problems")) {
    const field = hidden(problems.id.replace("problems_", ""));
    if (problems.querySelector(".problem.bad")) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }
}

knobs.addEventListener("input", (event) => event.target.name && touch(event.target.name));

knobs.addEventListener("htmx:configRequest", (event) => {
  if (!isDue) return event.preventDefault();
  isDue = false;
  if (chosen !== null) event.detail.parameters.version = hidden("version").value = chosen;
  chosen = null;
  sinceSent = new Set();
  clearTimeout(timer);
  if (!token()) return;
  event.detail.parameters.csrfmiddlewaretoken = token();
  for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = token();
});

// A page that asks for a sign-in would leave with what is not saved.
knobs.addEventListener("htmx:beforeOnLoad", (event) => {
  const answer = event.detail.xhr;
  if (answer.getResponseHeader("HX-Refresh") || answer.getResponseHeader("HX-Redirect")) event.preventDefault();
});

knobs.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return fail(reasonOf(event.detail.xhr));
  failures = 0;
  changed.clear();
  for (const name of [...names(), ...sinceSent]) changed.add(name);
  hidden("changed").value = [...changed].join(" ");
  say(document.getElementById("stale") ? "stale" : "");
  if (!sinceSent.size) delete form.dataset.state;
  markInvalid();
});

function choose(version) {
  for (const chosen of document.querySelectorAll("#stale input:checked")) {
    const field = hidden(chosen.dataset.knob);
    if (field.type === "checkbox") field.checked = chosen.value === "True";
    else field.value = chosen.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  chosen = version;
  save();
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("#choose");
  if (button) choose(button.value);
});
form.addEventListener("submit", () => (isLeaving = true));
tryNow.addEventListener("click", save);
addEventListener("online", () => failures && save());
addEventListener("pageshow", () => (isLeaving = false));
addEventListener("beforeunload", (event) => {
  if (changed.size && !isLeaving) event.preventDefault();
});

// The page was refused as a publication, or the browser has put back what was typed before.
for (const field of knobs.querySelectorAll("[data-published]")) {
  const isAsLoaded =
    field.type === "checkbox"
      ? field.checked === field.defaultChecked
      : field.options
        ? [...field.options].every((one) => one.selected === one.defaultSelected)
        : field.value === field.defaultValue;
  if (!isAsLoaded) touch(field.name);
}
markInvalid();
if (document.getElementById("stale")) say("stale");
else if (changed.size) {
  form.dataset.state = "saving";
  addEventListener("load", save, { once: true });
}
