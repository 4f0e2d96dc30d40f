// A clock that runs down. It is seen every second and spoken only at a few points: a screen reader must not count along.
const SPOKEN = [60, 30, 10];

/** `m:ss` of whole seconds. */
export function face(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function runClock(element: HTMLElement): void {
  const { until, now, left = "", gone = "" } = element.dataset;
  const shown = element.querySelector("[data-clock-shown]");
  const spoken = element.querySelector("[data-clock-spoken]");
  if (!shown || !spoken) return;
  // The server's clock counts, not this computer's: only the difference of its two times is used.
  const end = performance.now() + Number(until) - Number(now);
  let said = Infinity;
  const tick = (): void => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const text = seconds > 0 ? left.replace("{time}", face(seconds)) : gone;
    shown.textContent = text;
    if (seconds === 0 || SPOKEN.some((point) => seconds <= point && said > point)) spoken.textContent = text;
    said = seconds;
    if (seconds === 0) {
      clearInterval(timer);
      timeOver(element);
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
}

function timeOver(element: HTMLElement): void {
  const code = element.closest("[data-code]");
  if (!code) {
    element.dispatchEvent(new CustomEvent("look", { bubbles: true }));
    return;
  }
  code.querySelectorAll<HTMLElement>("[data-until-then]").forEach((part) => (part.hidden = true));
  code.querySelectorAll<HTMLElement>("[data-after]").forEach((part) => (part.hidden = false));
}
