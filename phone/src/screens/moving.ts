/** The old phone while the new one takes over: the code, then the new phone's six digits, then goodbye. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { minutes } from "../texts/texts";
import { remove, type PhoneRecord } from "../vault/vault";
import { serverNow } from "../wire/clock";
import type { Transfer } from "../wire/messages";
import { turnOff } from "../wire/push";
import { Refusal } from "../wire/refusal";
import { shield, warning } from "./icons";
import { badge, done, facts, primary, problem, quiet, submit, topBar } from "./parts";
import { qrPicture } from "./qr";
import { Ticking } from "./ticking";

const EVERY = 2;

class Moving extends Ticking {
  static override properties = { stands: { state: true }, told: { state: true }, busy: { state: true } };
  device = "";
  stands: Transfer | null = null;
  told = "";
  busy = false;
  private ticks = 0;
  private looking = false;

  private get record(): PhoneRecord | undefined {
    return this.app.records.find((each) => each.device === this.device);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.look();
  }

  protected override tick(): void {
    super.tick();
    if (++this.ticks % EVERY === 0 && document.visibilityState !== "hidden") void this.look();
  }

  /** The digits are there, so is the focus: whoever listens hears that a phone has come. */
  protected override updated(changed: PropertyValues): void {
    const before = changed.get("stands") as Transfer | null | undefined;
    if (before && before.state !== this.stands?.state) this.querySelector<HTMLElement>("h1")?.focus();
  }

  private async look(): Promise<void> {
    const { record } = this;
    if (!record) return this.ended();
    if (this.looking || this.busy || this.isOver) return;
    this.looking = true;
    try {
      await this.now(await this.app.api.transfer(record));
    } catch (error) {
      if (error instanceof Refusal && !error.code.startsWith("wire.")) this.app.refuse(error, null);
    } finally {
      this.looking = false;
    }
  }

  /** Another window of this app read the end first, or removed the user. */
  private ended(): void {
    const { app, stands } = this;
    if (!app.place || app.place.screen !== "moving") return;
    if (stands?.state === "confirmed") app.go({ screen: "moved" }, true);
    else app.goHome();
  }

  private get isOver(): boolean {
    return this.stands?.state === "over" || this.stands?.state === "none";
  }

  private async now(stands: Transfer): Promise<void> {
    this.stands = stands;
    if (stands.state !== "moved") return;
    const { app } = this;
    await remove(this.device);
    await app.account.forget(this.device);
    app.go({ screen: "moved" }, true);
    await app.reload();
    if (!app.records.length) await turnOff(app.api, []).catch(() => undefined);
  }

  private async confirm(event: Event, record: PhoneRecord): Promise<void> {
    event.preventDefault();
    const number = this.field("digits").value.replace(/\D/g, "");
    this.told = number.length === 6 ? "" : this.t("request.digits.missing");
    if (this.busy || this.told) return this.field("digits").focus();
    this.busy = true;
    try {
      await this.now(await this.app.api.confirmTransfer(record, number));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "activation.wrong_number") {
        return this.app.refuse(error, () => this.app.go({ screen: "moving", device: this.device }, true));
      }
      const left = error.problem.triesLeft ?? 0;
      this.told = left === 1 ? this.t("moving.wrong.left.1") : this.t("moving.wrong.left", { count: left });
      this.field("digits").value = "";
      this.field("digits").focus();
    } finally {
      this.busy = false;
    }
  }

  private async stay(): Promise<void> {
    const { record, app } = this;
    try {
      if (record) await app.api.endTransfer(record);
      app.goHome();
    } catch (error) {
      app.refuse(error, () => app.go({ screen: "moving", device: this.device }, true));
    }
  }

  private renderCode({ side, picture, code, expires }: Transfer): TemplateResult {
    return html`<main class="card center">
      <h1>${this.t("moving.code.title")}</h1>
      ${qrPicture(side, picture, this.t("moving.code.qr"))}
      <p>${this.t("moving.code.typed")}</p>
      <p class="session-code"><code>${code}</code></p>
      <p class="waiting" role="status"><span class="spinner"></span>${this.t("moving.code.waiting")}</p>
      <p class="muted">${this.t("digits.expires", { time: minutes(expires - serverNow()) })}</p>
      <p class="note small">${shield}<span>${this.t("moving.code.warn")}</span></p>
      <div class="actions">${quiet(this.t("moving.stay"), () => void this.stay())}</div>
    </main>`;
  }

  private renderDigits(record: PhoneRecord, { claimant, expires }: Transfer): TemplateResult {
    const unknown = this.t("request.nothing");
    return html`<main class="card">
      <h1>${this.t("moving.digits.title")}</h1>
      <p>${this.t("moving.digits.body")}</p>
      ${claimant ? facts([
        [this.t("moving.model"), claimant.model || unknown], [this.t("request.browser"), claimant.browser || unknown],
        [this.t("request.address"), claimant.address || unknown],
      ]) : nothing}
      ${claimant && !claimant.same_address ? html`<p class="note warn small">${warning}<span>${this.t("moving.elsewhere")}</span></p>` : nothing}
      <form novalidate @submit=${(event: Event) => void this.confirm(event, record)}>
        <label for="digits">${this.t("moving.digits.label")}</label>
        <input id="digits" name="digits" class="code six" inputmode="numeric" autocomplete="off" maxlength="7"
          aria-describedby="digits-hint digits-problem" aria-invalid=${this.told ? "true" : "false"} />
        <p class="hint" id="digits-hint">${this.t("moving.digits.hint")}</p>
        ${problem(this.told, "digits-problem")}
        <div class="actions">
          ${submit(this.t("moving.digits.yes"), this.busy, this.t("move.working"))}
          <button class="button deny" type="button" @click=${() => void this.stay()}>${this.t("moving.digits.no")}</button>
        </div>
        <p class="muted">${this.t("digits.expires", { time: minutes(expires - serverNow()) })}</p>
      </form>
    </main>`;
  }

  private renderOver(record: PhoneRecord): TemplateResult {
    const { app } = this;
    return html`<main class="card center">
      ${badge("calm", warning)}
      <h1>${this.t("moving.over.title")}</h1>
      <p>${this.t("moving.over.body")}</p>
      <div class="actions">
        ${primary(this.t("moving.over.again"), () => app.go({ screen: "move", device: record.device }, true))}
        ${quiet(this.t("app.home"), () => app.goHome())}
      </div>
    </main>`;
  }

  protected override render() {
    const { app, record, stands } = this;
    if (!record || !stands) return html`${topBar(app, null)}<main class="card"><h1>${this.t("move.title")}</h1><p role="status">${this.t("app.loading")}</p></main>`;
    if (stands.state === "issued") return html`${topBar(app, null)}${this.renderCode(stands)}`;
    if (stands.state === "claimed") return html`${topBar(app, null)}${this.renderDigits(record, stands)}`;
    if (this.isOver) return html`${topBar(app, () => app.goHome())}${this.renderOver(record)}`;
    return html`${topBar(app, null)}<main class="card center"><h1>${this.t("moving.last.title")}</h1>
      <p class="waiting" role="status"><span class="spinner"></span>${this.t("moving.last.body")}</p></main>`;
  }
}
customElements.define("tl-moving", Moving);

class Moved extends Ticking {
  protected override render() {
    const { app } = this;
    return html`${topBar(app, null)}
      <main class="card center">
        ${done}
        <h1>${this.t("moved.title")}</h1>
        <p class="lead">${this.t("moved.body")}</p>
        <div class="actions">${primary(this.t("app.done"), () => app.goHome())}</div>
      </main>`;
  }
}
customElements.define("tl-moved", Moved);
