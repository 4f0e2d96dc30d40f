/** What the screens share that ask for the PIN this phone has, or for its unlock, and then do one thing. */
import type { PropertyDeclarations, TemplateResult } from "lit";
import { Refusal } from "../wire/refusal";
import { latch, wrongPin } from "./pin-field";
import { Screen } from "./screen";

export abstract class Proof extends Screen {
  static override properties: PropertyDeclarations = { shown: { state: true }, told: { state: true }, busy: { state: true } };
  shown = false;
  told = "";
  busy = false;

  /** Whether there is a PIN to type; else the unlock asks by itself. */
  protected abstract readonly asksPin: boolean;
  protected abstract prove(pin: string): Promise<void>;
  /** Whatever is not a wrong PIN and not an unlock that was broken off. */
  protected abstract failed(error: unknown): void;

  protected async send(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.asksPin ? this.field("pin") : null;
    if (this.busy) return;
    this.told = "";
    if (field && !field.value) {
      this.told = this.t("request.pin.missing");
      return field.focus();
    }
    this.busy = true;
    try {
      await this.prove(field?.value ?? "");
    } catch (error) {
      this.caught(error);
    } finally {
      this.busy = false;
      if (field) field.value = "";
      if (this.told) field?.focus();
    }
  }

  private caught(error: unknown): void {
    if (error instanceof Refusal && error.code === "answer.wrong") this.told = wrongPin(this.app, error.problem.triesLeft);
    else if (error instanceof Refusal && error.code === "unlock.cancelled") this.told = this.t("refusal.unlock.cancelled.title");
    else this.failed(error);
  }

  protected renderLatch(hasWayOut = true): TemplateResult {
    return latch(this.app, {
      scheme: this.asksPin ? "pin" : "unlock", shown: this.shown, toggle: () => (this.shown = !this.shown),
      told: this.told, isLost: Boolean(this.told), hasWayOut,
    });
  }
}
