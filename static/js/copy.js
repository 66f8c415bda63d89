// A button beside a field copies what stands in it; where the browser gives no clipboard, it is
// selected, to be copied by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  const place = button.parentElement;
  const field = place.querySelector("input[readonly]");
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    const done = place.querySelector("[data-copied]");
    done.hidden = true;
    try {
      await navigator.clipboard.writeText(field.value);
      done.hidden = false;
    } catch {
      field.focus();
    }
  });
}
