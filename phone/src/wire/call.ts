/** Which request a pressed notification calls for: said in the address of a new window, or by the worker to an open one. */
import { ID } from "../protocol/codes";

const MARK = "#look=";

function id(text: unknown): string {
  return typeof text === "string" && ID.test(text) ? text : "";
}

/** Taken out of the address, so that a reload does not call again. */
export function takeCall(): string {
  if (!location.hash.startsWith(MARK)) return "";
  const call = id(location.hash.slice(MARK.length));
  history.replaceState(history.state, "", "/");
  return call;
}

export function calledFor(word: unknown): string {
  return id((word as { open?: unknown } | null)?.open);
}
