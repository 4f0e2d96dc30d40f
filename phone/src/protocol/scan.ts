/** The code of a login, as the portal's page shows it. Only the page can make it; a phone reads it and sends it on at once. */
import { ID } from "./codes";
import { fromB64u } from "./octets";

export interface Scan {
  challenge: string;
  /** Whole seconds, the server's. */
  time: number;
  mac: string;
}

/** The link's scan; "elsewhere" for one of another site; null for whatever is no such link. `host` is ours. */
export function readScan(text: string, host: string): Scan | "elsewhere" | null {
  const found = /^https?:\/\/([A-Za-z0-9.:[\]-]+)\/l#([^#]*)$/.exec(text.trim());
  const [version, challenge = "", time = "", mac = "", ...more] = found?.[2]!.split(".") ?? [];
  if (version !== "1" || more.length || !ID.test(challenge) || !/^(0|[1-9][0-9]{0,11})$/.test(time)) return null;
  try {
    fromB64u(mac, 16);
  } catch {
    return null;
  }
  return found![1]!.toLowerCase() === host ? { challenge, time: Number(time), mac } : "elsewhere";
}
