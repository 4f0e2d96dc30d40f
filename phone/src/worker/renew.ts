/** The browser has given this phone a new address, or taken the old one away: the servers learn of it at once. */
import { choice, phones } from "../vault/vault";
import type { Site } from "../wire/messages";
import { isWished, keepSubscribed } from "../wire/subscription";
import { server } from "./notices";

declare const self: ServiceWorkerGlobalScope;

/** What fails now is found at the next start of the app. */
export async function renew(): Promise<void> {
  const site = await choice<Site>("site");
  const records = (await phones()).filter((record) => record.stage === "active");
  if (!site?.push_key || !records.length || !(await isWished())) return;
  await keepSubscribed(self.registration.pushManager, await server(), site.push_key, records);
}
