/**
 * Who is signed in to the app. The law of this room: a session opens what is told about a client and nothing else; looking
 * at a request and answering it never asks for one. The token lies beside the device key and serves only with it.
 */
import type { App } from "../app";
import { respond } from "../approval/answer";
import { proveWith, type Proven } from "../approval/prove";
import { openChallenge, type Opened, type SignedBytes } from "../protocol/challenge";
import { choice, choose, type PhoneRecord } from "../vault/vault";
import { serverNow } from "../wire/clock";
import { Refusal, localRefusal } from "../wire/refusal";
import type { AppSession, Diary, Overview } from "./messages";

/** Away for longer than this, the private part of the app is covered until PIN or unlock. */
export const LOCK_AFTER = 5 * 60_000;
const AWAY = "twolatch-away";

type Sessions = Record<string, AppSession>;

export class Account {
  /** The device of the user who is shown. */
  private chosen = "";
  private sessions: Sessions = {};
  overview: Overview | null = null;
  locked = false;
  /** Somebody is typing a password: a new request is listed, and does not push itself in front. */
  typing = false;
  /** The second latch of a sign-in under way. */
  asked: { record: PhoneRecord; opened: Opened } | null = null;

  constructor(private readonly app: App) {}

  async recall(): Promise<void> {
    this.chosen = (await choice<string>("shown")) ?? "";
    this.sessions = (await choice<Sessions>("sessions")) ?? {};
    this.lockIfAway();
  }

  /** The user who is shown: the one chosen last, else the first. */
  get record(): PhoneRecord | undefined {
    return this.app.active.find((each) => each.device === this.chosen) ?? this.app.active[0];
  }

  get isIn(): boolean {
    return this.has(this.record);
  }

  has(record: PhoneRecord | undefined): boolean {
    return Boolean(record && (this.sessions[record.device]?.ends ?? 0) > serverNow());
  }

  /** Whether what is told about the client may be seen now. */
  get isOpen(): boolean {
    return this.isIn && !this.locked;
  }

  async showUser(record: PhoneRecord): Promise<void> {
    this.chosen = record.device;
    this.overview = null;
    this.app.changed();
    await choose("shown", record.device);
    if (this.isOpen) await this.load();
  }

  // the short lock

  /** Written at once: a page that is going away is given no time for a database. Closing a locked app opens nothing. */
  leftAt(): void {
    if (this.locked) return;
    try {
      localStorage.setItem(AWAY, String(Date.now()));
    } catch {
      // Switched off in this browser: then every start is locked.
    }
  }

  private get away(): number {
    try {
      return Date.now() - Number(localStorage.getItem(AWAY) ?? 0);
    } catch {
      return LOCK_AFTER;
    }
  }

  /** A clock that was set back counts as a long time away. */
  private lockIfAway(): void {
    const { away } = this;
    if (!this.isIn || (away >= 0 && away < LOCK_AFTER)) return;
    this.locked = true;
    this.overview = null;
    this.app.changed();
  }

  /** The app goes out of sight, or comes back. */
  mindSight(): void {
    if (document.visibilityState === "hidden") return this.leftAt();
    this.lockIfAway();
    if (this.isOpen) void this.load();
  }

  /** Nothing on the phone knows the PIN, so the server is asked, by a question that opens nothing else. */
  async unlock(pin: string): Promise<Proven> {
    const { record } = this;
    if (!record) throw localRefusal("phone.removed");
    const proven = await proveWith(this.app.api, record, pin);
    if (proven.right) {
      this.locked = false;
      this.leftAt();
    }
    return proven;
  }

  // signing in and out

  /** The first latch. A name that is not on this phone is asked with the key of the one who is: the server says no. */
  async typed(name: string, password: string): Promise<void> {
    const wanted = name.normalize("NFKC").trim().toLowerCase();
    const record = this.app.active.find((each) => each.user === wanted) ?? this.record;
    if (!record) throw localRefusal("phone.removed");
    const signed = (await this.app.api.signed(record, "POST", "sign-in", { name, password })) as SignedBytes;
    const opened = await openChallenge(signed, record.signingKey, record.host, record.user)
      .catch(() => { throw localRefusal("wire.foreign"); });
    if (opened.challenge.type !== "login" || opened.challenge.started !== "app") throw localRefusal("wire.foreign");
    this.asked = { record, opened };
    this.app.go({ screen: "sign-in" });
  }

  /** The second latch, on this same phone; then the session. */
  async prove(pin: string): Promise<void> {
    const { asked } = this;
    if (!asked) return this.app.goHome();
    const { record, opened } = asked;
    await respond(this.app.api, record.device, opened, { decision: "approve", pin, digits: "" });
    const session = (await this.app.api.signed(record, "POST", "session")) as AppSession;
    this.asked = null;
    this.locked = false;
    this.leftAt();
    await this.keep({ ...this.sessions, [record.device]: session });
    await this.showUser(record);
    this.app.goHome();
  }

  async signOut(): Promise<void> {
    const { record } = this;
    if (!record) return this.app.goHome();
    const told = this.app.api.signed(record, "DELETE", "session", undefined, this.token(record)).catch(() => undefined);
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 2_000))]);
    await this.forget(record.device);
    this.app.goHome();
  }

  async forget(device: string): Promise<void> {
    const { [device]: _, ...others } = this.sessions;
    this.overview = null;
    this.locked = this.locked && Object.keys(others).length > 0;
    await this.keep(others);
    this.app.changed();
  }

  private async keep(sessions: Sessions): Promise<void> {
    this.sessions = sessions;
    await choose("sessions", sessions);
  }

  private token(record: PhoneRecord): Record<string, string> {
    return { "Twolatch-Session": this.sessions[record.device]?.token ?? "" };
  }

  // what is told

  /** Null when the session has ended: then the app shows its login screen again. */
  private async ask<T>(method: string, address: string): Promise<T | null> {
    const { record } = this;
    if (!record) return null;
    try {
      return (await this.app.api.signed(record, method, address, undefined, this.token(record))) as T;
    } catch (error) {
      // A phone that may not answer any more has no session either.
      if (!(error instanceof Refusal) || !/^(session\.ended|phone\..*)$/.test(error.code)) throw error;
      await this.forget(record.device);
      return null;
    }
  }

  /** Without a network what was shown stays. */
  async load(): Promise<void> {
    const asking = this.record?.device;
    try {
      const told = await this.ask<Overview>("GET", "overview");
      if (this.record?.device === asking && this.isOpen) this.overview = told;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    this.app.changed();
  }

  diary(before?: number): Promise<Diary | null> {
    return this.ask<Diary>("GET", before === undefined ? "diary" : `diary/${before}`);
  }

  async endSession(session: string): Promise<void> {
    await this.ask("DELETE", `sessions/${session}`);
    await this.load();
  }

  // what the phone is called

  async label(record: PhoneRecord): Promise<string> {
    return ((await this.app.api.signed(record, "GET", "device")) as { name: string }).name;
  }

  async rename(record: PhoneRecord, name: string): Promise<string> {
    return ((await this.app.api.signed(record, "PUT", "device", { name })) as { name: string }).name;
  }
}
