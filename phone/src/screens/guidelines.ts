/** PIN guidelines. */
import { html } from "lit";
import { cross, tick } from "./icons";
import { primary, topBar } from "./parts";
import { Screen } from "./screen";

class Guidelines extends Screen {
  protected override render() {
    const good = (["guide.length", "guide.do.2", "guide.do.3", "guide.do.4"] as const).map((key) => html`<li>${tick}<span>${this.t(key)}</span></li>`);
    const bad = (["1", "2", "3", "4", "5", "6"] as const).map((n) => html`<li>${cross}<span>${this.t(`guide.dont.${n}`)}</span></li>`);
    return html`${topBar(this.app, () => this.app.back())}
      <main class="card">
        <h1>${this.t("guide.title")}</h1>
        <h2>${this.t("guide.do")}</h2>
        <ul class="checks good">${good}</ul>
        <h2>${this.t("guide.dont")}</h2>
        <ul class="checks bad">${bad}</ul>
        <div class="actions">${primary(this.t("app.close"), () => this.app.back())}</div>
      </main>`;
  }
}
customElements.define("tl-guidelines", Guidelines);
