/** Set up already? The proof: log in at the portal and approve here. The request comes to this screen by itself. */
import { html, nothing } from "lit";
import { copy, shield } from "./icons";
import { badge, offlineLine, quiet, secondary, topBar } from "./parts";
import { Screen } from "./screen";

class Trial extends Screen {
  static override properties = { copied: { state: true } };
  copied = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.app.trial = true;
    void this.app.look();
  }

  private async copyAddress(): Promise<void> {
    this.copied = await navigator.clipboard.writeText(this.app.site.portal).then(() => true, () => false);
  }

  protected override render() {
    const { app } = this;
    const { portal } = app.site;
    return html`${topBar(app, () => app.goHome())}
      <main class="card">
        <div class="center">${badge("brand", shield)}</div>
        <h1>${this.t("trial.title")}</h1>
        <p>${this.t("trial.body")}</p>
        <ol class="steps">
          <li>${this.t("trial.1")}${portal ? html`<br /><a class="portal" href=${portal} target="_blank" rel="noreferrer">${portal}</a>` : nothing}</li>
          <li>${this.t("trial.2")}</li>
          <li>${this.t("trial.3")}</li>
        </ol>
        ${portal && navigator.clipboard ? secondary(this.t("trial.copy"), () => void this.copyAddress(), copy) : nothing}
        <p class="small muted" role="status">${this.copied ? this.t("trial.copied") : nothing}</p>
        <p class="waiting" role="status"><span class="spinner"></span>${this.t("trial.waiting")}</p>
        <p class="offline" role="status">${offlineLine(app)}</p>
        <div class="actions">${quiet(this.t("app.home"), () => app.goHome())}</div>
      </main>`;
  }
}
customElements.define("tl-trial", Trial);
