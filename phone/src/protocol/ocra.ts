/** OCRA (RFC 6287): an answer to the portal's number, made without any network. */
import { hkdf, join, label, utf8, type Octets } from "./octets";

const SUITE = new RegExp(
  "^OCRA-1:HOTP-(?<hash>SHA1|SHA256|SHA512)-(?<digits>0|[4-9]|10):(?<counter>C-)?Q(?<form>[ANH])(?<most>[0-9]{2})"
  + "(?:-P(?<pin>SHA1|SHA256|SHA512))?(?:-S(?<session>[0-9]{3}))?(?:-T(?<step>[1-9][0-9]?)(?<unit>[SMH]))?$",
);
const HASHES: Record<string, string> = { SHA1: "SHA-1", SHA256: "SHA-256", SHA512: "SHA-512" };
const SIZES: Record<string, number> = { SHA1: 20, SHA256: 32, SHA512: 64 };
const FORMS: Record<string, RegExp> = { N: /^[0-9]+$/, H: /^[0-9A-Fa-f]+$/, A: /^[!-~]+$/ };
const LONGEST_STEP: Record<string, number> = { S: 59, M: 59, H: 48 };
const NOTHING = new Uint8Array(0);

/** What goes in beside the question, where the suite wants it. `time` in its steps; `second` of the other side. */
export interface Parts {
  second?: string;
  counter?: number;
  pinHash?: Octets;
  session?: Octets;
  time?: number;
}

interface Suite {
  hash: string;
  digits: number;
  hasCounter: boolean;
  form: string;
  most: number;
  pin: string;
  session: number;
  hasTime: boolean;
}

export function readSuite(text: string): Suite {
  const found = SUITE.exec(text)?.groups;
  if (!found) throw new SyntaxError("not an OCRA suite");
  const most = Number(found["most"]);
  const session = Number(found["session"] ?? 0);
  const step = Number(found["step"] ?? 0);
  if (most < 4 || most > 64 || session > 512 || step > LONGEST_STEP[found["unit"] ?? "S"]!) {
    throw new SyntaxError("an OCRA suite with a number out of range");
  }
  return {
    hash: found["hash"]!, digits: Number(found["digits"]), hasCounter: Boolean(found["counter"]), form: found["form"]!, most,
    pin: found["pin"] ?? "", session, hasTime: step > 0,
  };
}

/** 128 bytes, filled up behind. A number becomes its hexadecimal digits, not its bytes. */
function questionPart(of: Suite, question: string, second: string): Octets {
  const text = question + second;
  if (!question || Math.max(question.length, second.length) > of.most || !FORMS[of.form]!.test(text)) {
    throw new SyntaxError("a question of another form");
  }
  if (of.form === "A") return filled(utf8(text), 128, false);
  const nibbles = (of.form === "N" ? BigInt(text).toString(16) : text).padEnd(256, "0");
  return Uint8Array.from(nibbles.match(/../g)!, (pair) => parseInt(pair, 16));
}

function filled(octets: Octets, length: number, inFront: boolean): Octets {
  if (octets.length > length) throw new RangeError("too long for its place");
  const rest = new Uint8Array(length - octets.length);
  return inFront ? join(rest, octets) : join(octets, rest);
}

function eight(number: number): Octets {
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError("not a counter");
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(number));
  return octets;
}

/** Dynamic truncation (RFC 4226, 5.3). */
function shortened(digest: Octets, digits: number): string {
  if (!digits) return [...digest].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  const at = digest[digest.length - 1]! & 15;
  const number = new DataView(digest.buffer, digest.byteOffset).getUint32(at) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

export async function ocra(suite: string, key: Octets, question: string, parts: Parts = {}): Promise<string> {
  const of = readSuite(suite);
  const { second = "", counter = 0, pinHash = NOTHING, session = NOTHING, time = 0 } = parts;
  if (of.pin && pinHash.length !== SIZES[of.pin]) throw new RangeError("the hash of the PIN has another length");
  const text = join(
    utf8(`${suite}\0`),
    of.hasCounter ? eight(counter) : NOTHING,
    questionPart(of, question, second),
    of.pin ? pinHash : NOTHING,
    of.session ? filled(session, of.session, true) : NOTHING,
    of.hasTime ? eight(time) : NOTHING,
  );
  const hmac = { name: "HMAC", hash: HASHES[of.hash]! };
  const ready = await crypto.subtle.importKey("raw", key, hmac, false, ["sign"]);
  return shortened(new Uint8Array(await crypto.subtle.sign("HMAC", ready, text)), of.digits);
}

/** `Koff` of S'. A wrong PIN makes another key, and this phone cannot tell. */
export function offlineKey(secret: Octets): Promise<Octets> {
  return hkdf(secret, NOTHING, label("ocra"), 32);
}

/** How many digits the portal's number may have. */
export const NUMBER = /^([0-9]{6}|[0-9]{8})$/;

export function offlineResponse(key: Octets, number: string): Promise<string> {
  if (!NUMBER.test(number)) throw new SyntaxError("a number of six or eight digits");
  return ocra(`OCRA-1:HOTP-SHA256-8:QN0${number.length}`, key, number);
}
