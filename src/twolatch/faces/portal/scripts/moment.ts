// Times are written by the server in the site's zone; here they are told in the zone of this computer.
export function tellLocalTime(element: HTMLElement): void {
  const at = Number(element.dataset["moment"]);
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  if (!Number.isFinite(at)) return;
  const told = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(at);
  element.title = element.textContent?.trim() ?? "";
  element.textContent = told;
}
