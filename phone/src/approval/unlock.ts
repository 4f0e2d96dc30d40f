/** The phone's own lock (Face ID, fingerprint, passcode) by WebAuthn, in place of a PIN of the app. */
import { toB64u, utf8, type Octets } from "../protocol/octets";
import type { Unlock } from "../wire/messages";
import { localRefusal } from "../wire/refusal";

const ES256 = -7;
const PATIENCE = 120_000;

export async function canUnlock(): Promise<boolean> {
  if (!("PublicKeyCredential" in window)) return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
}

// What a browser says when trying again cannot help. Everything else it calls NotAllowed, on purpose: cancelled, too late,
// another face, and also a credential that is gone.
const HOPELESS = new Set(["InvalidStateError", "NotSupportedError", "NotReadableError", "ConstraintError"]);

async function ceremony(wish: Promise<Credential | null>): Promise<PublicKeyCredential> {
  const outcome = await wish.catch((error: unknown) => (error instanceof Error ? error.name : ""));
  if (outcome instanceof PublicKeyCredential) return outcome;
  const isLost = (typeof outcome === "string" && HOPELESS.has(outcome)) || !(await canUnlock());
  throw localRefusal(isLost ? "unlock.lost" : "unlock.cancelled");
}

export interface Registration {
  credential: Octets;
  made: PublicKeyCredential;
  unlock: Unlock;
}

/** `challenge` is 32 bytes, derived from the answer's message, so the ceremony speaks for that answer only. */
export async function registerUnlock(
  challenge: Octets, site: string, user: string, display: string, device: string, salt: Octets,
): Promise<Registration> {
  const credential = await ceremony(navigator.credentials.create({
    publicKey: {
      challenge,
      rp: { id: location.hostname, name: site },
      user: { id: utf8(device), name: user, displayName: display },
      pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
      authenticatorSelection: {
        authenticatorAttachment: "platform", userVerification: "required", residentKey: "discouraged",
      },
      attestation: "none",
      extensions: { prf: { eval: { first: salt } } },
      timeout: PATIENCE,
    },
  }));
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    credential: new Uint8Array(credential.rawId),
    made: credential,
    unlock: {
      kind: "registration",
      credential: toB64u(new Uint8Array(credential.rawId)),
      client_data: toB64u(new Uint8Array(response.clientDataJSON)),
      attestation: toB64u(new Uint8Array(response.attestationObject)),
      authenticator_data: "",
      signature: "",
    },
  };
}

export async function assertUnlock(challenge: Octets, id: Octets): Promise<Unlock> {
  const credential = await ceremony(navigator.credentials.get({
    publicKey: {
      challenge,
      rpId: location.hostname,
      allowCredentials: [{ type: "public-key", id, transports: ["internal"] }],
      userVerification: "required",
      timeout: PATIENCE,
    },
  }));
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    kind: "assertion",
    credential: toB64u(id),
    client_data: toB64u(new Uint8Array(response.clientDataJSON)),
    authenticator_data: toB64u(new Uint8Array(response.authenticatorData)),
    signature: toB64u(new Uint8Array(response.signature)),
    attestation: "",
  };
}


function prfOf(credential: PublicKeyCredential): Octets | null {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!first) return null;
  return ArrayBuffer.isView(first) ? new Uint8Array(first.buffer as ArrayBuffer) : new Uint8Array(first);
}

/** The secret that this credential gives out for `salt` at an unlock (WebAuthn level 3, "prf"). Needs no network. */
export async function unlockSecret(id: Octets, salt: Octets): Promise<Octets> {
  const credential = await ceremony(navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rpId: location.hostname,
      allowCredentials: [{ type: "public-key", id, transports: ["internal"] }],
      userVerification: "required",
      timeout: PATIENCE,
      extensions: { prf: { eval: { first: salt } } },
    },
  }));
  const secret = prfOf(credential);
  if (!secret) throw localRefusal("unlock.cancelled");
  return secret;
}

/** The same at its registration. Some platforms give it at once, some at a second unlock, some never: then null. */
export async function registeredSecret(credential: PublicKeyCredential, salt: Octets): Promise<Octets | null> {
  const atOnce = prfOf(credential);
  if (atOnce || !credential.getClientExtensionResults().prf?.enabled) return atOnce;
  return unlockSecret(new Uint8Array(credential.rawId), salt).catch(() => null);
}
