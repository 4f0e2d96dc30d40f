/** "Deny", pressed on a notification. It needs no PIN: the phone's key signs it, which never leaves the browser. */
import { localOutcome } from "../approval/outcome";
import { send } from "../approval/sending";
import { openChallenge } from "../protocol/challenge";
import { phone, rememberAnswered } from "../vault/vault";
import { Refusal } from "../wire/refusal";
import { server, show, words, type Carried } from "./notices";

type Ending = "denied" | "over" | "failed";

async function denied({ device, challenge }: Carried): Promise<Ending> {
  const record = await phone(device);
  if (!record) return "over";
  const api = await server();
  for (const signed of (await api.challenges(record)).waiting) {
    const opened = await openChallenge(signed, record.signingKey, record.host, record.user);
    if (opened.challenge.challenge !== challenge) continue;
    const { state } = await send(api, device, opened, { decision: "deny", digits: "" }, () => Promise.resolve(null));
    await rememberAnswered(challenge);
    return localOutcome(state) === "denied" ? "denied" : "over";
  }
  return "over";
}

/** Says what became of it in the place of the notification that was pressed. */
export async function deny(carried: Carried): Promise<void> {
  const said = await words();
  const ending = await denied(carried).catch((error: unknown): Ending =>
    error instanceof Refusal && /^(challenge|phone)\./.test(error.code) ? "over" : "failed");
  // Not denied: the request keeps its place and can be pressed again.
  const data = ending === "failed" ? carried : undefined;
  await show(said[ending], said[`${ending}Body`], carried.challenge, { silent: true, ...(data && {
    data, actions: [{ action: "open", title: said.approve }, { action: "deny", title: said.deny }],
  }) });
}
