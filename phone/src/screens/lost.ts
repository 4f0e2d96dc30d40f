/** The browser has deleted the keys of this phone: what happened, what it means, and the way out. */
import { html } from "lit";
import { shield, warning } from "./icons";
import { installHint } from "./install";
import { badge, primary, quiet, topBar, wayLink } from "./parts";
import { Screen } from "./screen";

class Lost extends Screen {
  protected override render() {
    const { app } = this;
    const names = new Intl.ListFormat(app.language, { type: "conjunction" }).format(app.lost);
    return html`${topBar(app, null)}
      <main class="card">
        ${badge("bad", warning)}
        <h1>${this.t("lost.title")}</h1>
        <p class="lead">${this.t("lost.body", { names })}</p>
        <p>${this.t("lost.why")}</p>
        <p class="note small">${shield}<span>${this.t("lost.safe")}</span></p>
        <h2>${this.t("lost.next")}</h2>
        <ol class="steps"><li>${this.t("lost.1")}</li><li>${this.t("lost.2")}</li><li>${this.t("lost.3")}</li></ol>
        <div class="actions">
          ${primary(this.t("lost.again"), () => app.flow.start())}
          ${wayLink(app)}
          ${quiet(this.t("lost.forget"), () => void app.memory.forgetLost())}
        </div>
        ${installHint(app)}
      </main>`;
  }
}
customElements.define("tl-lost", Lost);
