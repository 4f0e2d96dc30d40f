/** What else there is: Services before signing in, More after it. */
import { html, type TemplateResult } from "lit";
import { tabs } from "./account-parts";
import { book, exit, gear, keys, laptop, right, shield } from "./icons";
import { topBar } from "./parts";
import { Screen } from "./screen";

abstract class Menu extends Screen {
  protected option(id: string, icon: unknown, title: string, body: string, click: () => void): TemplateResult {
    return html`<button class="option" type="button" aria-labelledby=${id} aria-describedby="${id}-more" @click=${click}>
      ${icon}<span><strong id=${id}>${title}</strong><span class="muted" id="${id}-more">${body}</span></span>${right}</button>`;
  }

  protected get settings(): TemplateResult {
    return this.option("to-settings", gear, this.t("app.settings"), this.t("menu.settings.body"),
      () => this.app.go({ screen: "settings" }));
  }
}

class Services extends Menu {
  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("services.title")}</h1>
        <div class="options">
          ${this.option("to-two-factor", shield, this.t("services.authenticate"), this.t("services.authenticate.body"),
            () => app.go({ screen: "two-factor" }))}
          ${this.settings}
        </div>
      </main>`;
  }
}
customElements.define("tl-services", Services);

class More extends Menu {
  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.goHome())}
      <main class="card">
        <h1>${this.t("more.title")}</h1>
        <div class="options">
          ${this.option("to-two-factor", keys, this.t("two-factor.title"), this.t("services.authenticate.body"),
            () => app.go({ screen: "two-factor" }))}
          ${this.option("to-devices", laptop, this.t("devices.title"), this.t("menu.devices.body"), () => app.go({ screen: "devices" }))}
          ${this.option("to-diary", book, this.t("diary.title"), this.t("menu.diary.body"), () => app.go({ screen: "diary" }))}
          ${this.settings}
          ${this.option("to-out", exit, this.t("more.out"), this.t("more.out.body"), () => void app.account.signOut())}
        </div>
      </main>${tabs(app)}`;
  }
}
customElements.define("tl-more", More);
