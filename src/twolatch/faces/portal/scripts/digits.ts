// A field for digits: keeps digits only, also when a number with spaces is pasted. It never sends by itself.
export function onlyDigits(text: string, most = 6): string {
  return text.replace(/\D/g, "").slice(0, most);
}

export function tidyDigits(element: HTMLElement): void {
  if (!(element instanceof HTMLInputElement)) return;
  const most = Number(element.dataset["digits"]) || 6;
  element.addEventListener("input", () => {
    const tidy = onlyDigits(element.value, most);
    if (tidy !== element.value) element.value = tidy;
  });
}
