/** Possible issues with the camera and the code, and their solutions. */
import { html } from "lit";
import { where } from "../pairing/where";
import { installed } from "../vault/keeping";
import { keys } from "./icons";
import { primary, topBar } from "./parts";
import { Screen } from "./screen";

class CameraHelp extends Screen {
  private issue(number: "1" | "2" | "3" | "4" | "5" | "6") {
    return html`<section class="issue"><h2>${this.t(`camera.${number}.title`)}</h2><p>${this.t(`camera.${number}.body`)}</p></section>`;
  }

  protected override render() {
    const allow = this.t(`scan.allow.${where(installed())}`);
    return html`${topBar(this.app, () => this.app.back())}
      <main class="card">
        <h1>${this.t("camera.title")}</h1>
        ${(["1", "2", "3", "4", "5", "6"] as const).map((number) => this.issue(number))}
        <section class="issue"><h2>${this.t("scan.refused.title")}</h2><p>${allow} ${this.t("camera.type")}</p></section>
        <div class="actions">${primary(this.t("scan.type"), () => this.app.go({ screen: "code" }, true), false, keys)}</div>
      </main>`;
  }
}
customElements.define("tl-camera-help", CameraHelp);
