/** Allowing the move to a new phone: the old one proves its PIN or its unlock, for one code. */
import { ForeignChallenge, openChallenge } from "../protocol/challenge";
import type { PhoneRecord } from "../vault/vault";
import type { Api } from "../wire/api";
import { respond } from "./answer";

export async function allowMove(api: Api, record: PhoneRecord, pin: string): Promise<void> {
  const asked = await openChallenge(await api.askTransfer(record), record.signingKey, record.host, record.user);
  if (asked.challenge.started !== "move") throw new ForeignChallenge("a question about something else");
  await respond(api, record.device, asked, { decision: "approve", pin, digits: "" });
  await api.beginTransfer(record);
}
