// Every knob of a profile's form, behind one link, and found by any word that is said of it. Whether
// they are shown is kept in the address and on this device; a value that is refused is never hidden.

const form = document.querySelector("form.editor");
const all = document.getElementById("all-knobs");
const link = document.getElementById("all-link");
const find = document.getElementById("find");
const words = find.querySelector("input");
const status = find.querySelector("[role=status]");

function show(isShown) {
  all.hidden = !isShown;
  form.classList.toggle("is-simple", !isShown);
  link.setAttribute("aria-expanded", isShown);
  link.search = `?all=${isShown ? 0 : 1}`;
}

const showRefused = () => all.hidden && all.querySelector(".problem.bad") && show(true);

link.addEventListener("click", (event) => {
  event.preventDefault();
  show(all.hidden);
  showRefused();
  const address = new URL(location);
  if (all.hidden) address.searchParams.delete("all");
  else address.searchParams.set("all", 1);
  history.replaceState(history.state, "", address);
  document.cookie = `all-knobs=${all.hidden ? 0 : 1}; path=/; max-age=31536000; samesite=lax`;
});
document.body.addEventListener("htmx:oobAfterSwap", showRefused);

// Without vowel points, and however a quotation mark is typed.
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0591-\u05c7'"’״׳„”“]/g, "");

function search() {
  const wanted = plain(words.value).split(/\s+/).filter(Boolean);
  const knobs = [...all.querySelectorAll(".knob")];
  for (const knob of knobs) {
    const isFound = wanted.every((word) => plain(knob.dataset.words).includes(word));
    knob.classList.toggle("is-not-found", !isFound && !knob.querySelector(".problem.bad"));
  }
  const acting = knobs.filter((knob) => !knob.hidden);
  const found = acting.filter((knob) => !knob.classList.contains("is-not-found")).length;
  const said = found ? find.dataset.found : find.dataset.none;
  status.textContent = wanted.length ? said.replace("{found}", found).replace("{all}", acting.length) : "";
}

words.addEventListener("input", search);
words.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
document.getElementById("id_endpointing").addEventListener("input", () => queueMicrotask(search));
document.body.addEventListener("htmx:oobAfterSwap", search);
find.hidden = false;
