/**
 * Where this phone is woken, kept alive. A subscription dies in silence: browsers renew it, push services forget it, sites
 * change their key. So at each start, and when the browser says so, it is compared with what each user's server holds.
 * Shared by the app and the service worker.
 */
import { fromB64u, same, toB64u } from "../protocol/octets";
import { choice, choose, type PhoneRecord } from "../vault/vault";
import type { Api } from "./api";
import { Refusal } from "./refusal";
import type { Subscription } from "./messages";

const PATIENCE = 4_000;

/** That the person wants to be woken, which address was told last, and for which users. */
interface Wish {
  endpoint: string;
  told: string[];
}

/** Where the push service cannot be reached, browsers wait for ever: we do not. */
export function within<T>(promise: Promise<T>, milliseconds = PATIENCE): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error("no answer in time")), milliseconds)),
  ]);
}

function written(subscription: PushSubscription): Subscription {
  const key = (name: PushEncryptionKeyName) => toB64u(new Uint8Array(subscription.getKey(name)!));
  return { endpoint: subscription.endpoint, p256dh: key("p256dh"), auth: key("auth") };
}

/** Made for another key, a subscription hears nothing of this site. A browser that does not tell is believed. */
function fits(subscription: PushSubscription, key: string): boolean {
  const made = subscription.options?.applicationServerKey;
  return !made || same(new Uint8Array(made), fromB64u(key));
}

async function subscribed(push: PushManager, key: string, anew: boolean): Promise<PushSubscription> {
  const before = await within(push.getSubscription()).catch(() => null);
  if (before && !anew && fits(before, key)) return before;
  await before?.unsubscribe().catch(() => false);
  return within(push.subscribe({ userVisibleOnly: true, applicationServerKey: fromB64u(key) }));
}

async function tell(api: Api, record: PhoneRecord, subscription: PushSubscription): Promise<boolean> {
  try {
    await within(api.subscribe(record, written(subscription)));
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.code.startsWith("phone.")) return false; // this user is not woken any more
    throw error;
  }
}

export async function isWished(): Promise<boolean> {
  return (await choice<Wish>("push")) !== undefined;
}

export async function wishNoMore(): Promise<void> {
  await choose("push", undefined);
}

/** Makes sure that every user is woken here. Throws when the push service or the site cannot be reached. */
export async function keepSubscribed(push: PushManager, api: Api, key: string, records: PhoneRecord[]): Promise<void> {
  const before = (await choice<Wish>("push")) ?? { endpoint: "", told: [] };
  const woken = new Map<string, boolean>();
  for (const { device, deviceKey } of records) {
    const is = await within(api.isWoken({ device, deviceKey })).catch((error: unknown) => {
      if (error instanceof Refusal && error.code.startsWith("phone.")) return true;
      throw error;
    });
    woken.set(device, is);
  }
  const died = before.endpoint !== "" && records.some(({ device }) => before.told.includes(device) && !woken.get(device));
  const subscription = await subscribed(push, key, died);
  const moved = subscription.endpoint !== before.endpoint;
  const told = moved ? [] : before.told.filter((device) => woken.get(device));
  for (const record of records) {
    if (!told.includes(record.device) && await tell(api, record, subscription)) told.push(record.device);
  }
  await choose("push", { endpoint: subscription.endpoint, told } satisfies Wish);
}
