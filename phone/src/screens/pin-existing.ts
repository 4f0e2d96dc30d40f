/** The PIN this app already has: one PIN for all its users. */
import { html } from "lit";
import { problem, submit, topBar } from "./parts";
import { forgotten, pinField, wrongPin } from "./pin-field";
import { Screen } from "./screen";

class PinExisting extends Screen {
  static override properties = { shown: { state: true }, told: { state: true }, busy: { state: true } };
  shown = false;
  told = "";
  busy = false;

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    const pin = this.field("pin");
    if (this.busy) return;
    if (!pin.value) {
      this.told = this.t("request.pin.missing");
      return pin.focus();
    }
    this.busy = true;
    this.told = "";
    try {
      const refused = await this.app.flow.existingPin(pin.value);
      if (refused && "wrong" in refused) this.told = wrongPin(this.app, refused.wrong);
      pin.value = "";
      if (this.told) pin.focus();
    } catch (error) {
      this.app.refuse(error, () => this.app.go({ screen: "pin-existing" }, true));
    } finally {
      this.busy = false;
    }
  }

  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("pin.existing.title")}</h1>
        <p>${this.t("pin.existing.body")}</p>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${pinField(app, {
            name: "pin", label: this.t("pin.label"), describedBy: "pin-problem", invalid: Boolean(this.told),
            fresh: false, shown: this.shown, toggle: () => (this.shown = !this.shown),
          })}
          ${problem(this.told, "pin-problem")}
          ${forgotten(app)}
          <div class="actions">${submit(this.t("pin.activate"), this.busy, this.t("pin.working"))}</div>
        </form>
      </main>`;
  }
}
customElements.define("tl-pin-existing", PinExisting);
