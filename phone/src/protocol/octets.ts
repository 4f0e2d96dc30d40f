/** Octets as the protocol writes them down: LP, u64, base64url, and the few primitives, all from WebCrypto. */

export type Octets = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

export function utf8(text: string): Octets {
  return encoder.encode(text) as Octets;
}

export function join(...parts: Uint8Array[]): Octets {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A label of the protocol: `twolatch/v1/<name>` and one zero byte. */
export function label(name: string): Octets {
  return utf8(`twolatch/v1/${name}\0`);
}

/** Two bytes of length, big-endian, then the value; text is UTF-8. */
export function LP(value: Uint8Array | string): Octets {
  const octets = typeof value === "string" ? utf8(value) : value;
  if (octets.length > 0xffff) throw new RangeError("too long for LP");
  return join(Uint8Array.of(octets.length >> 8, octets.length & 0xff), octets);
}

export function u64(number: number): Octets {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(number));
  return octets;
}

export function toB64u(octets: Uint8Array): string {
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Refuses padding, other alphabets and non-canonical endings; `length` in bytes where the format fixes it. */
export function fromB64u(text: string, length?: number): Octets {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new SyntaxError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const octets = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (toB64u(octets) !== text) throw new SyntaxError("base64url with a non-canonical ending");
  if (length !== undefined && octets.length !== length) throw new RangeError(`expected ${length} bytes`);
  return octets;
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at]);
}

export function random(length: number): Octets {
  return crypto.getRandomValues(new Uint8Array(length));
}

export async function sha256(data: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/** HKDF-SHA256 (RFC 5869). */
export async function hkdf(secret: Octets, salt: Octets, info: Octets, length: number): Promise<Octets> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, length * 8));
}

export async function hmac(key: Octets | CryptoKey, data: Octets): Promise<Octets> {
  const ready = key instanceof CryptoKey ? key : await hmacKey(key);
  return new Uint8Array(await crypto.subtle.sign("HMAC", ready, data));
}

/** A key that signs and can never be read out again. */
export function hmacKey(octets: Octets): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", octets, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}
