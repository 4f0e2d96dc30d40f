/** Who asks, from where, since when; approve, deny, or "it was not me". */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { respond, type Wanted } from "../approval/answer";
import { localOutcome } from "../approval/outcome";
import type { Outcome } from "../places";
import type { Transaction } from "../protocol/challenge";
import { ago, browser, clock as shownClock, minutes, price, type Key } from "../texts/texts";
import { leftOf, serverNow } from "../wire/clock";
import type { Request as Asked } from "../wire/lookout";
import { Refusal, localRefusal } from "../wire/refusal";
import { clock, cross, shield, tick, warning } from "./icons";
import { facts, problem, topBar } from "./parts";
import { latch } from "./pin-field";
import { Ticking } from "./ticking";

// Seconds before the end at which a screen reader is told, and no oftener.
const TOLD_AT = [60, 30, 10];

class RequestScreen extends Ticking {
  static override properties = {
    shown: { state: true }, busy: { state: true }, told: { state: true }, missing: { state: true }, soon: { state: true },
    locked: { state: true },
  };
  challenge = "";
  shown = false;
  busy: "" | "approve" | "deny" = "";
  told = "";
  missing: "" | "pin" | "digits" = "";
  soon = "";
  /** The phone's unlock did not open: from then on the way out is offered. */
  locked = false;
  private asked: Asked | undefined;

  private get asks(): Asked | undefined {
    return (this.asked = this.app.request(this.challenge) ?? this.asked);
  }

  /** The request went away while it was looked at: say why. */
  protected override willUpdate(_: PropertyValues): void {
    if (this.busy || !this.asks || this.app.request(this.challenge)) return;
    const trouble = this.app.sight.trouble.get(this.asks.record.device);
    const late = this.asks.challenge.expires < serverNow();
    const state = this.app.ended(this.challenge)?.state ?? (late ? "expired" : "elsewhere");
    queueMicrotask(() => {
      if (!this.isConnected || this.busy) return;
      if (trouble) this.app.refuse(localRefusal(trouble), null);
      else this.over(localOutcome(state));
    });
  }

  /** A test speaks of no login, however it ended; support's question neither. */
  private over(outcome: Outcome): void {
    const type = this.asks?.challenge.type;
    const told = outcome === "approved" ? "support" : outcome === "not_me" ? outcome : "support_over";
    this.app.end(type === "test" ? type : type === "support" ? told : outcome);
  }

  protected override tick(): void {
    super.tick();
    const left = Math.ceil(((this.asks?.challenge.expires ?? 0) - serverNow()) / 1000);
    if (TOLD_AT.includes(left)) this.soon = this.t("request.soon", { count: left });
    if (left <= 0 && left % 3 === 0) void this.app.look();
  }

  /** Scanned from the portal's page, a request needs no digits of it. */
  private asksDigits(asks: Asked): boolean {
    return asks.challenge.confirmation === "digits" && !this.app.scans.wordFor(this.challenge);
  }

  private async approve(event: Event): Promise<void> {
    event.preventDefault();
    const asks = this.asks;
    if (this.busy || !asks) return;
    const word = this.app.scans.wordFor(this.challenge);
    const digits = word || (this.asksDigits(asks) ? this.field("digits").value.replace(/\D/g, "") : "");
    const pin = asks.record.scheme === "pin" ? this.field("pin").value : "";
    this.told = "";
    this.missing = this.asksDigits(asks) && digits.length !== 6 ? "digits"
      : asks.record.scheme === "pin" && !pin ? "pin" : "";
    if (this.missing) return this.field(this.missing).focus();
    await this.answer(asks, { decision: "approve", pin, digits });
  }

  private async answer(asks: Asked, wanted: Wanted): Promise<void> {
    this.busy = wanted.decision === "approve" ? "approve" : "deny";
    try {
      const { state } = await respond(this.app.api, asks.record.device, asks, wanted);
      await this.app.remember(this.challenge);
      if (asks.challenge.type === "support") this.over(state as Outcome);
      else this.app.end(state);
    } catch (error) {
      this.failed(asks, error);
    } finally {
      this.busy = "";
    }
  }

  private failed(asks: Asked, error: unknown): void {
    if (error instanceof Refusal && error.code === "answer.wrong") return this.wrong(asks, error.problem.triesLeft);
    if (error instanceof Refusal && (error.code === "unlock.cancelled" || error.code === "unlock.lost")) {
      this.told = this.t(`refusal.${error.code}.title`);
      this.locked = true;
      return;
    }
    if (error instanceof Refusal && error.code.startsWith("challenge.") && error.code !== "challenge.unknown") {
      const ending = error.code.slice("challenge.".length);
      return this.over(localOutcome(ending === "answered" ? this.app.ended(this.challenge)?.state ?? "elsewhere" : ending));
    }
    this.app.refuse(error, () => this.app.go({ screen: "request", challenge: this.challenge }, true));
  }

  private wrong(asks: Asked, left: number | null): void {
    const wrong = this.t(this.asksDigits(asks) ? "request.wrong" : "request.wrong.pin");
    this.told = left === null ? wrong
      : left === 1 ? this.t("request.wrong.left.1", { wrong }) : this.t("request.wrong.left", { wrong, count: left });
    for (const field of this.querySelectorAll("input")) field.value = "";
    this.querySelector("input")?.focus();
  }

  /** Who says that he speaks with this client: to be compared with what he says, and with the portal. */
  private renderSupport({ challenge, record }: Asked): TemplateResult {
    const { context, started } = challenge;
    const rows: [string, unknown][] = [
      [this.t("support.agent"), html`<strong>${context.browser}</strong>`],
      [this.t("support.code"), html`<strong class="code-said">${context.place}</strong>`],
    ];
    if (this.app.records.length > 1) rows.unshift([this.t("request.user"), `${record.display} (${record.user})`]);
    return html`<p>${this.t(started === "called_back" ? "support.body.called_back" : "support.body")}</p>
      ${facts(rows)}
      <p class="note warn small">${warning}<span>${this.t(started === "called_back" ? "support.warn.called_back" : "support.warn")}</span></p>`;
  }

  private renderFacts({ challenge, record }: Asked): TemplateResult {
    const { context, audience, issued } = challenge;
    const { language } = this.app;
    const unknown = this.t("request.nothing");
    const rows: [string, unknown][] = [
      [this.t("request.application"), context.application || audience.name],
      [this.t("request.browser"), html`${browser(language, context.browser) || unknown}${context.known_browser ? nothing
        : html` <span class="tag">${this.t("request.unknown")}</span>`}`],
      // Without a place there is only a number, which nobody should take for one.
      context.place ? [this.t("request.place"), html`${context.place}<br />${context.address}`]
        : [this.t("request.address"), context.address || unknown],
      [this.t("request.when"), html`${ago(language, issued, serverNow())}<br /><span class="muted">${shownClock(language, issued)}</span>`],
    ];
    if (this.app.records.length > 1) rows.unshift([this.t("request.user"), `${record.display} (${record.user})`]);
    return facts(rows);
  }

  private titleOf({ type, started, transaction }: Asked["challenge"]): Key {
    if (started === "found") return "request.title.found";
    if (transaction) return "request.title.confirm";
    if (type === "test") return "request.title.test";
    if (type === "support") return "support.title";
    return type === "step_up" ? "request.title.step_up" : "request.title";
  }

  /** What is signed is what is shown: the amount first, then to whom and for whom. */
  private renderTransaction({ context, issued }: Asked["challenge"], paid: Transaction): TemplateResult {
    const { language } = this.app;
    const rows: [string, unknown][] = [
      [this.t("request.confirm.by"), paid.application],
      [this.t("request.browser"), browser(language, context.browser) || this.t("request.nothing")],
      [this.t("request.when"), ago(language, issued, serverNow())],
    ];
    if (paid.payee) rows.unshift([this.t("request.confirm.payee"), paid.payee]);
    return html`<section class="amount">
        <p class="muted">${this.t(`request.confirm.${paid.action}`)}</p>
        <p class="amount-figure">${price(language, paid.amount, paid.currency)}</p>
        ${facts(rows)}
        <p class="hint">${this.t("request.confirm.body")}</p>
      </section>`;
  }

  private renderDigits({ type }: Asked["challenge"]): TemplateResult {
    return html`<label for="digits">${this.t(type === "support" ? "support.digits" : "request.digits")}</label>
      <input id="digits" name="digits" class="code six" inputmode="numeric" autocomplete="off" maxlength="7"
        aria-describedby="digits-hint digits-problem" aria-invalid=${this.missing === "digits" || this.told ? "true" : "false"} />
      <p class="hint" id="digits-hint">${type === "support" ? this.t("support.digits.hint") : type !== "test" ? this.t("request.digits.hint")
        : html`<button class="link" type="button" @click=${() => this.app.go({ screen: "scan", login: true })}>
          ${this.t("request.test.scan")}</button>`}</p>
      ${problem(this.missing === "digits" ? this.t(type === "support" ? "support.digits.missing" : "request.digits.missing") : "", "digits-problem")}`;
  }

  private renderForm(asks: Asked): TemplateResult {
    return html`<form novalidate @submit=${(event: Event) => void this.approve(event)}>
      ${this.asksDigits(asks) ? this.renderDigits(asks.challenge) : nothing}
      ${latch(this.app, {
        scheme: asks.record.scheme, shown: this.shown, toggle: () => (this.shown = !this.shown), hint: this.t("request.unlock"),
        told: this.told || (this.missing === "pin" ? this.t("request.pin.missing") : ""), isLost: this.locked,
        challenge: this.challenge,
      })}
      <div class="pair">
        <button class="button deny" type="button" aria-disabled=${this.busy ? "true" : "false"} @click=${() => this.deny(asks)}>
          ${this.busy === "deny" ? html`<span class="spinner"></span>` : cross}${this.t("request.deny")}</button>
        <button class="button approve" type="submit" aria-disabled=${this.busy ? "true" : "false"}>
          ${this.busy === "approve" ? html`<span class="spinner"></span>` : tick}${this.t("request.approve")}</button>
      </div>
      <p class="sr" role="status">${this.busy ? this.t("request.working") : this.soon}</p>
      <button class="link danger" type="button" @click=${() => this.app.go({ screen: "not-me", challenge: this.challenge })}>
        ${this.t("request.notme")}</button>
    </form>`;
  }

  private deny(asks: Asked): void {
    if (!this.busy) void this.answer(asks, { decision: "deny", pin: "", digits: "" });
  }

  protected override render() {
    const asks = this.asks;
    if (!asks) return html`${topBar(this.app, () => this.app.goHome())}<main class="card"><p role="status">${this.t("app.loading")}</p></main>`;
    const { challenge } = asks;
    return html`${topBar(this.app, () => this.app.goHome())}
      <main class="card request">
        <div class="head">
          <h1>${this.t(this.titleOf(challenge))}</h1>
          <p class="timer" aria-hidden="true">${clock}${minutes(leftOf(challenge))}</p>
        </div>
        ${challenge.started === "found" ? html`<p>${this.t("request.found")}</p>` : nothing}
        ${challenge.type === "test" ? html`<p class="note small">${shield}<span>${this.t("request.test.body")}</span></p>` : nothing}
        ${challenge.context.known_browser ? nothing : html`<p class="note warn small">${warning}<span>${this.t("request.unknown.body")}</span></p>`}
        ${challenge.type === "support" ? this.renderSupport(asks)
          : challenge.transaction ? this.renderTransaction(challenge, challenge.transaction) : this.renderFacts(asks)}
        ${this.renderForm(asks)}
      </main>`;
  }
}
customElements.define("tl-request", RequestScreen);
