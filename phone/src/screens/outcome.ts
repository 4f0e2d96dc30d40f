/** How it ended, in plain words. */
import { html } from "lit";
import type { Outcome } from "../places";
import { clock, cross, shield, tick, warning } from "./icons";
import { badge, primary, topBar } from "./parts";
import { Screen } from "./screen";

const LOOK: Record<Outcome, [Parameters<typeof badge>[0], unknown]> = {
  approved: ["good", tick], denied: ["bad", cross], not_me: ["bad", shield], expired: ["calm", clock],
  superseded: ["calm", clock], elsewhere: ["calm", tick], locked: ["bad", warning], gone: ["calm", clock],
  test: ["calm", clock], support: ["good", tick], support_over: ["calm", cross],
};

class OutcomeScreen extends Screen {
  outcome: Outcome = "elsewhere";

  protected override render() {
    const { app, outcome } = this;
    const proved = outcome === "approved" && app.trial;
    return html`${topBar(app, null)}
      <main class="card center">
        ${badge(...LOOK[outcome])}
        <h1>${this.t(proved ? "trial.proved.title" : `outcome.${outcome}.title`)}</h1>
        <p class="lead">${this.t(proved ? "trial.proved.body" : `outcome.${outcome}.body`)}</p>
        <div class="actions">${primary(this.t("app.done"), () => app.goHome())}</div>
      </main>`;
  }
}
customElements.define("tl-outcome", OutcomeScreen);
