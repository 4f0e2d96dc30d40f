/** Unlock way: what will happen when a user is added, and the one button that begins it. */
import { html } from "lit";
import { code } from "./icons";
import { primary, topBar } from "./parts";
import { Screen } from "./screen";

class AddUser extends Screen {
  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("home.add")}</h1>
        <ol class="steps">
          <li>${this.t("add.1")}</li><li>${this.t("add.2")}</li><li>${this.t("add.3")}</li><li>${this.t("explain.3")}</li>
        </ol>
        <div class="actions">${primary(this.t("start.qr"), () => app.flow.start(), false, code)}</div>
      </main>`;
  }
}
customElements.define("tl-add-user", AddUser);
