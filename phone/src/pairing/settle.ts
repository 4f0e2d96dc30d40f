/** From a claimed code to a stored phone: the record and the ready answer to the test, in one atomic step. */
import { writeAnswer, deliver, type Proof } from "../approval/answer";
import { freshSalt, hide } from "../approval/offline";
import { registerUnlock } from "../approval/unlock";
import { masked } from "../protocol/mask";
import { fromB64u, hmacKey, random, sha256, type Octets } from "../protocol/octets";
import { askToKeep } from "../vault/keeping";
import { activate, keep, type PhoneRecord } from "../vault/vault";
import type { Api } from "../wire/api";
import type { Answer } from "../wire/messages";
import type { Claimant } from "./claim";

const NOTHING = new Uint8Array(0);
const LEAST_ITERATIONS = 100_000;

/** The site says how slow a guess has to be; only tests on *.localhost may go below the floor. */
export function iterations(told: number): number {
  return /(^|\.)localhost$/.test(location.hostname) ? Math.max(told, 1) : Math.max(told, LEAST_ITERATIONS);
}

function blank(claimant: Claimant): PhoneRecord {
  return {
    device: claimant.device, host: claimant.host, user: claimant.user, display: claimant.display, site: claimant.site,
    stage: "pending", scheme: "pin", deviceKey: claimant.deviceKey, maskKey: null, salt: NOTHING, iterations: 0,
    masked: NOTHING, credential: NOTHING, signingKey: claimant.signingKey, pinKey: claimant.pinKey,
    epoch: claimant.epoch, seq: 1, added: Date.now(), digits: claimant.digits, expires: claimant.expires, ready: null,
  };
}

async function ready(claimant: Claimant, scheme: "pin" | "unlock", proof: Proof): Promise<Answer> {
  const { host, device, test, epoch, deviceKey } = claimant;
  return writeAnswer({
    host, device, challenge: test.challenge.challenge, hash: await sha256(test.bytes), decision: "approve", digits: "", epoch,
    seq: 1, deviceKey, scheme,
  }, proof);
}

async function store(record: PhoneRecord): Promise<PhoneRecord> {
  await keep(record);
  void askToKeep();
  return record;
}

export async function settleWithPin(claimant: Claimant, pin: string, rounds: number): Promise<PhoneRecord> {
  const record = blank(claimant);
  const maskKey = await hmacKey(random(32));
  const salt = random(16);
  const hidden = await masked(claimant.secret, pin, { key: maskKey, salt, iterations: rounds });
  const answer = await ready(claimant, "pin", { by: "secret", secret: claimant.secret, pinKey: claimant.pinKey });
  return store({ ...record, maskKey, salt, iterations: rounds, masked: hidden, ready: answer });
}

/** S is not kept: the phone's own lock stands in for it. Of it only what makes codes, sealed, where the platform can. */
export async function settleWithUnlock(claimant: Claimant): Promise<PhoneRecord> {
  let credential: Octets = NOTHING;
  let made: PublicKeyCredential | null = null;
  const salt = freshSalt();
  const ceremony = async (challenge: Octets) => {
    const { site, user, display, device } = claimant;
    const registration = await registerUnlock(challenge, site, user, display, device, salt);
    credential = registration.credential;
    made = registration.made;
    return registration.unlock;
  };
  const answer = await ready(claimant, "unlock", { by: "unlock", ceremony });
  const hidden = made ? await hide(claimant.secret, salt, made) : null;
  return store({ ...blank(claimant), scheme: "unlock", credential, ready: answer, hidden });
}

/** The portal has confirmed the digits: send the stored answer. Also after the app was closed in between. */
export async function finish(api: Api, record: PhoneRecord): Promise<void> {
  const answered = await deliver(api, record.ready!);
  await activate(record.device, fromB64u(answered.epoch, 16));
}
