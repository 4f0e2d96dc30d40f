/** First start: what the app is for, and one button in the words of this platform. */
import { html } from "lit";
import { glyph, gear } from "./icons";
import { installHint } from "./install";
import { primary, wayLink } from "./parts";
import { Screen } from "./screen";

class Start extends Screen {
  protected override render() {
    const { app } = this;
    const { way } = app.pairing;
    return html`
      <header class="top">
        <span class="round"></span><span class="site">${app.site.name}</span>
        <button class="round" type="button" aria-label=${this.t("app.settings")}
          @click=${() => app.go({ screen: "settings" })}>${gear}</button>
      </header>
      <main class="card hero">
        ${app.site.logo ? html`<img class="glyph" src=${app.site.logo} alt="" />` : glyph}
        <h1>${this.t("start.title")}</h1>
        <p class="lead">${this.t("start.body")}</p>
        <p class="muted">${this.t(`start.way.${way}`)}</p>
        <div class="actions">
          ${primary(this.t(way === "unlock" ? "start.qr" : "start.register"), () => app.flow.start())}
          ${wayLink(app)}
        </div>
        ${installHint(app)}
      </main>`;
  }
}
customElements.define("tl-start", Start);
