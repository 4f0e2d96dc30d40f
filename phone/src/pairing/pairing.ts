/** One activation under way: what the person chose and typed so far. In memory only, except the scanned code. */
import type { Code } from "../protocol/codes";
import { readFragment, readLink, type Reading } from "../protocol/codes";
import type { Scheme } from "../vault/vault";
import type { Claimant } from "./claim";

export interface Pairing {
  way: Scheme;
  code: Code | null;
  userName: string;
  pin: string;
  claimant: Claimant | null;
  /** The phone's own camera opened the app; null when the person began in the app. */
  link: Link | null;
}

/** `since`: when this phone first saw the code. It cannot live longer than the site's minutes from then on. */
export interface Link {
  fragment: string;
  since: number;
}

export function newPairing(way: Scheme): Pairing {
  return { way, code: null, userName: "", pin: "", claimant: null, link: null };
}

const KEPT = "twolatch-code";
// No site lets a code live longer than ten minutes.
const LONGEST = 10 * 60_000;
let held: Link | null = null;

/** Opened by the link of a QR code: the code leaves the address bar, so that no history, request or picture of the screen
 * carries it. It is kept for its few minutes where the installed app finds it (the same storage, except on iPhones). */
export function takeLink(): Reading | null {
  const { pathname, hash, host, origin } = location;
  if (pathname === "/a" || hash) {
    history.replaceState(history.state, "", "/");
    if (pathname === "/a" && hash) {
      const reading = readLink(`${origin}/a${hash}`, host);
      if (reading.ok) keepLink(hash);
      return reading;
    }
  }
  const link = keptLink();
  return link ? readFragment(link.fragment) : null;
}

export function keptLink(): Link | null {
  try {
    held = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Link | null;
  } catch {
    // No storage here: the code lives as long as this page.
  }
  const lives = held && held.since <= Date.now() && held.since + LONGEST > Date.now();
  if (!lives) dropLink();
  return held;
}

/** The same code scanned again keeps its first moment: that is when its minutes began to run here. */
function keepLink(fragment: string): void {
  const before = keptLink();
  held = { fragment, since: before?.fragment === fragment ? before.since : Date.now() };
  try {
    localStorage.setItem(KEPT, JSON.stringify(held));
  } catch {
    // Private windows may refuse.
  }
}

/** Claimed or given up: nothing to come back to. */
export function dropLink(): void {
  held = null;
  try {
    localStorage.removeItem(KEPT);
  } catch {
    // Nothing was kept.
  }
}
