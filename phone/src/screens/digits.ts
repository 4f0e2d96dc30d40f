/** The six digits that the client carries to the portal, and live waiting for its word. */
import { html } from "lit";
import { minutes } from "../texts/texts";
import { serverNow } from "../wire/clock";
import { shield } from "./icons";
import { quiet, topBar } from "./parts";
import { Ticking } from "./ticking";

class Digits extends Ticking {
  device = "";

  protected override tick(): void {
    super.tick();
    const record = this.app.records.find((each) => each.device === this.device);
    // The server decides when a code is too old; at zero it is asked.
    if (record && record.expires - serverNow() < 0 && Math.floor(serverNow() / 1000) % 3 === 0) void this.app.look();
  }

  protected override render() {
    const { app } = this;
    const record = app.records.find((each) => each.device === this.device);
    if (!record) return html`${topBar(app, () => app.goHome())}`;
    const { digits } = record;
    return html`${topBar(app, null)}
      <main class="card center">
        <h1>${this.t("digits.title")}</h1>
        <p class="digits" aria-label=${[...digits].join(" ")} role="img">
          <span>${digits.slice(0, 3)}</span><span>${digits.slice(3)}</span></p>
        <p>${this.t("digits.body")}</p>
        <p class="waiting" role="status"><span class="spinner"></span>${this.t("digits.waiting")}</p>
        <p class="muted">${this.t("digits.expires", { time: minutes(record.expires - serverNow()) })}</p>
        <p class="note small">${shield}<span>${this.t("digits.warn")}</span></p>
        <div class="actions">${quiet(this.t("digits.cancel"), () => void app.flow.giveUp(record.device))}</div>
      </main>`;
  }
}
customElements.define("tl-digits", Digits);
