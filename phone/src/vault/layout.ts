/**
 * The shape of the vault, version by version. Law: a step that was delivered is history. It is never edited, only followed
 * by another one; it deletes no key; and it runs with all others of its upgrade in one transaction, so that a step that fails
 * leaves the older vault whole. `tests/browser/vaults/` holds each older version as it was written.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import type { Octets } from "../protocol/octets";
import type { Answer, Waiting } from "../wire/messages";

export type Scheme = "pin" | "unlock";

/** One user on this phone. `stage` is `pending` from claim to confirmation. */
export interface PhoneRecord {
  device: string;
  host: string;
  user: string;
  display: string;
  site: string;
  stage: "pending" | "active";
  scheme: Scheme;
  deviceKey: CryptoKey;
  maskKey: CryptoKey | null;
  salt: Octets;
  iterations: number;
  masked: Octets;
  credential: Octets;
  signingKey: Octets;
  pinKey: Octets;
  epoch: Octets;
  seq: number;
  added: number;
  digits: string;
  expires: number;
  ready: Answer | null;
  /** In the unlock way: what makes codes without network, where the platform can keep it. Older records have none. */
  hidden?: Hidden | null;
}

/** A key that only an unlock opens: `key` is sealed under the secret the credential gives out for `salt`. */
export interface Hidden {
  salt: Octets;
  key: Octets;
}

/** What the server told a user last, to show it where there is no network. `at` is the server's time of telling. */
export interface Seen {
  device: string;
  told: Waiting;
  at: number;
}

export interface Layout extends DBSchema {
  phones: { key: string; value: PhoneRecord };
  choices: { key: string; value: unknown };
  seen: { key: string; value: Seen };
}

export const NAME = "twolatch";

type Upgrade = IDBPTransaction<Layout, StoreNames<Layout>[], "versionchange">;
type Step = (db: IDBPDatabase<Layout>, upgrade: Upgrade) => void;

const STEPS: Step[] = [
  // 1: users, and small choices
  (db) => {
    db.createObjectStore("phones", { keyPath: "device" });
    db.createObjectStore("choices");
  },
  // 2: what was seen last
  (db) => void db.createObjectStore("seen", { keyPath: "device" }),
];

/** A newer version of this app, in another tab, has already changed the vault: this page is yesterday's. */
export class NewerVault extends Error {}

export interface Manner {
  /** Whether a missing vault is made. A service worker must not: an empty one would look like an evicted one. */
  makes: boolean;
  /** An older version of the app holds the vault open in another window. */
  blocked: () => void;
  /** Somebody newer wants to change it. */
  blocking: () => void;
  terminated: () => void;
}

export async function openVault(manner: Manner): Promise<IDBPDatabase<Layout>> {
  try {
    return await openDB<Layout>(NAME, STEPS.length, {
      upgrade(db, before, _, upgrade) {
        if (before === 0 && !manner.makes) return upgrade.abort();
        // A fault thrown in here aborts the whole upgrade: the browser then keeps the older version as it was.
        for (const step of STEPS.slice(before)) step(db, upgrade);
      },
      blocked: () => manner.blocked(),
      blocking: () => manner.blocking(),
      terminated: () => manner.terminated(),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "VersionError") throw new NewerVault();
    throw error;
  }
}
