// The desk's own script: keys. Everything they do can be done without them, and they can be switched off (WCAG 2.1.4).
import { listenToKeys } from "./keys.ts";

listenToKeys(document);

// What takes seconds says so while it does.
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-busy]")) {
  form.addEventListener("submit", () => {
    const shown = document.getElementById(form.dataset["busy"] ?? "");
    if (shown) shown.hidden = false;
  });
}

// Escape leaves a field, so that the keys of the page are keys again: hands that scan need no mouse.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target instanceof HTMLInputElement) event.target.blur();
});
