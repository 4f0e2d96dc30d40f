/** Goodbye: the server hears of it before the key goes, or as soon as it can be reached. */
import { respond } from "../approval/answer";
import { openChallenge, type SignedBytes } from "../protocol/challenge";
import { choice, choose, setAside, type Leaving, type PhoneRecord } from "../vault/vault";
import type { Api } from "../wire/api";
import type { Goodbye } from "../places";
import { Refusal } from "../wire/refusal";

/** Proves PIN or unlock, so that goodbye is a removal. Throws `answer.wrong` and all else that an answer may meet. */
export async function proveLeaving(api: Api, record: PhoneRecord, pin: string): Promise<void> {
  const signed = (await api.signed(record, "POST", "device/leave")) as SignedBytes;
  const asked = await openChallenge(signed, record.signingKey, record.host, record.user);
  await respond(api, record.device, asked, { decision: "approve", pin, digits: "" });
}

/** Only the device key stays, and only until goodbye was heard. */
export async function leave(api: Api, record: PhoneRecord): Promise<Goodbye> {
  await setAside(record.device);
  return (await say(api, record)) ?? "later";
}

async function say(api: Api, one: Leaving): Promise<Goodbye | null> {
  try {
    const { state } = (await api.signed(one, "DELETE", "device")) as { state: string };
    await forget(one.device);
    return state === "removed" ? "proved" : "silenced";
  } catch (error) {
    if (!(error instanceof Refusal) || !error.code.startsWith("phone.")) return null;
    await forget(one.device); // The site knows this phone no more: nothing is left to be said.
    return "proved";
  }
}

async function forget(device: string): Promise<void> {
  const left = (await choice<Leaving[]>("leaving")) ?? [];
  await choose("leaving", left.filter((each) => each.device !== device));
}

/** What could not be said without a network. */
export async function sayGoodbyes(api: Api): Promise<void> {
  for (const one of (await choice<Leaving[]>("leaving")) ?? []) await say(api, one);
}
