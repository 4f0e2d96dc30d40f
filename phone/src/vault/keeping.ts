/** Will this browser keep the keys? Asked, and where the answer is no, the person is told what helps. */
import { platform } from "../pairing/about";

/** `kept`: promised. `week`: a plain tab on an iPhone loses all after a week unused. `loose`: until space is short. */
export type Keeping = "kept" | "week" | "loose";

export function installed(): boolean {
  return matchMedia("(display-mode: standalone)").matches || ("standalone" in navigator && Boolean(navigator.standalone));
}

/** Asks the browser for its promise. A refusal changes nothing but what is said. */
export async function askToKeep(): Promise<Keeping> {
  await navigator.storage?.persist?.().catch(() => false);
  return keeping();
}

export async function keeping(): Promise<Keeping> {
  if (platform() === "ios") return installed() ? "kept" : "week";
  return (await navigator.storage?.persisted?.().catch(() => false)) ? "kept" : "loose";
}
