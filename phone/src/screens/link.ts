/** The page behind the QR code, and what follows a scan in the app. Nothing is claimed before the tap. */
import { html, nothing, type TemplateResult } from "lit";
import { where, type Where } from "../pairing/where";
import { minutes } from "../texts/texts";
import { installed } from "../vault/keeping";
import { pushSupported } from "../wire/push";
import { clock, code, computer, copy, warning } from "./icons";
import { installHint, shopLinks } from "./install";
import { badge, primary, quiet, secondary, topBar, wayLink } from "./parts";
import { Ticking } from "./ticking";

class LinkScreen extends Ticking {
  static override properties = { busy: { state: true }, copied: { state: true } };
  busy = false;
  copied: "" | "yes" | "no" = "";

  private get here(): Where {
    return this.app.pairing.link ? where(installed()) : "installed";
  }

  private get address(): string {
    return `${location.origin}/a${this.app.pairing.link?.fragment ?? ""}`;
  }

  private next(): void {
    const { app } = this;
    if (app.pairing.way === "unlock" && !app.canUnlock) return app.go({ screen: "unlock-missing" });
    // Before the unlock, as a step of its own: phones ask for the permission only in answer to a tap.
    const mayAsk = app.pairing.link && app.site.push_key && pushSupported() && Notification.permission === "default";
    if (mayAsk) return app.go({ screen: "notify" }, true);
    this.busy = app.pairing.way === "unlock";
    void app.flow.onward().finally(() => (this.busy = false));
  }

  private async copyCode(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.address);
      this.copied = "yes";
    } catch {
      this.copied = "no";
    }
  }

  private renderCopy(): TemplateResult {
    return html`${secondary(this.t("link.copy"), () => void this.copyCode(), copy)}
      <p class="small" role="status">${this.copied ? this.t(`link.copied.${this.copied}`) : nothing}</p>
      ${this.copied === "no" ? html`<input class="address" readonly aria-label=${this.t("link.copy")} .value=${this.address} />` : nothing}`;
  }

  /** At most: the code was made a little before this phone saw it. */
  private renderTime() {
    const { link } = this.app.pairing;
    const { code_minutes } = this.app.site;
    if (!link || !code_minutes) return nothing;
    const left = link.since + code_minutes * 60_000 - Date.now();
    return html`<p class="timer ${left > 0 ? "" : "late"}">${clock}<span>${left > 0
      ? this.t("link.time", { time: minutes(left) }) : this.t("link.late")}</span></p>`;
  }

  /** What stands above the button: where the app had better be before anything is activated. */
  private renderPlace(here: Where) {
    if (here === "inside") {
      return html`<aside class="note install" aria-labelledby="inside-title">
        <h2 id="inside-title">${warning}${this.t("link.inside.title")}</h2>
        <p>${this.t("link.inside.body")}</p>${this.renderCopy()}</aside>`;
    }
    if (here === "ios" && !this.app.records.length && !shopLinks(this.app, here).length) {
      return html`${installHint(this.app, true)}
        <div class="note"><p>${this.t("link.ios.apart")}</p>${this.renderCopy()}</div>`;
    }
    return installHint(this.app, true);
  }

  private renderActions(here: Where) {
    const { app } = this;
    const unlock = app.pairing.way === "unlock";
    const words = { installed: "", inside: "link.here", ios: "link.here", android: "", desktop: "link.computer" } as const;
    const key = words[here];
    const text = key ? this.t(key) : this.t(unlock ? "code.activate" : "app.continue");
    const second = here === "inside" || shopLinks(app, here).length > 0;
    return html`<div class="actions">
      ${second ? secondary(text, () => this.next()) : primary(text, () => this.next(), this.busy)}
      ${wayLink(app)}
      ${quiet(this.t("app.cancel"), () => void app.flow.giveUp())}
    </div>`;
  }

  protected override render() {
    const { app, here } = this;
    const next = app.pairing.way === "unlock" ? "unlock" : app.pinHolders.length ? "existing" : "pin";
    const desktop = here === "desktop";
    return html`${topBar(app, null)}
      <main class="card center" data-where=${here}>
        ${badge("brand", desktop ? computer : code)}
        <h1>${this.t(desktop ? "link.desktop.title" : "link.title")}</h1>
        <p>${this.t(desktop ? "link.desktop.body" : "link.body")}</p>
        ${this.renderTime()}
        ${this.renderPlace(here)}
        <p class="muted">${this.t(`link.next.${next}`)}</p>
        ${this.renderActions(here)}
      </main>`;
  }
}
customElements.define("tl-link", LinkScreen);
