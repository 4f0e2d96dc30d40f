/**
 * What a push becomes: one notification for each request that waits, and none for those that do not any more. Every push
 * shows something, because phones drop subscriptions that stay silent.
 */
import { browserIn } from "../texts/browser";
import { notices, type Notices } from "../texts/notices";
import { choice, phones } from "../vault/vault";
import { Api } from "../wire/api";
import { NOTHING_SEEN, lookAround, type Request, type Sight } from "../wire/lookout";

declare const self: ServiceWorkerGlobalScope;

/** What a notification carries: whom to deny what. Nothing for one that speaks of no request. */
export interface Carried {
  device: string;
  challenge: string;
}

interface Notice extends NotificationOptions {
  actions?: { action: string; title: string }[];
  renotify?: boolean;
  timestamp?: number;
}

const LOOK = "twolatch-look";
// A notification must come soon, with details or without.
const PATIENCE = 3_000;

/** The language of the app; pushed before it was ever opened, the browser's. */
export async function language(): Promise<string> {
  return (await choice<string>("spoken").catch(() => undefined)) ?? navigator.language;
}

export async function words(): Promise<Notices> {
  return notices(await language());
}

export async function server(): Promise<Api> {
  const spoken = await language();
  return new Api(location.host, () => spoken);
}

export async function show(title: string, body: string, tag: string, more: Notice = {}): Promise<void> {
  const options: Notice = { body, tag, icon: __ICON__, badge: __ICON__, ...more };
  await self.registration.showNotification(title, options);
}

export async function showTest(): Promise<void> {
  const said = await words();
  await show(said.test, said.testBody, "twolatch-test");
}

/** With details when the server answers in time; else at once without, and with details as soon as it answers. */
export async function showWaiting(): Promise<void> {
  const said = await words();
  const looked = look().catch(() => null);
  const soon = await Promise.race([looked, new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE))]);
  if (!soon) await show(said.waiting, said.open, LOOK);
  const sight = soon ?? (await looked);
  if (!sight || sight.offline || sight.trouble.size === (await phones()).length) {
    if (soon) await show(said.waiting, said.open, LOOK);
    return;
  }
  await withdraw(sight.waiting);
  for (const request of sight.waiting) await showRequest(request, said, sight, !soon);
  if (!sight.waiting.length) await show(said.over, said.overBody, LOOK, { silent: true });
}

async function look(): Promise<Sight> {
  const records = (await phones()).filter((record) => record.stage === "active");
  if (!records.length) throw new Error("nobody here");
  return lookAround(await server(), records, NOTHING_SEEN);
}

async function withdraw(waiting: Request[]): Promise<void> {
  const ids = waiting.map((request) => request.challenge.challenge);
  for (const notice of await self.registration.getNotifications()) {
    const { challenge } = (notice.data ?? {}) as Partial<Carried>;
    if (challenge ? !ids.includes(challenge) : notice.tag === LOOK) notice.close();
  }
}

function titleOf({ type, transaction }: Request["challenge"], said: Notices): string {
  if (type === "support") return said.support;
  if (type === "test") return said.trial;
  return transaction ? said.confirm : said.waiting;
}

async function showRequest(request: Request, said: Notices, sight: Sight, quietly: boolean): Promise<void> {
  const { challenge, record } = request;
  const { known_browser } = challenge.context;
  const isSupport = challenge.type === "support"; // whose name is read on no locked screen
  const browser = isSupport ? "" : browserIn(said.on, challenge.context.browser);
  const named = known_browser ? browser : said.fresh.replace("{browser}", browser);
  // Several users share this app: only then a name, or nobody could tell whose login it is.
  const many = new Set(sight.waiting.map((each) => each.record.device)).size > 1;
  const body = [many ? record.display : "", browser ? `${named}.` : "", said.open].filter(Boolean).join(" ");
  const carried: Carried = { device: record.device, challenge: challenge.challenge };
  await show(titleOf(challenge, said), body, challenge.challenge, {
    data: carried, silent: quietly, timestamp: challenge.issued, requireInteraction: true,
    actions: [{ action: "open", title: said.approve }, { action: "deny", title: said.deny }],
  });
}
