/** A PIN field: letters allowed, so a text keyboard; hidden, with a button that shows it. */
import { html, nothing, type TemplateResult } from "lit";
import type { App } from "../app";
import { problem } from "./parts";

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

/** What `latch` asks for and says. `told`: what was wrong; `isLost`: the unlock did not open, and the way out is shown. */
export interface Latch {
  scheme: string;
  shown: boolean;
  toggle: () => void;
  told: string;
  isInvalid?: boolean;
  hint?: string;
  isLost?: boolean;
  challenge?: string;
  hasWayOut?: boolean;
}

/** The second latch as every screen asks for it: the PIN this phone has or its unlock, what was wrong, and the way out. */
export function latch(app: App, asked: Latch): TemplateResult {
  const { scheme, shown, toggle, told, challenge, hasWayOut = true } = asked;
  if (scheme !== "pin") return html`${asked.hint ? html`<p class="hint">${asked.hint}</p>` : nothing}
    ${problem(told, "pin-problem")}
    ${hasWayOut && asked.isLost ? unlockLost(app, challenge) : nothing}`;
  return html`${pinField(app, {
      name: "pin", label: app.t("pin.label"), describedBy: "pin-problem", invalid: asked.isInvalid ?? Boolean(told),
      fresh: false, shown, toggle,
    })}
    ${problem(told, "pin-problem")}
    ${hasWayOut ? forgotten(app, challenge) : nothing}`;
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
