// On a telephone the filters of the list of calls are folded, unless one is set: the list would begin
// three screens below. On a wide page, where nothing unfolds them, and without this module they are
// open.

const filters = document.getElementById("filters");
const narrow = matchMedia("(max-width: 600px)");

filters.open = !narrow.matches || "used" in filters.dataset;
narrow.addEventListener("change", () => { filters.open ||= !narrow.matches; });
