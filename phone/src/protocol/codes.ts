/** The two written forms of an activation: the session ID people type, and the link inside the QR code. */
import { fromB64u } from "./octets";

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 16 bytes as 26 characters of Crockford base 32, lower case. */
export const ID = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export type Code =
  | { kind: "typed"; code: string }
  | { kind: "scanned"; code: string; fingerprint: string };

export type CodeProblem = "short" | "long" | "letter" | "check" | "link" | "version" | "elsewhere";
export type Reading = { ok: true; code: Code } | { ok: false; problem: CodeProblem };

/** Upper case, no spaces or hyphens, and the letters that look like digits read as those digits. */
export function tidy(text: string): string {
  return text.toUpperCase().replace(/[ -]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
}

/** What the field shows while somebody types: groups of four. Keyboards like to turn hyphens into dashes: back again. */
export function grouped(text: string): string {
  return (tidy(text.replace(/[\s\u00ad\u2010-\u2015]/g, "")).match(/.{1,4}/g) ?? []).join("-");
}

function doubled(element: number): number {
  const shifted = element << 1;
  return shifted & 0x20 ? shifted ^ 0b100101 : shifted;
}

function times(element: number, other: number): number {
  let [product, left, right] = [0, element, other];
  for (; right; right >>= 1, left = doubled(left)) if (right & 1) product ^= left;
  return product;
}

/** The twelfth character: sum of alpha^(i+1) * d_i over GF(32), modulo x^5 + x^2 + 1. */
export function checkCharacter(eleven: string): string {
  let [sum, weight] = [0, 2];
  for (const character of eleven) {
    sum ^= times(weight, ALPHABET.indexOf(character));
    weight = doubled(weight);
  }
  return ALPHABET.charAt(sum);
}

/** Finds any one wrong character and any two neighbours exchanged, before the server counts a try. */
export function readSessionId(text: string): Reading {
  // Only ASCII is folded: upper-casing turns other scripts' letters into ours (U+0131 into I).
  if (/[^\x20-\x7e]/.test(text)) return { ok: false, problem: "letter" };
  const code = tidy(text);
  if ([...code].some((character) => !ALPHABET.includes(character))) return { ok: false, problem: "letter" };
  if (code.length !== 12) return { ok: false, problem: code.length < 12 ? "short" : "long" };
  if (checkCharacter(code.slice(0, 11)) !== code.charAt(11)) return { ok: false, problem: "check" };
  return { ok: true, code: { kind: "typed", code } };
}

/** The part after `#`: `1.<id>.<secret>.<fingerprint of the server keys>`. */
export function readFragment(fragment: string): Reading {
  const [version, id, secret, fingerprint, ...more] = fragment.replace(/^#/, "").split(".");
  if (!version || !id || !secret || !fingerprint || more.length) return { ok: false, problem: "link" };
  if (version !== "1") return { ok: false, problem: "version" };
  try {
    fromB64u(secret, 16);
    fromB64u(fingerprint, 16);
  } catch {
    return { ok: false, problem: "link" };
  }
  if (!ID.test(id)) return { ok: false, problem: "link" };
  return { ok: true, code: { kind: "scanned", code: `${id}.${secret}`, fingerprint } };
}

/** A QR code's text. `host` is ours: a code of another site must not be sent to this server. */
export function readLink(text: string, host: string): Reading {
  const found = /^https?:\/\/([A-Za-z0-9.:[\]-]+)\/a#([^#]*)$/.exec(text.trim());
  if (!found) return { ok: false, problem: "link" };
  const reading = readFragment(found[2]!);
  return reading.ok && found[1]!.toLowerCase() !== host ? { ok: false, problem: "elsewhere" } : reading;
}

/** The field takes both: what somebody typed, and a link somebody pasted. */
export function readCode(text: string, host: string): Reading {
  return text.includes("#") || text.includes("://") ? readLink(text, host) : readSessionId(text);
}
