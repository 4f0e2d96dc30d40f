/** For whom and where, before anything is stored. */
import { html } from "lit";
import { person } from "./icons";
import { badge, facts, quiet, submit, topBar } from "./parts";
import { Screen } from "./screen";

class Whom extends Screen {
  static override properties = { busy: { state: true } };
  busy = false;

  /** Straight from the tap: the platform's unlock opens only in answer to one. */
  private link(event: Event): void {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    void this.app.flow.link().finally(() => (this.busy = false));
  }

  protected override render() {
    const { app } = this;
    const claimant = app.pairing.claimant;
    if (!claimant) return html`${topBar(app, () => app.goHome())}`;
    const yes = this.t(app.pairing.way === "unlock" ? "whom.yes.unlock" : "whom.yes");
    return html`${topBar(app, null)}
      <main class="card center">
        ${badge("brand", person)}
        <h1>${this.t("whom.title", { display: claimant.display })}</h1>
        ${facts([[this.t("whom.user"), claimant.user], [this.t("whom.site"), claimant.site]])}
        <p>${this.t("whom.body")}</p>
        <form class="actions" @submit=${(event: Event) => this.link(event)}>
          ${submit(yes, this.busy, this.t("whom.working"))}
          ${quiet(this.t("whom.no"), () => void app.flow.giveUp())}
        </form>
      </main>`;
  }
}
customElements.define("tl-whom", Whom);
