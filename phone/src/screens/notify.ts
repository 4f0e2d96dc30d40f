/** May this phone be woken? A step of its own, before the unlock: phones ask only in answer to a tap. */
import { html } from "lit";
import { bell } from "./icons";
import { badge, primary, quiet, topBar } from "./parts";
import { Screen } from "./screen";

class Notify extends Screen {
  static override properties = { asking: { state: true } };
  asking = false;

  /** Whatever the answer, the way goes on: everything works without notifications. */
  private async ask(): Promise<void> {
    this.asking = true;
    this.app.noticesWished = (await Notification.requestPermission().catch(() => "denied")) === "granted";
    await this.app.flow.onward();
    this.asking = false;
  }

  protected override render() {
    const { app } = this;
    return html`${topBar(app, null)}
      <main class="card center">
        ${badge("brand", bell)}
        <h1>${this.t("notify.title")}</h1>
        <p class="lead">${this.t("notify.body")}</p>
        <p class="muted">${this.t("notify.more")}</p>
        <div class="actions">
          ${primary(this.t("notify.yes"), () => void this.ask(), this.asking, bell)}
          ${quiet(this.t("notify.no"), () => void app.flow.onward())}
        </div>
      </main>`;
  }
}
customElements.define("tl-notify", Notify);
