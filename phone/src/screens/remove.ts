/** Removing a user from this phone: with PIN or unlock it is a removal, without it the phone is only silenced. */
import { html, nothing } from "lit";
import { leave, proveLeaving } from "../account/leaving";
import type { Goodbye } from "../places";
import { turnOff } from "../wire/push";
import { Refusal } from "../wire/refusal";
import { clock, tick, warning } from "./icons";
import { badge, primary, secondary, topBar } from "./parts";
import { Proof } from "./proof";
import { Screen } from "./screen";

class Remove extends Proof {
  static override properties = { without: { state: true } };
  device = "";
  /** The person cannot give PIN or unlock, or there is no network. */
  without = false;

  private get record() {
    return this.app.records.find((each) => each.device === this.device);
  }

  protected get asksPin(): boolean {
    return this.record?.scheme === "pin" && !this.without;
  }

  protected async prove(pin: string): Promise<void> {
    const { record } = this;
    if (!record) return;
    if (!this.without) await proveLeaving(this.app.api, record, pin);
    await this.go();
  }

  private async go(): Promise<void> {
    const { app, record } = this;
    const how = await leave(app.api, record!);
    await app.account.forget(this.device);
    await app.reload();
    if (!app.records.length) await turnOff(app.api, []).catch(() => undefined);
    app.go({ screen: "removed", how }, true);
  }

  protected failed(error: unknown): void {
    const { app } = this;
    if (!(error instanceof Refusal)) throw error;
    if (error.code.startsWith("phone.") || error.code === "wire.offline") {
      this.without = true;
      this.told = this.t(error.code === "wire.offline" ? "remove.offline" : "remove.silent");
    } else app.refuse(error, () => app.go({ screen: "remove", device: this.device }, true));
  }

  private renderProof(pin: boolean) {
    if (this.without) return html`<p class="note warn">${warning}<span>${this.t("remove.without.body")}</span></p>`;
    return pin ? nothing : html`<p>${this.t("remove.unlock")}</p>`;
  }

  protected override render() {
    const { app, record } = this;
    if (!record) return html`${topBar(app, () => app.goHome())}<main class="card"><h1>${this.t("user.gone")}</h1></main>`;
    const pin = record.scheme === "pin";
    return html`${topBar(app, () => app.back())}
      <main class="card">
        ${badge("bad", warning)}
        <h1>${this.t("remove.title", { display: record.display })}</h1>
        <p>${this.t("remove.body", { display: record.display })}</p>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${this.renderProof(pin)}
          ${this.renderLatch(false)}
          <div class="actions">
            <button class="button deny" type="submit" aria-disabled=${this.busy ? "true" : "false"}>
              ${this.busy ? html`<span class="spinner"></span>` : nothing}${this.t(this.without ? "remove.without.yes" : "remove.yes")}</button>
            ${secondary(this.t("app.cancel"), () => app.back())}
            ${this.without ? nothing : html`<button class="link danger" type="button" @click=${() => ((this.without = true), (this.told = ""))}>
              ${this.t(pin ? "remove.without.pin" : "remove.without.unlock")}</button>`}
          </div>
        </form>
      </main>`;
  }
}
customElements.define("tl-remove", Remove);

class Removed extends Screen {
  how: Goodbye = "proved";

  protected override render() {
    const { app, how } = this;
    const look = { proved: badge("good", tick), silenced: badge("bad", warning), later: badge("calm", clock) }[how];
    return html`${topBar(app, null)}
      <main class="card center">
        ${look}
        <h1>${this.t("removed.title")}</h1>
        <p class="lead">${this.t(`removed.${how}`)}</p>
        <div class="actions">${primary(this.t("app.done"), () => app.goHome())}</div>
      </main>`;
  }
}
customElements.define("tl-removed", Removed);
