// A button that prints the page. Hidden until this file runs.
export function offerPrint(element: HTMLElement): void {
  element.hidden = false;
  element.addEventListener("click", () => print());
}
