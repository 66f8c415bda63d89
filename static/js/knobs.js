// A profile's form: each number has a slider beside it, what differs from the published value is
// marked, and the bar that undoes a publication counts down.

for (const slider of document.querySelectorAll(".slider input")) {
  const number = document.getElementById(slider.dataset.for);
  slider.value = number.value;
  slider.disabled = number.disabled;
  slider.parentElement.hidden = false;
  slider.addEventListener("input", () => {
    number.value = slider.value;
    number.dispatchEvent(new Event("input", { bubbles: true }));
  });
  number.addEventListener("input", () => (slider.value = number.value));
}

for (const knob of document.querySelectorAll(".knob")) {
  const field = knob.querySelector("[data-published]");
  if (!field) continue;
  const value = () => (field.type === "checkbox" ? String(field.checked) : field.value);
  const mark = () => knob.classList.toggle("is-changed", value() !== field.dataset.published);
  field.addEventListener("input", mark);
  mark();
}

const bar = document.getElementById("undo");
if (bar) {
  const until = performance.now() + Number(bar.dataset.seconds) * 1000;
  const left = document.getElementById("undo-left");
  const timer = setInterval(() => {
    const seconds = Math.ceil((until - performance.now()) / 1000);
    left.textContent = Math.max(0, seconds);
    if (seconds > 0) return;
    clearInterval(timer);
    if (bar.contains(document.activeElement)) document.getElementById("main").focus();
    bar.hidden = true;
  }, 500);
}
