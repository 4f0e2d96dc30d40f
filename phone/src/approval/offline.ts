/** Codes without any network: the portal shows a number, this phone answers it, the person carries both. */
import { masked } from "../protocol/mask";
import { offlineKey, offlineResponse } from "../protocol/ocra";
import { hkdf, label, random, type Octets } from "../protocol/octets";
import type { Hidden, PhoneRecord } from "../vault/vault";
import { registeredSecret, unlockSecret } from "./unlock";

const NOTHING = new Uint8Array(0);

/** Whether this user's way of approving can make codes: a PIN can, an unlock only where the platform keeps a secret for it. */
export function hasCodes(record: PhoneRecord): boolean {
  return record.scheme === "pin" || Boolean(record.hidden);
}

/** Eight digits for the portal's number. A wrong PIN makes wrong ones, and nobody here can tell. */
export async function codeFor(record: PhoneRecord, number: string, pin: string): Promise<string> {
  return offlineResponse(await keyOf(record, pin), number);
}

async function keyOf(record: PhoneRecord, pin: string): Promise<Octets> {
  if (record.scheme === "pin") {
    const mask = { key: record.maskKey!, salt: record.salt, iterations: record.iterations };
    return offlineKey(await masked(record.masked, pin, mask));
  }
  const hidden = record.hidden!;
  const wrap = await wrapper(await unlockSecret(record.credential, hidden.salt));
  return new Uint8Array(await crypto.subtle.decrypt(wrap.way, wrap.key, hidden.key));
}

// Every salt gives a key of its own, so the nonce may stay the same.
async function wrapper(secret: Octets): Promise<{ key: CryptoKey; way: AesGcmParams }> {
  const raw = await hkdf(secret, NOTHING, label("offline-wrap"), 32);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { key, way: { name: "AES-GCM", iv: new Uint8Array(12) } };
}

/** In the unlock way S is not kept; of it only the key for codes, and that under a secret the phone gives out at an unlock. */
export async function hide(secret: Octets, salt: Octets, credential: PublicKeyCredential): Promise<Hidden | null> {
  const prf = await registeredSecret(credential, salt);
  if (!prf) return null;
  const wrap = await wrapper(prf);
  return { salt, key: new Uint8Array(await crypto.subtle.encrypt(wrap.way, wrap.key, await offlineKey(secret))) };
}

export function freshSalt(): Octets {
  return random(32);
}
