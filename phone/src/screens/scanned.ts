/** A code of a login was read and is on its way; a moment later the request is there. */
import { html } from "lit";
import { code } from "./icons";
import { badge, topBar } from "./parts";
import { Screen } from "./screen";

class ScannedScreen extends Screen {
  protected override render() {
    return html`${topBar(this.app, () => this.app.goHome())}
      <main class="card center">
        ${badge("brand", code)}
        <h1>${this.t("scanned.title")}</h1>
        <p class="waiting" role="status"><span class="spinner"></span>${this.t("scanned.body")}</p>
      </main>`;
  }
}
customElements.define("tl-scanned", ScannedScreen);
