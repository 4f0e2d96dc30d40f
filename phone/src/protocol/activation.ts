/** Claiming a code: what the phone signs, what both sides hash, and the secret and six digits that follow. */
import { LP, hkdf, join, label, sha256, type Octets } from "./octets";

export interface About {
  platform: "android" | "ios" | "desktop" | "other";
  model: string;
  browser: string;
  app: string;
}

export interface Transcript {
  host: string;
  code: string;
  publicKey: Octets;
  ephemeralKey: Octets;
  about: About;
  device: string;
  activation: string;
  serverEphemeralKey: Octets;
  signingKey: Octets;
  pinKey: Octets;
  epoch: Octets;
  user: string;
  site: string;
}

export function claimMessage(host: string, code: string, publicKey: Octets, ephemeralKey: Octets): Octets {
  return join(label("claim"), LP(host), LP(code), LP(publicKey), LP(ephemeralKey));
}

/** `tr`: everything both sides believe about this activation. One differing byte gives other digits. */
export function transcript(t: Transcript): Promise<Octets> {
  return sha256(join(
    label("activation"),
    LP(t.host), LP(t.code), LP(t.publicKey), LP(t.ephemeralKey),
    LP(t.about.platform), LP(t.about.model), LP(t.about.browser), LP(t.about.app),
    LP(t.device), LP(t.activation), LP(t.serverEphemeralKey), LP(t.signingKey), LP(t.pinKey),
    LP(t.epoch), LP(t.user), LP(t.site),
  ));
}

export function claimedMessage(tr: Octets): Octets {
  return join(label("claimed"), tr);
}

/** `S`, shared by phone and server and never sent. */
export function sharedSecret(z: Octets, tr: Octets): Promise<Octets> {
  return hkdf(z, tr, label("S"), 32);
}

/** Six digits that the client carries from the phone to the portal. */
export async function shortDigits(z: Octets, tr: Octets): Promise<string> {
  const octets = await hkdf(z, tr, label("sas"), 8);
  const number = new DataView(octets.buffer).getBigUint64(0) % 1_000_000n;
  return number.toString().padStart(6, "0");
}
