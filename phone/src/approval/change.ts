/** A new PIN for every user of the app at once. Each user's server has to confirm the old one first. */
import { hmacKey, random } from "../protocol/octets";
import { masked } from "../protocol/mask";
import { OneMore, remask, type NewMask, type PhoneRecord } from "../vault/vault";
import type { Api } from "../wire/api";
import { localRefusal } from "../wire/refusal";
import { isSilent, proveWith, type Proven } from "./prove";

async function remasked(record: PhoneRecord, before: string, after: string, iterations: number): Promise<NewMask> {
  const old = { key: record.maskKey!, salt: record.salt, iterations: record.iterations };
  const secret = await masked(record.masked, before, old);
  const fresh = { key: await hmacKey(random(32)), salt: random(16), iterations };
  return {
    device: record.device, maskKey: fresh.key, salt: fresh.salt, iterations,
    masked: await masked(secret, after, fresh),
  };
}

/** A wrong old PIN would mask garbage for ever, so nothing is stored before every user who may answer has proved it. The
 * PIN of the app is one: who was stopped meanwhile, or is just being added, goes along with the others. */
export async function changePin(
  api: Api, records: PhoneRecord[], before: string, after: string, iterations: number,
): Promise<Proven> {
  let silent: unknown = null, proofs = 0;
  for (const record of records.filter((each) => each.stage === "active")) {
    try {
      const proven = await proveWith(api, record, before);
      if (!proven.right) return proven;
      proofs += 1;
    } catch (error) {
      if (!isSilent(error)) throw error;
      silent = error;
    }
  }
  if (!proofs) throw silent;
  try {
    await remask(await Promise.all(records.map((record) => remasked(record, before, after, iterations))));
  } catch (error) {
    throw error instanceof OneMore ? localRefusal("answer.replayed") : error;
  }
  return { right: true };
}
