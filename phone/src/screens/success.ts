/** Activated. */
import { html, nothing } from "lit";
import { pushState, turnOn, type PushState } from "../wire/push";
import { bell } from "./icons";
import { done, keepNote, primary, secondary, topBar } from "./parts";
import { Screen } from "./screen";

class Success extends Screen {
  static override properties = { push: { state: true }, told: { state: true } };
  push: PushState | "asking" = "unsupported";
  told = "";

  override connectedCallback(): void {
    super.connectedCallback();
    const wished = this.app.noticesWished;
    this.app.noticesWished = false;
    if (wished) void this.notify();
    else void pushState(this.app.site.push_key).then((state) => (this.push = state));
  }

  private async notify(): Promise<void> {
    this.push = "asking";
    try {
      this.push = await turnOn(this.app.api, this.app.site.push_key, this.app.active);
      this.told = this.t(this.push === "on" ? "settings.notify.on" : "settings.notify.refused");
    } catch {
      this.push = "unsupported";
      this.told = this.t("settings.notify.failed");
    }
  }

  protected override render() {
    const { app } = this;
    const record = app.records.find((each) => each.device === app.finished);
    return html`${topBar(app, null)}
      <main class="card center">
        ${done}
        <h1>${this.t("success.title")}</h1>
        <p class="lead">${this.t("success.body", { display: record?.display ?? "", site: record?.site ?? app.site.name })}</p>
        ${this.push === "off" ? html`<p class="muted">${this.t("success.notify")}</p>` : nothing}
        <p class="muted" role="status">${this.push === "asking" ? this.t("settings.notify.working") : this.told}</p>
        <div class="actions">
          ${primary(this.t("app.done"), () => app.goHome())}
          ${this.push === "off" ? secondary(this.t("success.notify.button"), () => void this.notify(), bell) : nothing}
        </div>
        ${keepNote(app)}
      </main>`;
  }
}
customElements.define("tl-success", Success);
