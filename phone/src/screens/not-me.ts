/** "It was not me": what it does, and one more tap. */
import { html } from "lit";
import { respond } from "../approval/answer";
import { warning } from "./icons";
import { badge, secondary, topBar } from "./parts";
import { Screen } from "./screen";

class NotMe extends Screen {
  static override properties = { busy: { state: true } };
  challenge = "";
  busy = false;

  private back(): void {
    this.app.go({ screen: "request", challenge: this.challenge }, true);
  }

  private async say(): Promise<void> {
    const request = this.app.request(this.challenge);
    if (this.busy) return;
    if (!request) return this.app.end("elsewhere");
    this.busy = true;
    try {
      const { state } = await respond(this.app.api, request.record.device, request, { decision: "not_me", pin: "", digits: "" });
      await this.app.remember(this.challenge);
      this.app.end(state);
    } catch (error) {
      this.app.refuse(error, () => this.app.go({ screen: "not-me", challenge: this.challenge }, true));
    } finally {
      this.busy = false;
    }
  }

  protected override render() {
    return html`${topBar(this.app, () => this.back())}
      <main class="card">
        ${badge("bad", warning)}
        <h1>${this.t("notme.title")}</h1>
        <p>${this.t("notme.body")}</p>
        <ul class="steps plain"><li>${this.t("notme.1")}</li><li>${this.t("notme.2")}</li><li>${this.t("notme.3")}</li></ul>
        <div class="actions">
          <button class="button deny" type="button" aria-disabled=${this.busy ? "true" : "false"} @click=${() => void this.say()}>
            ${this.busy ? html`<span class="spinner"></span>` : ""}${this.t("notme.yes")}</button>
          ${secondary(this.t("notme.no"), () => this.back())}
        </div>
      </main>`;
  }
}
customElements.define("tl-not-me", NotMe);
