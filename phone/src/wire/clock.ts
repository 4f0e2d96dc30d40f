/** The server's time, estimated from its answers. Only shown to people: this clock decides nothing. */

const DAY = 24 * 60 * 60_000;
let ahead = 0;
let heard = 0;

/** What an earlier start of the app found: without a network, a phone that is a day off still tells the right time. */
export function recallAhead(milliseconds: unknown): void {
  if (typeof milliseconds === "number" && Number.isFinite(milliseconds)) ahead = milliseconds;
}

/** The server's time when it was heard last, on an earlier day perhaps. */
export function recallHeard(at: unknown): void {
  if (typeof at === "number" && Number.isFinite(at)) heard = at;
}

/** So wrong that secure connections fail, because certificates have a first and a last day. */
export function clockIsOff(): boolean {
  return Math.abs(ahead) > DAY || Date.now() < heard - DAY;
}

/** Milliseconds by which the server's clock is ahead of this one. */
export function aheadNow(): number {
  return ahead;
}

/** `Date` has whole seconds, so half a second is added on average. */
export function hearTime(response: Response): void {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) ahead = Math.abs(date + 500 - Date.now()) < 2000 ? 0 : date + 500 - Date.now();
}

export function serverNow(): number {
  return Date.now() + ahead;
}

/** Milliseconds left of something with this life: an estimated clock never promises more than its whole length. */
export function leftOf({ issued, expires }: { issued: number; expires: number }): number {
  return Math.min(expires - serverNow(), expires - issued);
}
