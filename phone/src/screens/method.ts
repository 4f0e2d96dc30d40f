/** Session ID or QR code, and then what will happen. */
import { html } from "lit";
import { code, keys, right } from "./icons";
import { primary, topBar } from "./parts";
import { Screen } from "./screen";

class Method extends Screen {
  private option(by: "id" | "qr", icon: unknown) {
    return html`<button class="option" type="button" aria-labelledby="by-${by}" aria-describedby="by-${by}-more"
      @click=${() => this.app.go({ screen: "explain", by })}>
      ${icon}<span><strong id="by-${by}">${this.t(`method.${by}`)}</strong>
      <span class="muted" id="by-${by}-more">${this.t(`method.${by}.body`)}</span></span>${right}
    </button>`;
  }

  protected override render() {
    return html`${topBar(this.app, () => this.app.back())}
      <main class="card">
        <h1>${this.t("method.title")}</h1>
        <p>${this.t("method.body")}</p>
        <div class="options">${this.option("id", keys)}${this.option("qr", code)}</div>
      </main>`;
  }
}
customElements.define("tl-method", Method);

class Explain extends Screen {
  by: "id" | "qr" = "id";

  protected override render() {
    const { app, by } = this;
    const second = this.t(app.pinHolders.length ? "explain.2.existing" : "explain.2");
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("explain.title")}</h1>
        <ol class="steps">
          <li>${this.t(`explain.1.${by}`)}</li><li>${second}</li><li>${this.t("explain.3")}</li><li>${this.t("explain.4")}</li>
        </ol>
        <div class="actions">
          ${primary(this.t("app.continue"), () => app.go({ screen: by === "id" ? "code" : "scan" }))}
        </div>
      </main>`;
  }
}
customElements.define("tl-explain", Explain);
