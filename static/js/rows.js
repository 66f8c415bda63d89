// Rows of a form that are added and removed in place. Django's formsets read them: a new row is the
// template's with the next number, and a removed one stays, with its DELETE checked. Without this
// module there is an empty row to fill in, and a box to check.

const blanks = (row) => [...row.querySelectorAll("input:not([type=checkbox], [type=hidden])")];

function furnish(row) {
  const remove = row.querySelector(".remove input");
  const button = row.querySelector("[data-remove]");
  row.querySelector(".remove").hidden = true;
  row.hidden = remove.checked;
  button.hidden = false;
  button.addEventListener("click", () => {
    remove.checked = true;
    row.hidden = true;
    row.parentElement.dispatchEvent(new Event("rowremoved", { bubbles: true }));
  });
}

for (const row of document.querySelectorAll(".rows .row")) furnish(row);

for (const offer of document.querySelectorAll("[data-add]")) {
  const prefix = offer.dataset.add;
  const rows = document.getElementById(`${prefix}-rows`);
  const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
  offer.parentElement.hidden = false;
  rows.addEventListener("rowremoved", () => offer.parentElement.firstElementChild.focus());
  offer.addEventListener("click", () => {
    const blank = document.getElementById(`${prefix}-row`).innerHTML;
    rows.insertAdjacentHTML("beforeend", blank.replaceAll("__prefix__", total.value));
    total.value = Number(total.value) + 1;
    const row = rows.lastElementChild;
    furnish(row);
    const days = (offer.dataset.days ?? "").split(" ");
    for (const day of row.querySelectorAll(".days input")) day.checked = days.includes(day.value);
    for (const name of ["opens", "closes"]) {
      const field = row.querySelector(`[name$="-${name}"]`);
      if (field) field.value = offer.dataset[name];
    }
    (blanks(row).find((field) => !field.value) ?? row.querySelector("input")).focus();
  });
}
