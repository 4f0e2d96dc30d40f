/** Turning a code into a device: the claim, and every check of the server's answer before anything is believed. */
import {
  claimMessage, claimedMessage, sharedSecret, shortDigits, transcript, type About,
} from "../protocol/activation";
import type { Code } from "../protocol/codes";
import { openChallenge, type Opened } from "../protocol/challenge";
import {
  agree, fingerprint, newDeviceKey, newEphemeralKey, readPublicKey, sign, verify, type KeyPair,
} from "../protocol/keys";
import { fromB64u, toB64u, type Octets } from "../protocol/octets";
import type { Api } from "../wire/api";
import type { Claimed } from "../wire/messages";
import { localRefusal } from "../wire/refusal";

/** A claimed code, in memory only: `secret` is S and is gone when the PIN has masked it. */
export interface Claimant {
  device: string;
  host: string;
  user: string;
  display: string;
  site: string;
  expires: number;
  deviceKey: CryptoKey;
  signingKey: Octets;
  pinKey: Octets;
  epoch: Octets;
  secret: Octets;
  digits: string;
  test: Opened;
}

export interface Wish {
  code: Code;
  userName: string;
  about: About;
  holds: string[];
}

async function claimWith(api: Api, wish: Wish, device: KeyPair, ephemeral: KeyPair): Promise<Claimed> {
  const message = claimMessage(api.host, wish.code.code, device.publicKey, ephemeral.publicKey);
  return api.claim({
    version: 1,
    code: wish.code.code,
    user_name: wish.userName,
    public_key: toB64u(device.publicKey),
    ephemeral_key: toB64u(ephemeral.publicKey),
    device: wish.about,
    holds: wish.holds.slice(0, 20),
    signature: toB64u(await sign(device.privateKey, message)),
  });
}

/** Throws `wire.foreign` when the answer is not from the server whose QR code was scanned, or was changed on its way. */
export async function claim(api: Api, wish: Wish): Promise<Claimant> {
  const [device, ephemeral] = [await newDeviceKey(), await newEphemeralKey()];
  const claimed = await claimWith(api, wish, device, ephemeral);
  try {
    return await believe(api.host, wish, device, ephemeral, claimed);
  } catch {
    throw localRefusal("wire.foreign");
  }
}

async function believe(
  host: string, wish: Wish, device: KeyPair, ephemeral: KeyPair, claimed: Claimed,
): Promise<Claimant> {
  const [signingKey, pinKey] = [readPublicKey(claimed.signing_key), readPublicKey(claimed.pin_key)];
  const serverEphemeralKey = readPublicKey(claimed.ephemeral_key);
  const epoch = fromB64u(claimed.epoch, 16);
  if (wish.code.kind === "scanned" && (await fingerprint(signingKey, pinKey)) !== wish.code.fingerprint) {
    throw new Error("other keys than the QR code says");
  }
  const tr = await transcript({
    host, code: wish.code.code, publicKey: device.publicKey, ephemeralKey: ephemeral.publicKey, about: wish.about,
    device: claimed.device, activation: claimed.activation, serverEphemeralKey, signingKey, pinKey, epoch,
    user: claimed.user, site: claimed.site,
  });
  if (!(await verify(signingKey, fromB64u(claimed.signature, 64), claimedMessage(tr)))) {
    throw new Error("the answer's signature does not fit");
  }
  const test = await openChallenge(claimed.test, signingKey, host, claimed.user);
  if (test.challenge.type !== "test") throw new Error("the first challenge is no test");
  const z = await agree(ephemeral.privateKey, serverEphemeralKey);
  return {
    device: claimed.device, host, user: claimed.user, display: claimed.display, site: claimed.site,
    expires: claimed.expires, deviceKey: device.privateKey, signingKey, pinKey, epoch,
    secret: await sharedSecret(z, tr), digits: await shortDigits(z, tr), test,
  };
}
