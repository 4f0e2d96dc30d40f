/** A PIN field: letters allowed, so a text keyboard; hidden, with a button that shows it. */
import { html, type TemplateResult } from "lit";
import type { App } from "../app";

export interface PinField {
  name: string;
  label: string;
  describedBy: string;
  invalid: boolean;
  fresh: boolean;
  shown: boolean;
  toggle: (() => void) | null;
}

export function pinField(app: App, field: PinField): TemplateResult {
  return html`<label for=${field.name}>${field.label}</label>
    <div class="with-button">
      <input id=${field.name} name=${field.name} class="pin" type=${field.shown ? "text" : "password"} inputmode="text"
        autocomplete=${field.fresh ? "new-password" : "off"} autocapitalize="none" autocorrect="off" spellcheck="false"
        maxlength="24" aria-describedby=${field.describedBy} aria-invalid=${field.invalid ? "true" : "false"} />
      ${field.toggle ? html`<button class="inner" type="button" aria-pressed=${field.shown ? "true" : "false"}
        aria-controls=${field.name} @click=${field.toggle}>${app.t(field.shown ? "pin.hide" : "pin.show")}</button>` : ""}
    </div>`;
}

/** Below every field that asks for the PIN a person already has. */
export function forgotten(app: App, challenge = ""): TemplateResult {
  return html`<p><button class="link" type="button" @click=${() => app.go({ screen: "way-out", why: "pin", challenge })}>${app.t("pin.forgotten")}</button></p>`;
}

/** Below an unlock that did not open. */
export function unlockLost(app: App, challenge = ""): TemplateResult {
  return html`<p><button class="link" type="button" @click=${() => app.go({ screen: "way-out", why: "unlock", challenge })}>${app.t("unlock.trouble")}</button></p>`;
}

/** "One try left", where the server counts tries. */
export function wrongPin(app: App, left: number | null): string {
  if (left === null) return app.t("pin.wrong");
  return left === 1 ? app.t("pin.wrong.left.1") : app.t("pin.wrong.left", { count: left });
}
