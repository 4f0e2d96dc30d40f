/** Create a PIN, twice; weak ones are refused with the reason. */
import { html, type PropertyValues } from "lit";
import type { Weakness } from "../protocol/pins";
import { problem, submit, topBar } from "./parts";
import { pinField } from "./pin-field";
import { Screen } from "./screen";

class Pin extends Screen {
  static override properties = {
    shown: { state: true }, weak: { state: true }, different: { state: true }, busy: { state: true },
  };
  shown = false;
  weak: Weakness | "" = "";
  different = false;
  busy = false;

  /** Sent back because the PIN begins like the user's name, which only the claim told. */
  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    const { claimant, pin } = this.app.pairing;
    if (claimant && pin) this.weak = this.app.flow.weak(pin, claimant.user) ?? "";
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const [pin, repeat] = [this.field("pin"), this.field("repeat")];
    this.weak = this.app.flow.weak(pin.value, this.app.pairing.userName) ?? "";
    this.different = !this.weak && pin.value.normalize("NFC") !== repeat.value.normalize("NFC");
    if (this.weak || this.different) return (this.weak ? pin : repeat).focus();
    this.busy = true;
    const refused = await this.app.flow.newPin(pin.value);
    this.busy = false;
    if (refused && "weak" in refused) this.weak = refused.weak;
  }

  private get told(): string {
    const { pin_min: min, pin_max: max } = this.app.site;
    return this.weak ? this.t(`pin.weak.${this.weak}`, { min, max }) : "";
  }

  protected override render() {
    const { app } = this;
    const toggle = () => (this.shown = !this.shown);
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("pin.title")}</h1>
        <p>${this.t("pin.body")}</p>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${pinField(app, {
            name: "pin", label: this.t("pin.label"), describedBy: "pin-problem pin-hint", invalid: Boolean(this.weak),
            fresh: true, shown: this.shown, toggle,
          })}
          ${problem(this.told, "pin-problem")}
          <p class="hint" id="pin-hint">${this.t("pin.hint")}
            <button class="link" type="button" @click=${() => app.go({ screen: "guidelines" })}>${this.t("pin.guidelines")}</button></p>
          ${pinField(app, {
            name: "repeat", label: this.t("pin.repeat"), describedBy: "repeat-problem", invalid: this.different,
            fresh: true, shown: this.shown, toggle: null,
          })}
          ${problem(this.different ? this.t("pin.different") : "", "repeat-problem")}
          <div class="actions">${submit(this.t("pin.activate"), this.busy, this.t("pin.working"))}</div>
        </form>
      </main>`;
  }
}
customElements.define("tl-pin", Pin);
