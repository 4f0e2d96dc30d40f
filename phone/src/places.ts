/** The screens, by the name they carry in `<body data-screen>`. */

export type Place =
  | { screen: "start" | "method" | "code" | "camera-help" | "link" | "notify" | "pin" | "pin-existing" | "guidelines" }
  | { screen: "scan"; login?: true }
  | { screen: "explain"; by: "id" | "qr" }
  | { screen: "whom" | "success" | "home" | "settings" | "change-pin" | "change-done" | "unlock-missing" | "trial" | "lost" }
  | { screen: "digits"; device: string }
  | { screen: "request" | "not-me"; challenge: string }
  | { screen: "outcome"; outcome: Outcome }
  | { screen: "refusal" }
  | { screen: "remove"; device: string }
  | { screen: "move" | "moving"; device: string }
  | { screen: "moved" }
  | { screen: "way-out"; why: "pin" | "unlock"; challenge: string }
  | { screen: "respond" | "scanned" }
  | { screen: "services" | "more" | "two-factor" | "add-user" | "sign-in" | "unlock" | "devices" | "diary" }
  | { screen: "user"; device: string }
  | { screen: "removed"; how: Goodbye };

/** `proved`: removed for good. `silenced`: suspended, since nobody gave PIN or unlock. `later`: no network; it is said later. */
export type Goodbye = "proved" | "silenced" | "later";
export type Outcome = "approved" | "denied" | "not_me" | "expired" | "superseded" | "elsewhere" | "locked" | "gone" | "test"
  | "support" | "support_over";
export type ScreenName = Place["screen"];

// Going back in history to these makes no sense once they are left.
export const ONE_WAY = new Set<ScreenName>([
  "notify", "whom", "digits", "success", "outcome", "refusal", "request", "not-me", "change-done", "sign-in", "unlock", "removed",
  "scanned", "moving", "moved",
]);
// Only from these a new version of the app may take over, and only while nothing is half typed (`halfTyped`).
export const CALM = new Set<ScreenName>(["start", "home", "settings", "lost"]);
// These a pressed notification may leave: nothing typed or half done is lost.
export const INTERRUPTIBLE = new Set<ScreenName>([
  ...CALM, "request", "not-me", "outcome", "refusal", "success", "services", "more", "two-factor", "devices", "diary",
  "removed", "trial",
]);
