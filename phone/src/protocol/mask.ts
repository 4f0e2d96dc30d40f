/** S under a PIN. Every PIN opens to some S', so the storage tells nobody whether a guess was right. */
import { hmac, join, label, utf8, type Octets } from "./octets";

export interface Mask {
  key: CryptoKey;
  salt: Octets;
  iterations: number;
}

async function stretched(pin: string, salt: Octets, iterations: number): Promise<Octets> {
  const key = await crypto.subtle.importKey("raw", utf8(pin.normalize("NFC")), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 256),
  );
}

/** Puts the mask on, and takes it off: AES-256-CTR is its own inverse. `secret` is 32 bytes. */
export async function masked(secret: Octets, pin: string, mask: Mask): Promise<Octets> {
  const p = await stretched(pin, mask.salt, mask.iterations);
  const m = await hmac(mask.key, join(label("mask"), p));
  const key = await crypto.subtle.importKey("raw", m, "AES-CTR", false, ["encrypt"]);
  const counter = new Uint8Array(16);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, key, secret));
}
