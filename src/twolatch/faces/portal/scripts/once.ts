// A form that is sent once: a second press while the answer is on its way does nothing.
export function sendOnce(element: HTMLElement): void {
  let sent = false;
  element.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    element.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  // Coming back with the back button shows the page as it was left.
  addEventListener("pageshow", () => {
    sent = false;
    element.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  });
}
