// The three questions beside a call: a slider sets the knobs of its place in this call alone. Rules:
// what is sent is all that is tried, so that a message that is lost is made good by the next; one
// message is under way at a time, and what has moved meanwhile follows it.

const beside = document.getElementById("knobs-beside");
const phone = document.getElementById("phone");
let proof = "";
let tried = {};
let isSending = false;
let isMoved = false;

const find = (id) => document.getElementById(id);

/** What the server answers; `words`: why it did not take it, "" where it did. */
async function post(address) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", phone.elements.namedItem("csrfmiddlewaretoken").value);
  body.set("proof", proof);
  for (const [name, value] of Object.entries(tried)) body.set(name, value);
  try {
    const answer = await fetch(address, { method: "POST", body });
    if (answer.redirected || !(answer.ok || answer.status === 422)) throw answer;
    return { words: "", ...(await answer.json()) };
  } catch {
    return { words: beside.dataset.failed };
  }
}

function say({ words, warned }) {
  const refused = find("knobs-refused");
  if (!refused) return; // another call has begun
  refused.lastElementChild.textContent = words;
  refused.hidden = !words;
  if (warned !== undefined) find("knobs-warned").innerHTML = warned;
}

/** What has gone into the draft: each knob and its value. */
function put(settings) {
  const said = settings.flatMap(([label, value], index) => {
    const number = Object.assign(document.createElement("bdi"), { dir: "ltr", textContent: value });
    return [index ? " · " : "", `${label} `, number];
  });
  find("knobs-put").replaceChildren(...said);
}

async function send() {
  isMoved = true;
  if (isSending) return;
  isSending = true;
  while (isMoved) {
    isMoved = false;
    say(await post(find("knobs").dataset.try));
  }
  isSending = false;
}

function moved(slider) {
  const question = slider.closest(".question");
  const place = Math.round(slider.value);
  slider.step = 1;
  slider.value = place;
  slider.classList.remove("is-between");
  const words = question.querySelectorAll(".place-words li");
  const word = words[place - 1].textContent;
  if (question.dataset.place === `${place}`) return;
  question.dataset.place = place;
  question.querySelector(".place-now").textContent = word;
  slider.setAttribute("aria-valuetext", word);
  for (const [at, each] of words.entries()) each.classList.toggle("is-now", at === place - 1);
  const table = JSON.parse(question.dataset.table)[find("knobs").dataset.rule];
  for (const [name, values] of Object.entries(table)) tried[name] = values[place - 1];
  allow(true);
  send();
}

function allow(isAllowed) {
  find("knobs-back").disabled = !isAllowed;
  if (find("knobs-draft")) find("knobs-draft").disabled = !isAllowed;
  find("knobs-drafted").hidden = true;
}

/** The sliders of the call that has just begun, at what its profile says. */
export async function showKnobs(proofOfCall) {
  [proof, tried] = [proofOfCall, {}];
  try {
    const answer = await fetch(`${beside.dataset.knobs}?${new URLSearchParams({ proof })}`);
    if (!answer.ok || answer.redirected || proof !== proofOfCall) return;
    beside.innerHTML = await answer.text();
  } catch {
    return; // the call goes on without them; what is wrong with the network, the line says
  }
  for (const slider of beside.querySelectorAll("input")) slider.addEventListener("input", () => moved(slider));
  find("knobs-back").addEventListener("click", async () => {
    tried = {};
    await send();
    showKnobs(proof);
  });
  find("knobs-draft")?.addEventListener("click", async () => {
    const answer = await post(find("knobs").dataset.draft);
    say(answer);
    if (!answer.words) put(answer.put);
    find("knobs-drafted").hidden = Boolean(answer.words);
  });
}

/** The call is over: nothing more can be tried, and what was tried can still be kept. */
export function endKnobs() {
  for (const slider of beside.querySelectorAll("input")) slider.disabled = true;
  if (find("knobs-back")) find("knobs-back").disabled = true;
}
