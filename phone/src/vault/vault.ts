/**
 * What this phone holds. The law of this room: nothing stored here tells a right PIN from a wrong one, private keys
 * are CryptoKeys that cannot be read out, and every change is one transaction.
 */
import type { IDBPDatabase } from "idb";
import type { Octets } from "../protocol/octets";
import { openVault, type Layout, type PhoneRecord, type Seen } from "./layout";

export { NewerVault, type Hidden, type PhoneRecord, type Scheme } from "./layout";

const manner = { makes: true, blocked: () => undefined as void };
let opened: Promise<IDBPDatabase<Layout>> | null = null;

function vault(): Promise<IDBPDatabase<Layout>> {
  opened ??= openVault({ ...manner, blocking: () => void forget(), terminated: () => void (opened = null) })
    .catch((error: unknown) => {
      opened = null; // The next wish tries again.
      throw error;
    });
  return opened;
}

/** A newer version of the app waits in another tab: let go of the database. */
async function forget(): Promise<void> {
  const db = await opened;
  opened = null;
  db?.close();
}

/** A service worker only reads and changes what the app has made. */
export function makeNoVault(): void {
  manner.makes = false;
}

/** Called while an older version of the app, in another window, holds the vault open. */
export function whenBlocked(told: () => void): void {
  manner.blocked = told;
}

// Tabs and the worker tell each other that users have come, changed or gone.
let line: BroadcastChannel | null = null;

function others(): BroadcastChannel {
  return (line ??= new BroadcastChannel("twolatch-vault"));
}

export function whenChangedElsewhere(told: () => void): void {
  others().onmessage = () => told();
}

function tellOthers(): void {
  others().postMessage("changed");
}

export async function phones(): Promise<PhoneRecord[]> {
  const all = await (await vault()).getAll("phones");
  // Copied to another machine with the browser's files, a record comes without its key: it can answer nothing.
  return all.filter((record) => record.deviceKey instanceof CryptoKey).sort((one, other) => one.added - other.added);
}

export async function phone(device: string): Promise<PhoneRecord | undefined> {
  return (await vault()).get("phones", device);
}

export async function keep(record: PhoneRecord): Promise<void> {
  const transaction = (await vault()).transaction("phones", "readwrite", { durability: "strict" });
  await transaction.store.add(record);
  await transaction.done;
  tellOthers();
}

export async function remove(device: string): Promise<void> {
  const transaction = (await vault()).transaction(["phones", "seen"], "readwrite", { durability: "strict" });
  await transaction.objectStore("phones").delete(device);
  await transaction.objectStore("seen").delete(device);
  await transaction.done;
  tellOthers();
}

/** Who was removed here before the site could be told: nothing but what goodbye is signed with. */
export interface Leaving {
  device: string;
  deviceKey: CryptoKey;
}

/** Removes a user; his device key waits until goodbye was said. In one transaction, or a key would be left that nobody knows. */
export async function setAside(device: string): Promise<void> {
  const transaction = (await vault()).transaction(["phones", "seen", "choices"], "readwrite", { durability: "strict" });
  const record = await transaction.objectStore("phones").get(device);
  if (record) {
    const choices = transaction.objectStore("choices");
    const left = ((await choices.get("leaving")) ?? []) as Leaving[];
    await choices.put([...left, { device, deviceKey: record.deviceKey }], "leaving");
    await transaction.objectStore("phones").delete(device);
    await transaction.objectStore("seen").delete(device);
  }
  await transaction.done;
  tellOthers();
}

/** Changes one record in one transaction; nothing when it is gone meanwhile. */
async function change(device: string, by: (record: PhoneRecord) => void): Promise<PhoneRecord | undefined> {
  const transaction = (await vault()).transaction("phones", "readwrite", { durability: "strict" });
  const record = await transaction.store.get(device);
  if (record) {
    by(record);
    await transaction.store.put(record);
  }
  await transaction.done;
  return record;
}

/** The record with a `seq` no other tab can get. `leap` skips ahead where the server has seen higher ones. */
export async function nextSeq(device: string, leap = 1): Promise<PhoneRecord | undefined> {
  return change(device, (record) => void (record.seq += leap));
}

/** Stored before success is shown: the server now knows this phone by the new epoch. */
export async function accept(device: string, epoch: Octets): Promise<void> {
  await change(device, (record) => void (record.epoch = epoch));
}

/** Activated. The ready answer and the digits have served. */
export async function activate(device: string, epoch: Octets): Promise<void> {
  await change(device, (record) => {
    record.stage = "active";
    record.epoch = epoch;
    record.digits = "";
    record.ready = null;
  });
  tellOthers();
}

export interface NewMask {
  device: string;
  maskKey: CryptoKey;
  salt: Octets;
  iterations: number;
  masked: Octets;
}

/** Another window added a user while the PIN was being changed. */
export class OneMore extends Error {}

/** A new PIN for all users of the app, or for none of them: one whom another window added meanwhile would keep the old. */
export async function remask(masks: NewMask[]): Promise<void> {
  const transaction = (await vault()).transaction("phones", "readwrite", { durability: "strict" });
  const fresh = new Map(masks.map((mask) => [mask.device, mask]));
  const holders = (await transaction.store.getAll()).filter((record) => record.scheme === "pin");
  if (holders.some((record) => !fresh.has(record.device))) {
    transaction.abort();
    await transaction.done.catch(() => undefined);
    throw new OneMore();
  }
  for (const record of holders) await transaction.store.put({ ...record, ...fresh.get(record.device)! });
  await transaction.done;
}

/** Small things that are no secret: language, whether notifications are on, the site's last description. */
export async function choice<T>(name: string): Promise<T | undefined> {
  return (await (await vault()).get("choices", name)) as T | undefined;
}

export async function choose(name: string, value: unknown): Promise<void> {
  await (await vault()).put("choices", value, name);
}

const MOST_REMEMBERED = 50;

/** Answered by this phone, in whichever window or in the worker: not told once more as news. */
export async function rememberAnswered(challenge: string): Promise<string[]> {
  const transaction = (await vault()).transaction("choices", "readwrite");
  const before = (await transaction.store.get("answered")) as string[] | undefined;
  const answered = [...(before ?? []), challenge].slice(-MOST_REMEMBERED);
  await transaction.store.put(answered, "answered");
  await transaction.done;
  return answered;
}

/** What each user saw last. */
export async function seen(device: string): Promise<Seen | undefined> {
  return (await vault()).get("seen", device);
}

export async function keepSeen(what: Seen): Promise<void> {
  await (await vault()).put("seen", what);
}
