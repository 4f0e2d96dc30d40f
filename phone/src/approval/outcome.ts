/** How a request ended, in the words of the outcome screen. */
import type { Outcome } from "../places";

const OUTCOMES = new Set<string>(["approved", "denied", "not_me", "expired", "superseded", "locked"]);

/** Whatever this phone did not see itself was answered elsewhere. */
export function localOutcome(state: string): Outcome {
  return OUTCOMES.has(state) ? (state as Outcome) : "elsewhere";
}
