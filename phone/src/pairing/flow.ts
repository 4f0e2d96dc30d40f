/** The steps of an activation, in the order the person walks them. */
import type { App } from "../app";
import { provePin } from "../approval/prove";
import { readCode, type Code, type CodeProblem } from "../protocol/codes";
import { weakness, type Weakness } from "../protocol/pins";
import { remove, type PhoneRecord } from "../vault/vault";
import { keepPush } from "../wire/push";
import { Refusal, localRefusal } from "../wire/refusal";
import { about } from "./about";
import { claim } from "./claim";
import { dropLink, newPairing } from "./pairing";
import { finish, iterations, settleWithPin, settleWithUnlock } from "./settle";

export type PinRefused = { weak: Weakness } | { wrong: number | null };

export class Flow {
  private going = false;

  constructor(private readonly app: App) {}

  /** The first tap. Typed or scanned comes next; the unlock way has both on one page. */
  start(): void {
    const { pairing } = this.app;
    this.app.pairing = newPairing(pairing.way);
    if (pairing.way === "unlock" && !this.app.canUnlock) return this.app.go({ screen: "unlock-missing" });
    this.app.go({ screen: pairing.way === "unlock" ? "code" : "method" });
  }

  /** Another user for this app. The unlock way shows first what will happen; the other way says it with its choices. */
  add(): void {
    const { way } = this.app.pairing;
    if (way === "unlock" && this.app.canUnlock) this.app.go({ screen: "add-user" });
    else this.start();
  }

  /** A typed or pasted code; its problem, when the phone itself can see one. */
  typed(text: string, userName: string): CodeProblem | null {
    const reading = readCode(text, this.app.api.host);
    if (!reading.ok) return reading.problem;
    this.app.pairing.userName = userName;
    this.hasCode(reading.code);
    return null;
  }

  scanned(code: Code): void {
    this.app.pairing.code = code;
    if (this.app.pairing.way === "unlock") this.app.go({ screen: "link" }, true);
    else this.toPin(true);
  }

  private hasCode(code: Code): void {
    this.app.pairing.code = code;
    if (this.app.pairing.way === "unlock") void this.activate();
    else this.toPin(false);
  }

  /** On from a code that was filled in. */
  async onward(): Promise<void> {
    if (this.app.pairing.way === "unlock") await this.activate();
    else this.toPin(false);
  }

  toPin(replace: boolean): void {
    // Nobody is asked for the PIN of a phone that was stopped: it may be stopped because the PIN was forgotten.
    const holders = this.app.pinHolders.filter((record) => !this.app.sight.trouble.has(record.device));
    this.app.go({ screen: holders.length ? "pin-existing" : "pin" }, replace);
  }

  /** A new PIN for the first user of the app. */
  async newPin(pin: string): Promise<PinRefused | null> {
    const weak = this.weak(pin, this.app.pairing.claimant?.user ?? this.app.pairing.userName);
    if (weak) return { weak };
    this.app.pairing.pin = pin;
    await this.activate();
    const begins = this.weak(pin, this.app.pairing.claimant?.user ?? "");
    return begins ? { weak: begins } : null;
  }

  weak(pin: string, user: string): Weakness | null {
    const { pin_min, pin_max } = this.app.site;
    const length = [...pin.normalize("NFC")].length;
    if (length < pin_min) return "short";
    return length > pin_max ? "long" : weakness(pin, user);
  }

  /** The PIN of this app, proved by a user who is already here, serves the new user too. */
  async existingPin(pin: string): Promise<PinRefused | null> {
    const proven = await provePin(this.app.api, this.app.pinHolders, pin);
    if (!proven) {
      this.app.go({ screen: "pin" }, true);
      return null;
    }
    if (!proven.right) return { wrong: proven.triesLeft };
    this.app.pairing.pin = pin;
    await this.activate();
    return null;
  }

  /** The tap that uses the code up. */
  async activate(): Promise<void> {
    const { pairing } = this.app;
    if (!pairing.code) return this.app.goHome();
    try {
      pairing.claimant ??= await claim(this.app.api, {
        code: pairing.code, userName: pairing.userName, about: await about(),
        holds: this.app.records.map((record) => record.device),
      });
      dropLink();
    } catch (error) {
      return this.app.refuse(error, () => void this.activate());
    }
    const { user } = pairing.claimant;
    // Only now the user's name is known.
    if (pairing.way === "pin" && !this.app.pinHolders.length && this.weak(pairing.pin, user)) {
      return this.app.go({ screen: "pin" }, true);
    }
    this.app.go({ screen: "whom" });
  }

  /** "Yes, link": stored in one step, then the digits. */
  async link(): Promise<void> {
    const { pairing, site } = this.app;
    const { claimant } = pairing;
    if (!claimant) return this.app.goHome();
    try {
      const record = pairing.way === "unlock"
        ? await settleWithUnlock(claimant)
        : await settleWithPin(claimant, pairing.pin, iterations(site.iterations));
      this.app.pairing = newPairing(pairing.way);
      await this.app.reload();
      this.app.go({ screen: "digits", device: record.device }, true);
    } catch (error) {
      if (error instanceof Refusal) return this.app.refuse(error, () => this.app.go({ screen: "whom" }, true));
      this.app.refuse(localRefusal("vault.closed"), null);
    }
  }

  /** Not wanted after all: the claimed code is left to die, the portal shows nothing linked. */
  async giveUp(device?: string): Promise<void> {
    if (device) await remove(device);
    dropLink();
    await this.app.reload();
    this.app.pairing = newPairing(this.app.pairing.way);
    this.app.goHome();
  }

  /** What became of a claimed code. Called on every hint, and when the app is opened again. */
  async goOn(record: PhoneRecord): Promise<void> {
    if (this.going) return;
    this.going = true;
    try {
      await this.look(record);
    } catch (error) {
      if (error instanceof Refusal && error.code.startsWith("phone.") && error.code !== "phone.unconfirmed") {
        await this.failed(record, error.code);
      } else if (error instanceof Refusal && ["answer.wrong", "challenge.expired", "challenge.locked"].includes(error.code)) {
        await this.failed(record, error.code === "answer.wrong" ? error.code : "code.expired");
      }
      // Anything else is the network's, and the next look tries again.
    } finally {
      this.going = false;
    }
  }

  private async look(record: PhoneRecord): Promise<void> {
    const state = await this.app.api.activation(record);
    if (state === "claimed") return;
    if (state === "burned" || state === "expired" || state === "cancelled") return this.failed(record, `code.${state}`);
    await finish(this.app.api, record);
    await this.app.remember(record.ready!.challenge);
    await this.app.reload();
    await this.dropReplaced(record);
    void keepPush(this.app.api, this.app.site.push_key, this.app.active);
    this.app.finished = record.device;
    this.app.go({ screen: "success" }, true);
  }

  /** The same user set up anew on the same phone: the record that ended goes. */
  private async dropReplaced(by: PhoneRecord): Promise<void> {
    const older = this.app.active.filter((each) => each.user === by.user && each.device !== by.device);
    for (const record of older) {
      const code = await this.app.api.challenges(record).then(() => "", (error: unknown) => error instanceof Refusal ? error.code : "");
      if (code === "phone.removed") await remove(record.device);
    }
    if (older.length) await this.app.reload();
  }

  private async failed(record: PhoneRecord, code: string): Promise<void> {
    await remove(record.device);
    await this.app.reload();
    this.app.refuse(localRefusal(code), null);
  }
}
