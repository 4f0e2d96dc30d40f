// A button that copies what it names. Hidden until this file runs, and where the browser has no clipboard.
export function offerCopy(element: HTMLElement): void {
  const text = element.dataset["copy"] ?? "";
  const label = element.querySelector("[data-copy-label]");
  if (!("clipboard" in navigator) || !label) return;
  const before = label.textContent;
  element.hidden = false;
  label.setAttribute("aria-live", "polite");
  element.addEventListener("click", () => {
    void navigator.clipboard.writeText(text).then(() => {
      label.textContent = element.dataset["copied"] ?? before;
      setTimeout(() => (label.textContent = before), 3000);
    });
  });
}
