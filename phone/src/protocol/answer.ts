/** The answer to a challenge: message M, the tag that proves the PIN, and the signature over both. */
import { LP, hkdf, hmac, join, label, sha256, u64, type Octets } from "./octets";
import { agree, newEphemeralKey, sign, type KeyPair } from "./keys";

export type Decision = "approve" | "deny" | "not_me";
const DECISION: Record<Decision, number> = { approve: 1, deny: 2, not_me: 3 };

export interface Meaning {
  host: string;
  device: string;
  challenge: string;
  /** SHA-256 of the challenge's bytes. */
  hash: Octets;
  decision: Decision;
  digits: string;
  epoch: Octets;
  seq: number;
}

/** `M`: what exactly is being answered, and by which copy of this phone's storage. */
export function answerMessage(m: Meaning): Octets {
  if (m.hash.length !== 32 || m.epoch.length !== 16) throw new RangeError("hash is 32 bytes, epoch is 16 bytes");
  return join(
    label("response"), LP(m.host), LP(m.device), LP(m.challenge), m.hash,
    Uint8Array.of(DECISION[m.decision]), LP(m.digits), LP(m.epoch), u64(m.seq),
  );
}

export interface PinProof {
  ephemeralKey: Octets;
  tag: Octets;
}

export const NO_PROOF: PinProof = { ephemeralKey: new Uint8Array(0), tag: new Uint8Array(0) };

/** Only the server can tell whether the PIN was right: without its pin key the tag says nothing about S'. */
export async function pinProof(
  message: Octets, secret: Octets, pinKey: Octets, ephemeral?: KeyPair,
): Promise<PinProof> {
  const { privateKey, publicKey } = ephemeral ?? (await newEphemeralKey());
  const z = await agree(privateKey, pinKey);
  const tagKey = await hkdf(join(secret, z), new Uint8Array(0), join(label("tag"), LP(publicKey)), 32);
  const tag = await hmac(tagKey, join(label("pin-tag"), await sha256(message)));
  return { ephemeralKey: publicKey, tag };
}

export async function signedPart(message: Octets, proof: PinProof): Promise<Octets> {
  return join(label("sig"), await sha256(message), LP(proof.ephemeralKey), LP(proof.tag));
}

export async function signAnswer(deviceKey: CryptoKey, message: Octets, proof: PinProof): Promise<Octets> {
  return sign(deviceKey, await signedPart(message, proof));
}

/** The challenge of a WebAuthn ceremony that stands in for a PIN. */
export function unlockChallenge(message: Octets): Promise<Octets> {
  return sha256(join(label("wa"), message));
}
