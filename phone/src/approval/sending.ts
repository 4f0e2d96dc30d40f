/** An answer on its way: written, signed, delivered. Without screens and ceremonies, so the service worker can deny with it. */
import {
  NO_PROOF, answerMessage, pinProof, signAnswer, unlockChallenge, type Decision, type Meaning,
} from "../protocol/answer";
import type { Opened } from "../protocol/challenge";
import { fromB64u, sha256, toB64u, type Octets } from "../protocol/octets";
import { accept, nextSeq, type PhoneRecord, type Scheme } from "../vault/vault";
import type { Api } from "../wire/api";
import type { Answer, Answered, Unlock } from "../wire/messages";
import { Refusal, localRefusal } from "../wire/refusal";

/** What proves that the client himself approves: the secret a PIN opened, or an unlock ceremony. */
export type Proof =
  | { by: "secret"; secret: Octets; pinKey: Octets }
  | { by: "unlock"; ceremony: (challenge: Octets) => Promise<Unlock> };

export interface Draft extends Meaning {
  deviceKey: CryptoKey;
  scheme: Scheme;
}

/** The answer as it is sent. Deny and "not me" carry no proof. */
export async function writeAnswer(draft: Draft, proof: Proof | null): Promise<Answer> {
  const message = answerMessage(draft);
  const tag = proof?.by === "secret" ? await pinProof(message, proof.secret, proof.pinKey) : NO_PROOF;
  const unlock = proof?.by === "unlock" ? await proof.ceremony(await unlockChallenge(message)) : null;
  return {
    device: draft.device,
    challenge: draft.challenge,
    hash: toB64u(draft.hash),
    decision: draft.decision,
    confirmation: draft.digits,
    epoch: toB64u(draft.epoch),
    seq: draft.seq,
    scheme: draft.scheme,
    ephemeral_key: toB64u(tag.ephemeralKey),
    tag: toB64u(tag.tag),
    unlock,
    signature: toB64u(await signAnswer(draft.deviceKey, message, tag)),
  };
}

const PAUSES = [500, 1500, 4000];
const LEAP = 1000;

/** The very same answer again after a lost reply: the server tells the same result, so no login is lost. */
export async function deliver(api: Api, answer: Answer): Promise<Answered> {
  for (const pause of PAUSES) {
    try {
      return await api.answer(answer);
    } catch (error) {
      const again = error instanceof Refusal && (error.code === "wire.offline" || error.code === "wire.busy");
      if (!again || (error.problem.retryAfter ?? 0) > 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return api.answer(answer);
}

export interface Said {
  decision: Decision;
  digits: string;
}

export type Prove = (record: PhoneRecord) => Promise<Proof | null>;

async function attempt(api: Api, device: string, opened: Opened, said: Said, prove: Prove, leap: number): Promise<Answered> {
  const record = await nextSeq(device, leap);
  if (!record) throw localRefusal("phone.removed");
  const proof = await prove(record);
  const answer = await writeAnswer({
    host: record.host, device, challenge: opened.challenge.challenge, hash: await sha256(opened.bytes),
    decision: said.decision, digits: said.digits, epoch: record.epoch, seq: record.seq,
    deviceKey: record.deviceKey, scheme: record.scheme,
  }, proof);
  const answered = await deliver(api, answer);
  await accept(device, fromB64u(answered.epoch, 16));
  return answered;
}

/** One answer at a time per phone record, over all tabs and the worker: each must know the epoch the last one brought. */
export async function send(api: Api, device: string, opened: Opened, said: Said, prove: Prove): Promise<Answered> {
  const once = async () => {
    try {
      return await attempt(api, device, opened, said, prove, 1);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "answer.replayed") throw error;
      return attempt(api, device, opened, said, prove, LEAP);
    }
  };
  return "locks" in navigator ? (navigator.locks.request(`answer:${device}`, once) as Promise<Answered>) : once();
}
