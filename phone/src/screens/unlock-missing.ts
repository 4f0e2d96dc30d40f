/** No Face ID, fingerprint or passcode that the app can use: the PIN way is open. */
import { html } from "lit";
import { warning } from "./icons";
import { badge, primary, topBar } from "./parts";
import { Screen } from "./screen";

class UnlockMissing extends Screen {
  private usePin(): void {
    const { app } = this;
    app.choose("pin");
    if (app.pairing.code) app.flow.toPin(true);
    else app.go({ screen: "method" }, true);
  }

  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.goHome())}
      <main class="card center">
        ${badge("calm", warning)}
        <h1>${this.t("unlock.title")}</h1>
        <p>${this.t("unlock.body")}</p>
        <div class="actions">${primary(this.t("unlock.pin"), () => this.usePin())}</div>
      </main>`;
  }
}
customElements.define("tl-unlock-missing", UnlockMissing);
