/** Notifications, as the person sees them: on, off, or why not. Every failure here is explained and harmless. */
import type { PhoneRecord } from "../vault/vault";
import type { Api } from "./api";
import type { Sight } from "./lookout";
import { isWished, keepSubscribed, wishNoMore, within } from "./subscription";

export type PushState = "on" | "off" | "refused" | "unsupported" | "unconfigured";

export function pushSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

export async function pushState(key: string): Promise<PushState> {
  if (!key) return "unconfigured";
  if (!pushSupported()) return "unsupported";
  if (Notification.permission === "denied") return "refused";
  if (Notification.permission !== "granted") return "off";
  return (await within(current()).catch(() => null)) ? "on" : "off";
}

async function subscribe(api: Api, key: string, records: PhoneRecord[]): Promise<void> {
  const registration = await within(navigator.serviceWorker.ready);
  await keepSubscribed(registration.pushManager, api, key, records);
}

/** In a tap: iOS asks for the permission nowhere else. */
export async function turnOn(api: Api, key: string, records: PhoneRecord[]): Promise<PushState> {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  await subscribe(api, key, records);
  return "on";
}

/** At each start, and for each new user: who wished to be woken still is. */
export async function keepPush(api: Api, key: string, records: PhoneRecord[]): Promise<void> {
  if (!key || !records.length || !pushSupported() || Notification.permission !== "granted") return;
  // Turned on before the wish itself was kept: a living subscription speaks for it.
  if (!(await isWished()) && !(await within(current()).catch(() => null))) return;
  await subscribe(api, key, records).catch(() => undefined);
}

export async function turnOff(api: Api, records: PhoneRecord[]): Promise<void> {
  await wishNoMore();
  for (const record of records) await within(api.unsubscribe(record)).catch(() => undefined);
  const subscription = await within(current()).catch(() => null);
  await subscription?.unsubscribe().catch(() => false);
}

/** Notifications of requests that do not wait any more are taken away; so is every word about what has ended. Who could
 * not ask does not know what waits, and takes nothing away. */
export async function clearNotices(sight: Sight): Promise<void> {
  if (sight.offline || !("serviceWorker" in navigator)) return;
  const waiting = sight.waiting.map((request) => request.challenge.challenge);
  const registration = await navigator.serviceWorker.getRegistration("/").catch(() => undefined);
  for (const notice of (await registration?.getNotifications?.().catch(() => [])) ?? []) {
    const { challenge } = (notice.data ?? {}) as { challenge?: string };
    if (challenge ? !waiting.includes(challenge) : !waiting.length) notice.close();
  }
}
