// Keys: "/" goes to the search, `data-keys="g h"` presses what carries it, "?" shows them all. While somebody types in a
// field they are letters like any other.
const OFF = "desk-keys-off";
const PATIENCE_MS = 1200;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function listenToKeys(page: Document): void {
  const line = page.querySelector<HTMLElement>("[data-keys-line]");
  const sheet = page.querySelector<HTMLElement>("[data-keys-sheet]");
  const help = page.querySelector<HTMLElement>("[data-keys-help]");
  const on = page.querySelector<HTMLInputElement>("[data-keys-on]");
  if (!line || !sheet || !help || !on) return;
  line.hidden = false;
  on.checked = localStorage.getItem(OFF) === null;
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  const open = (): void => {
    sheet.hidden = !sheet.hidden;
    help.setAttribute("aria-expanded", String(!sheet.hidden));
    if (!sheet.hidden) sheet.scrollIntoView({ block: "nearest" });
  };
  help.addEventListener("click", open);

  let before = "";
  let since = 0;
  page.addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (event.key === "?") return open();
    const typed = before && event.timeStamp - since < PATIENCE_MS ? `${before} ${event.key}` : event.key;
    const found = event.key === "/" ? page.querySelector<HTMLElement>("[data-search]") : named(page, typed);
    before = found ? "" : event.key;
    since = event.timeStamp;
    if (!found) return;
    event.preventDefault();
    if (found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement) {
      found.focus();
      found.select();
    } else if (found instanceof HTMLDetailsElement) {
      found.open = true;
      found.querySelector<HTMLElement>("input:not([type=hidden]), textarea, select, button")?.focus();
    } else {
      found.click();
    }
  });
}

function named(page: Document, keys: string): HTMLElement | undefined {
  return [...page.querySelectorAll<HTMLElement>("[data-keys]")].find((each) => each.dataset.keys === keys);
}
