/** Everybody who approves with this phone, and the way to add one more. */
import { html } from "lit";
import { userList } from "./account-parts";
import { plus } from "./icons";
import { primary, topBar } from "./parts";
import { Screen } from "./screen";

class TwoFactor extends Screen {
  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t(app.account.isIn ? "two-factor.title" : "services.authenticate")}</h1>
        <p>${this.t("two-factor.body")}</p>
        <section><h2>${this.t("home.users")}</h2>
          ${userList(app, ({ device }) => app.go({ screen: "user", device }))}
        </section>
        <div class="actions">${primary(this.t("home.add"), () => app.flow.add(), false, plus)}</div>
      </main>`;
  }
}
customElements.define("tl-two-factor", TwoFactor);
