/** A challenge: signed bytes that say who asks for what. Nothing is shown that was not verified first. */
import { fromB64u, join, label, utf8, same, type Octets } from "./octets";
import { ID } from "./codes";
import { verify } from "./keys";

export interface SignedBytes {
  bytes: string;
  signature: string;
}

/** What is to be confirmed; `amount` is decimal text. */
export interface Transaction {
  action: "withdrawal" | "transfer" | "payment";
  amount: string;
  application: string;
  currency: string;
  payee: string;
}

export interface Challenge {
  audience: { id: string; name: string };
  challenge: string;
  confirmation: "none" | "digits";
  context: { address: string; application: string; browser: string; known_browser: boolean; place: string };
  expires: number;
  host: string;
  issued: number;
  nonce: string;
  started: string;
  transaction: Transaction | null;
  type: "login" | "step_up" | "test" | "support";
  user: string;
  version: 1;
}

export class ForeignChallenge extends Error {}

type Check = (value: unknown) => boolean;

// Counted in code points. A lone surrogate has no UTF-8, so what was signed could not be what is shown.
const text = (least: number, most: number): Check => (value) => {
  if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) return false;
  const length = [...value].length;
  return length >= least && length <= most;
};
const short = text(0, 200);
const millis: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const oneOf = (...words: unknown[]): Check => (value) => words.includes(value);

/** Exactly these members, each as its check wants it. */
const object = (members: Record<string, Check>): Check => (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
  && Object.keys(value).length === Object.keys(members).length
  && Object.entries(members).every(([name, check]) => name in value && check((value as Record<string, unknown>)[name]));

const nonce: Check = (value) => {
  try {
    return fromB64u(value as string, 32).length === 32;
  } catch {
    return false;
  }
};

const isTransaction = object({
  action: oneOf("withdrawal", "transfer", "payment"),
  amount: (value) => typeof value === "string" && /^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$/.test(value),
  application: text(1, 200),
  currency: (value) => typeof value === "string" && /^[A-Z]{3}$/.test(value),
  payee: short,
});

const isChallenge = object({
  audience: object({ id: short, name: short }),
  challenge: (value) => typeof value === "string" && ID.test(value),
  confirmation: oneOf("none", "digits"),
  context: object({
    address: short, application: short, browser: short, known_browser: oneOf(true, false), place: short,
  }),
  expires: millis,
  host: text(1, 260),
  issued: millis,
  nonce,
  started: short,
  transaction: (value) => value === null || isTransaction(value),
  type: oneOf("login", "step_up", "test", "support"),
  user: text(1, 200),
  version: oneOf(1),
});

/** Canonical JSON (RFC 8785): sorted names, and numbers and text as JavaScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

/** Bytes that parse in two ways, or say more than this page knows, are not read at all. */
export function parseChallenge(bytes: Octets): Challenge {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new ForeignChallenge("no JSON");
  }
  if (!isChallenge(value) || !same(utf8(canonical(value)), bytes)) throw new ForeignChallenge("not a challenge");
  return value as Challenge;
}

export interface Opened {
  bytes: Octets;
  challenge: Challenge;
}

/** Verifies with the key pinned at activation, then parses, then checks that it is meant for this record. */
export async function openChallenge(
  signed: SignedBytes, signingKey: Octets, host: string, user: string,
): Promise<Opened> {
  const bytes = fromB64u(signed.bytes);
  if (!(await verify(signingKey, fromB64u(signed.signature, 64), join(label("challenge"), bytes)))) {
    throw new ForeignChallenge("signature does not fit");
  }
  const challenge = parseChallenge(bytes);
  if (challenge.host !== host || challenge.user !== user) throw new ForeignChallenge("meant for somebody else");
  return { bytes, challenge };
}
