// The three questions of a profile's form: a slider sets the knobs of its place, and stands where the
// knobs say, half way between two places where they stand on none. It never moves a knob by itself.

const knobs = document.querySelector(".editor .knobs");
const rule = document.getElementById("id_endpointing");
const fieldOf = (name) => document.getElementById(`id_${name}`);

/** [{field, values at the places}] of a question, under the rule that is chosen. */
function settings(question) {
  const table = JSON.parse(question.dataset.table)[rule.value] ?? {};
  return Object.entries(table).map(([name, values]) => ({ field: fieldOf(name), values }));
}

/** As tuning.simple finds it: the nearest place, and where to show the slider. */
function placeOf(found) {
  const share = (value, values) => (value - values[0]) / (values.at(-1) - values[0]);
  const sum = (n, part) =>
    found.reduce((total, { field, values }) => total + part(share(Number(field.value), values) - share(values[n], values)), 0);
  const away = found[0].values.map((_value, n) => sum(n, Math.abs));
  const nearest = away.indexOf(Math.min(...away));
  if (found.every(({ field, values }) => field.value === String(values[nearest]))) return { nearest, at: nearest + 1 };
  const half = sum(nearest, (part) => part) > 0 ? 0.5 : -0.5;
  return { nearest, at: Math.min(Math.max(nearest + 1 + half, 1.5), away.length - 0.5) };
}

function show(question) {
  const found = settings(question);
  if (!found.length) return;
  const { nearest, at } = placeOf(found);
  const slider = question.querySelector("input");
  const places = question.querySelectorAll(".place-words li");
  const isBetween = at !== nearest + 1;
  const word = places[nearest].textContent;
  const said = isBetween ? question.dataset.between.replace("{place}", word) : word;
  slider.step = isBetween ? 0.5 : 1; // else the browser would put it on a place
  slider.value = at;
  slider.classList.toggle("is-between", isBetween);
  question.querySelector(".place-now").textContent = said;
  slider.setAttribute("aria-valuetext", said);
  for (const [n, place] of places.entries()) place.classList.toggle("is-now", !isBetween && n === nearest);
  for (const value of question.querySelectorAll("[data-value-of]")) {
    const typed = fieldOf(value.dataset.valueOf).value;
    const number = typed && Number.isFinite(Number(typed)) ? Number(typed).toLocaleString("en-US") : typed;
    value.textContent = `${number} ${value.dataset.unit}`.trim();
  }
}

for (const question of document.querySelectorAll(".question")) {
  const slider = question.querySelector("input");
  slider.addEventListener("input", () => {
    const place = Math.round(slider.value) - 1;
    const changed = settings(question).filter(({ field, values }) => field.value !== String(values[place]));
    // All of them before any is told of: half of a place is between two.
    for (const { field, values } of changed) field.value = values[place];
    for (const { field } of changed) field.dispatchEvent(new Event("input", { bubbles: true }));
    show(question);
  });
  slider.hidden = false;
}

const showAll = () => document.querySelectorAll(".question").forEach(show);
knobs.addEventListener("input", (event) => event.target.name && showAll());
showAll();
