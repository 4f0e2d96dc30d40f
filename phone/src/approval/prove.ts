/** Is this the PIN of this app? Only the server can tell, by a test challenge to a user who is already here. */
import { openChallenge } from "../protocol/challenge";
import type { PhoneRecord } from "../vault/vault";
import type { Api } from "../wire/api";
import { Refusal } from "../wire/refusal";
import { respond } from "./answer";

export type Proven = { right: true } | { right: false; triesLeft: number | null };

/** A phone that was suspended, locked or removed can prove nothing; the next one is asked. */
const SILENT = new Set(["phone.unknown", "phone.reported", "phone.suspended", "phone.locked", "phone.removed", "phone.copied"]);

export function isSilent(error: unknown): boolean {
  return error instanceof Refusal && SILENT.has(error.code);
}

export async function proveWith(api: Api, record: PhoneRecord, pin: string): Promise<Proven> {
  try {
    const test = await openChallenge(await api.test(record), record.signingKey, record.host, record.user);
    await respond(api, record.device, test, { decision: "approve", pin, digits: "" });
    return { right: true };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "answer.wrong") throw error;
    return { right: false, triesLeft: error.problem.triesLeft };
  }
}

/** Null when none of these users can prove anything any more: then the PIN is free to be made anew. */
export async function provePin(api: Api, records: PhoneRecord[], pin: string): Promise<Proven | null> {
  for (const record of records) {
    try {
      return await proveWith(api, record, pin);
    } catch (error) {
      if (!isSilent(error)) throw error;
    }
  }
  return null;
}
