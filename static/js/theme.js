// Light or dark: the button's choice is kept in a cookie, so that the server paints it right away.

const page = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

document.getElementById("theme").addEventListener("click", () => {
  const shown = page.dataset.theme ?? (prefersDark.matches ? "dark" : "light");
  page.dataset.theme = shown === "dark" ? "light" : "dark";
  document.cookie = `theme=${page.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
});
