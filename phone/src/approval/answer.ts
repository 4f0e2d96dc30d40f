/** Answering a challenge: approve with a PIN or the phone's unlock, deny, or "it was not me". */
import type { Decision } from "../protocol/answer";
import type { Opened } from "../protocol/challenge";
import { masked } from "../protocol/mask";
import type { Octets } from "../protocol/octets";
import type { PhoneRecord } from "../vault/vault";
import type { Api } from "../wire/api";
import type { Answered } from "../wire/messages";
import { send, type Proof } from "./sending";
import { assertUnlock } from "./unlock";

export { deliver, writeAnswer, type Draft, type Proof } from "./sending";

export interface Wanted {
  decision: Decision;
  pin: string;
  digits: string;
}

async function proofFor(record: PhoneRecord, wanted: Wanted): Promise<Proof | null> {
  if (wanted.decision !== "approve") return null;
  if (record.scheme === "unlock") {
    const ceremony = (challenge: Octets) => assertUnlock(challenge, record.credential);
    return Promise.resolve({ by: "unlock", ceremony });
  }
  const mask = { key: record.maskKey!, salt: record.salt, iterations: record.iterations };
  return masked(record.masked, wanted.pin, mask)
    .then((secret) => ({ by: "secret", secret, pinKey: record.pinKey }));
}

export function respond(api: Api, device: string, opened: Opened, wanted: Wanted): Promise<Answered> {
  return send(api, device, opened, wanted, (record) => proofFor(record, wanted));
}
