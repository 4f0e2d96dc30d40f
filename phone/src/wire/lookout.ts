/** What waits for the users of this phone, and what ended a moment ago. */
import { ForeignChallenge, openChallenge, type Opened } from "../protocol/challenge";
import { keepSeen, seen, type PhoneRecord } from "../vault/vault";
import type { Api } from "./api";
import { serverNow } from "./clock";
import { Refusal } from "./refusal";
import type { Ended, Waiting } from "./messages";

export interface Request extends Opened {
  record: PhoneRecord;
}

export interface Past extends Ended {
  record: PhoneRecord;
}

export interface Sight {
  waiting: Request[];
  ended: Past[];
  /** Users whose phone may not answer any more, and why. */
  trouble: Map<string, string>;
  offline: boolean;
  /** The server's time when it was last reached for any user; 0 is never. */
  at: number;
}

function nothing(): Sight {
  return { waiting: [], ended: [], trouble: new Map(), offline: false, at: 0 };
}

export const NOTHING_SEEN: Sight = nothing();

async function read(told: Waiting, record: PhoneRecord, sight: Sight): Promise<void> {
  for (const signed of told.waiting) {
    try {
      const opened = await openChallenge(signed, record.signingKey, record.host, record.user);
      sight.waiting.push({ ...opened, record });
    } catch (error) {
      if (!(error instanceof ForeignChallenge) && !(error instanceof SyntaxError)) throw error;
      // Not from our server, or not for this user: as if it had never come.
    }
  }
  for (const ended of told.ended) sight.ended.push({ ...ended, record });
}

// As long as the server tells of what ended.
const RECENT = 600_000;
const REMEMBER_AFTER = 60_000;
const kept = new Map<string, { text: string; at: number }>();

/** For the next start, should there be no network. Written when something changed, and else once a minute. */
async function remember(device: string, told: Waiting, at: number): Promise<void> {
  const text = JSON.stringify(told);
  const last = kept.get(device);
  if (last?.text === text && at - last.at < REMEMBER_AFTER) return;
  kept.set(device, { text, at });
  await keepSeen({ device, told, at }).catch(() => undefined);
}

/** What was seen before the app was closed. What has run out since then has ended. */
export async function recall(records: PhoneRecord[]): Promise<Sight> {
  const sight = nothing();
  for (const record of records) {
    const before = await seen(record.device);
    if (!before) continue;
    sight.at = Math.max(sight.at, before.at);
    await read(before.told, record, sight).catch(() => undefined);
  }
  const now = serverNow();
  const late = sight.waiting.filter((request) => request.challenge.expires <= now);
  sight.waiting = sight.waiting.filter((request) => !late.includes(request));
  sight.ended.push(...late.map(({ challenge, record }) =>
    ({ challenge: challenge.challenge, state: "expired" as const, at: challenge.expires, record })));
  sight.ended = sight.ended.filter((past) => now - past.at < RECENT);
  return sight;
}

/** Unreachable is not ended: what was seen for this user stays in sight. */
function keepInSight(before: Sight, record: PhoneRecord, sight: Sight): void {
  sight.offline = true;
  sight.waiting.push(...before.waiting.filter((request) => request.record.device === record.device));
  sight.ended.push(...before.ended.filter((past) => past.record.device === record.device));
}

export async function lookAround(api: Api, records: PhoneRecord[], before: Sight): Promise<Sight> {
  const sight: Sight = { ...nothing(), at: before.at };
  await Promise.all(records.map(async (record) => {
    try {
      const told = await api.challenges(record);
      await read(told, record, sight);
      sight.at = serverNow();
      await remember(record.device, told, sight.at);
    } catch (error) {
      if (!(error instanceof Refusal)) return;
      if (error.code.startsWith("phone.")) sight.trouble.set(record.device, error.code);
      else keepInSight(before, record, sight);
    }
  }));
  sight.waiting.sort((one, other) => other.challenge.issued - one.challenge.issued);
  sight.ended.sort((one, other) => other.at - one.at);
  return sight;
}
