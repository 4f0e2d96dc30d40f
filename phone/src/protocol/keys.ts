/** Keys of both sides. Private keys of the phone are made not extractable and never leave WebCrypto. */
import { LP, fromB64u, join, label, sha256, toB64u, type Octets } from "./octets";

const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const ECDH = { name: "ECDH", namedCurve: "P-256" };

export interface KeyPair {
  privateKey: CryptoKey;
  publicKey: Octets;
}

async function exported(pair: CryptoKeyPair): Promise<KeyPair> {
  return { privateKey: pair.privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

export async function newDeviceKey(): Promise<KeyPair> {
  return exported(await crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]));
}

export async function newEphemeralKey(): Promise<KeyPair> {
  return exported(await crypto.subtle.generateKey(ECDH, false, ["deriveBits"]));
}

/** 64 bytes, `r + s`, over SHA-256 of the message. */
export async function sign(key: CryptoKey, message: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.sign(SIGNING, key, message));
}

export async function verify(publicKey: Octets, signature: Octets, message: Octets): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", publicKey, ECDSA, false, ["verify"]);
  return crypto.subtle.verify(SIGNING, key, signature, message);
}

/** The 32-byte x coordinate. */
export async function agree(privateKey: CryptoKey, publicKey: Octets): Promise<Octets> {
  const other = await crypto.subtle.importKey("raw", publicKey, ECDH, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, privateKey, 256));
}

/** A public key from a message: an uncompressed point, 65 bytes, first byte 4. */
export function readPublicKey(text: string): Octets {
  const point = fromB64u(text, 65);
  if (point[0] !== 4) throw new SyntaxError("not an uncompressed point");
  return point;
}

/** What the QR code says about the server's keys, so that a scanned code trusts nobody in between. */
export async function fingerprint(signingKey: Octets, pinKey: Octets): Promise<string> {
  const digest = await sha256(join(label("server-keys"), LP(signingKey), LP(pinKey)));
  return toB64u(digest.slice(0, 16));
}

export async function requestMessage(
  host: string, device: string, method: string, path: string, nonce: string, body: Octets,
): Promise<Octets> {
  return join(label("request"), LP(host), LP(device), LP(method), LP(path), LP(nonce), await sha256(body));
}

export function streamMessage(host: string, device: string, nonce: string): Octets {
  return join(label("stream"), LP(host), LP(device), LP(nonce));
}
