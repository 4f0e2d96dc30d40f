/** PIN forgotten, or the phone's unlock is gone: what still works, and the ways out. Never a dead end. */
import { html } from "lit";
import { warning } from "./icons";
import { badge, primary, supportLine, topBar } from "./parts";
import { Screen } from "./screen";

class WayOut extends Screen {
  why: "pin" | "unlock" = "pin";
  challenge = "";

  /** Back to the request that asked, while it waits: denying it is still possible there. */
  private leave(): void {
    const { app, challenge } = this;
    if (app.request(challenge)) app.go({ screen: "request", challenge }, true);
    else app.back();
  }

  protected override render() {
    const { app, why } = this;
    return html`${topBar(app, () => this.leave())}
      <main class="card">
        ${badge("calm", warning)}
        <h1>${this.t(`wayout.${why}.title`)}</h1>
        <p class="lead">${this.t(`wayout.${why}.body`)}</p>
        <ol class="steps">
          <li>${this.t(`wayout.${why}.first`)}</li>
          <li>${this.t("wayout.other")}</li>
          <li><span>${this.t("wayout.support")}</span></li>
        </ol>
        ${supportLine(app)}
        <p class="muted">${this.t("wayout.still")}</p>
        <div class="actions">${primary(this.t("app.back"), () => this.leave())}</div>
      </main>`;
  }
}
customElements.define("tl-way-out", WayOut);
