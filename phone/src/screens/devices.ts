/** The client's phones and sessions, here and in browsers. */
import { html, nothing } from "lit";
import type { OwnAuthenticator, OwnSession } from "../account/messages";
import { browser, clock as shownClock, isKey } from "../texts/texts";
import { cover, tabs } from "./account-parts";
import { book, clock, keys, laptop, phone } from "./icons";
import { topBar } from "./parts";
import { Screen } from "./screen";

// What is no phone.
const ICONS: Record<string, unknown> = { totp: clock, recovery: book, codecard: keys, printedcard: keys };

class Devices extends Screen {
  static override properties = { ending: { state: true } };
  ending = "";

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.app.account.isOpen) void this.app.account.load();
  }

  private async end(session: OwnSession): Promise<void> {
    if (this.ending) return;
    this.ending = session.session;
    const { app } = this;
    try {
      await app.account.endSession(session.session);
      this.querySelector<HTMLElement>("#sessions-title")?.focus();
    } catch (error) {
      app.refuse(error, () => app.go({ screen: "devices" }, true));
    } finally {
      this.ending = "";
    }
  }

  private renderPhone(one: OwnAuthenticator) {
    const used = one.used ? shownClock(this.app.language, one.used) : this.t("devices.never");
    return html`<li class="row">${ICONS[one.kind] ?? phone}<span><strong>${one.name}</strong>
      ${one.state === "active" ? nothing : html`<span class="bad">${this.t(`devices.${one.state}`)}</span>`}
      <span class="muted">${this.t("devices.used", { when: used })}</span></span>
      ${one.this ? html`<span class="tag calm">${this.t("devices.this")}</span>` : nothing}</li>`;
  }

  private renderSession(one: OwnSession) {
    const where = one.place === "app" ? this.t("devices.app") : browser(this.app.language, one.agent) || this.t("request.nothing");
    const proved = `devices.proved.${one.proved}`;
    return html`<li class="row">${one.place === "app" ? phone : laptop}<span><strong>${where}</strong>
      <span class="muted">${isKey(proved) ? this.t(proved) : nothing}</span>
      <span class="muted">${one.address} · ${shownClock(this.app.language, one.seen)}</span></span>
      ${one.this ? html`<span class="tag calm">${this.t("devices.this")}</span>`
        : html`<button class="button small-button" type="button" aria-disabled=${this.ending === one.session ? "true" : "false"}
            aria-label=${this.t("devices.end.which", { where })} @click=${() => void this.end(one)}>${this.t("devices.end")}</button>`}</li>`;
  }

  private renderOwn() {
    const { overview } = this.app.account;
    if (!overview) return html`<p role="status">${this.t("app.loading")}</p>`;
    return html`<section><h2>${this.t("devices.phones")}</h2>
        <ul class="rows">${overview.authenticators.map((one) => this.renderPhone(one))}</ul></section>
      <section><h2 id="sessions-title" tabindex="-1">${this.t("devices.sessions")}</h2>
        <ul class="rows">${overview.sessions.map((one) => this.renderSession(one))}</ul></section>
      <p class="muted small">${this.t("devices.portal")}</p>`;
  }

  protected override render() {
    const { app } = this;
    if (!app.account.isIn) queueMicrotask(() => this.isConnected && app.goHome());
    return html`${topBar(app, () => app.back())}
      <main class="card"><h1>${this.t("devices.title")}</h1>
        ${app.account.locked ? cover(app) : this.renderOwn()}
      </main>${tabs(app)}`;
  }
}
customElements.define("tl-devices", Devices);
