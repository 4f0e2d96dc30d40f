/** Language, notifications, PIN, users, about. */
import { html, nothing } from "lit";
import { APP } from "../pairing/about";
import { LANGUAGES } from "../texts/texts";
import { right } from "./icons";
import "./notifications";
import { facts, keepNote, secondary, topBar } from "./parts";
import { Screen } from "./screen";

class Settings extends Screen {
  private renderLanguage() {
    const { app } = this;
    return html`<section><h2 id="language-title">${this.t("settings.language")}</h2>
      <div class="segments" role="radiogroup" aria-labelledby="language-title">${Object.entries(LANGUAGES).map(([tag, texts]) => html`
        <label class="segment"><input type="radio" name="language" value=${tag} ?checked=${tag === app.language}
          @change=${() => void app.speak(tag)} /><span lang=${tag}>${texts["language.name"]}</span></label>`)}</div>
    </section>`;
  }

  private renderMove() {
    const { app } = this;
    if (!app.active.length) return nothing;
    return html`<section><h2>${this.t("move.title")}</h2>
      <ul class="rows">${app.active.map((record) => html`<li><button class="row tap" type="button"
        @click=${() => app.go({ screen: "move", device: record.device })}>
        <span>${this.t("settings.move", { display: record.display })}<span class="muted">${record.user}</span></span>${right}</button></li>`)}</ul>
    </section>`;
  }

  /** Every way of approving, walked from the portal: there it is seen whether the answer arrives. */
  private renderTrial() {
    const { active, site } = this.app;
    if (!active.length || !site.portal) return nothing;
    return html`<section><h2>${this.t("settings.trial")}</h2>
      <p>${this.t("settings.trial.body")}</p>
      <a class="button secondary" href="${site.portal}/security/test" target="_blank" rel="noreferrer">${this.t("settings.trial.open")}</a>
    </section>`;
  }

  private renderUsers() {
    const { app } = this;
    if (!app.records.length) return nothing;
    return html`<section><h2>${this.t("settings.users")}</h2>
      <ul class="rows">${app.records.map((record) => html`<li><button class="row tap" type="button"
        @click=${() => app.go({ screen: "remove", device: record.device })}>
        <span>${this.t("settings.remove", { display: record.display })}<span class="muted">${record.user}</span></span>${right}</button></li>`)}</ul>
    </section>`;
  }

  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("settings.title")}</h1>
        ${this.renderLanguage()}
        ${app.records.length ? html`<tl-notifications .app=${app}></tl-notifications>` : nothing}
        ${app.pinHolders.length ? html`<section><h2>${this.t("settings.pin")}</h2>
          ${secondary(this.t("settings.pin.change"), () => app.go({ screen: "change-pin" }))}</section>` : nothing}
        ${this.renderMove()}
        ${this.renderTrial()}
        ${this.renderUsers()}
        ${keepNote(app)}
        <section><h2>${this.t("settings.about")}</h2>
          ${facts([
            [this.t("settings.about.site"), app.site.name], [this.t("settings.about.portal"), app.site.portal],
            [this.t("settings.about.host"), app.api.host], [this.t("settings.about.version"), APP],
          ])}
        </section>
      </main>`;
  }
}
customElements.define("tl-settings", Settings);
