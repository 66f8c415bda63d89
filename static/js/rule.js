// A profile's form: which knobs are shown, and by which names, follows the rule that is chosen. The
// hidden ones keep their values; one that is refused is shown, whatever the rule.

const rule = document.getElementById("id_endpointing");

function layOut() {
  for (const part of document.querySelectorAll("[data-rules]")) {
    const acts = part.dataset.rules.split(" ").includes(rule.value);
    part.hidden = !acts && !part.querySelector(".problem.bad");
  }
}

rule.addEventListener("input", layOut);
for (const swapped of ["htmx:oobAfterSwap", "htmx:afterSwap"]) document.body.addEventListener(swapped, layOut);
layOut();
