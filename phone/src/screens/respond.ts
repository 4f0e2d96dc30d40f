/** Without any network: the portal's number goes in, the code for it comes out. */
import { html, nothing, type TemplateResult } from "lit";
import { codeFor, hasCodes } from "../approval/offline";
import { NUMBER } from "../protocol/ocra";
import { minutes } from "../texts/texts";
import type { PhoneRecord } from "../vault/vault";
import { Refusal } from "../wire/refusal";
import { plug, shield, warning } from "./icons";
import { badge, primary, problem, quiet, submit, topBar } from "./parts";
import { latch } from "./pin-field";
import { Ticking } from "./ticking";

// As long as the portal's number lives when it was typed at once; only the portal knows it exactly.
const LIVES = 180_000;

class Respond extends Ticking {
  static override properties = {
    device: { state: true }, code: { state: true }, shown: { state: true }, busy: { state: true }, told: { state: true },
    missing: { state: true },
  };
  device = "";
  code = "";
  shown = false;
  busy = false;
  told = "";
  missing: "" | "number" | "pin" = "";
  private until = 0;

  private get record(): PhoneRecord | undefined {
    const { active } = this.app;
    return active.find((record) => record.device === this.device) ?? active[0];
  }

  private async make(event: Event, record: PhoneRecord): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const number = this.field("number").value.replace(/\s/g, "");
    const pin = record.scheme === "pin" ? this.field("pin").value : "";
    this.told = "";
    this.missing = !NUMBER.test(number) ? "number" : record.scheme === "pin" && !pin ? "pin" : "";
    if (this.missing) return this.field(this.missing).focus();
    this.busy = true;
    try {
      this.code = await codeFor(record, number, pin);
      this.until = performance.now() + LIVES;
      await this.updateComplete;
      this.querySelector("h1")?.focus();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.told = this.t(error.code === "unlock.lost" ? "refusal.unlock.lost.title" : "refusal.unlock.cancelled.title");
    } finally {
      this.busy = false;
    }
  }

  private again(): void {
    this.code = "";
    void this.updateComplete.then(() => this.field("number").focus());
  }

  private renderUsers(): TemplateResult | typeof nothing {
    const { active } = this.app;
    if (active.length < 2) return nothing;
    return html`<label for="device">${this.t("respond.user")}</label>
      <select id="device" name="device" @change=${(event: Event) => (this.device = (event.target as HTMLSelectElement).value)}>
        ${active.map((each) => html`<option value=${each.device} ?selected=${each === this.record}>${each.display} (${each.user})</option>`)}
      </select>`;
  }

  private renderFields(record: PhoneRecord): TemplateResult {
    return html`<label for="number">${this.t("respond.number")}</label>
      <input id="number" name="number" class="code six" inputmode="numeric" autocomplete="off" maxlength="11" enterkeyhint="next"
        aria-describedby="number-problem" aria-invalid=${this.missing === "number" ? "true" : "false"} />
      ${problem(this.missing === "number" ? this.t("respond.number.missing") : "", "number-problem")}
      ${latch(this.app, {
        scheme: record.scheme, shown: this.shown, toggle: () => (this.shown = !this.shown), hint: this.t("respond.unlock"),
        told: this.told || (this.missing === "pin" ? this.t("request.pin.missing") : ""), isLost: Boolean(this.told),
      })}
      <div class="actions">${submit(this.t("respond.make"), this.busy, this.t("respond.working"))}</div>`;
  }

  private renderOff(): TemplateResult {
    return html`<div class="note">
      <h2>${plug}${this.t("respond.off.title")}</h2>
      <p>${this.t("respond.off.body")}</p>
      <p>${this.t("respond.off.next")}</p>
    </div>`;
  }

  private renderForm(record: PhoneRecord): TemplateResult {
    return html`<main class="card">
      <h1 tabindex="-1">${this.t("respond.title")}</h1>
      <p>${this.t("respond.body")}</p>
      <form novalidate @submit=${(event: Event) => void this.make(event, record)}>
        ${this.renderUsers()}
        ${hasCodes(record) ? this.renderFields(record) : this.renderOff()}
      </form>
    </main>`;
  }

  private renderCode(record: PhoneRecord): TemplateResult {
    const left = this.until - performance.now();
    const body = record.scheme === "pin" ? "respond.done.body" : "respond.done.body.unlock";
    const over = left <= 0;
    return html`<main class="card center">
      ${badge(over ? "calm" : "brand", over ? warning : shield)}
      <h1 tabindex="-1">${this.t("respond.done.title")}</h1>
      <p class="digits eight" aria-label=${[...this.code].join(" ")} role="img">
        <span>${this.code.slice(0, 4)}</span><span>${this.code.slice(4)}</span></p>
      <p class="muted">${over ? this.t("respond.over") : this.t("respond.left", { time: minutes(left) })}</p>
      <p>${this.t(body)}</p>
      <p class="note small">${shield}<span>${this.t("respond.done.never")}</span></p>
      <div class="actions">
        ${primary(this.t("app.done"), () => this.app.goHome())}
        ${quiet(this.t("respond.another"), () => this.again())}
      </div>
    </main>`;
  }

  protected override render() {
    const { app, record } = this;
    if (!record) return html`${topBar(app, () => app.goHome())}`;
    return html`${topBar(app, () => app.back())}${this.code ? this.renderCode(record) : this.renderForm(record)}`;
  }
}
customElements.define("tl-respond", Respond);
