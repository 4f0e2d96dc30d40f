/** The PIN this app already has: one PIN for all its users. */
import { html } from "lit";
import { submit, topBar } from "./parts";
import { wrongPin } from "./pin-field";
import { Proof } from "./proof";

class PinExisting extends Proof {
  protected readonly asksPin = true;

  protected async prove(pin: string): Promise<void> {
    const refused = await this.app.flow.existingPin(pin);
    if (refused && "wrong" in refused) this.told = wrongPin(this.app, refused.wrong);
  }

  protected failed(error: unknown): void {
    this.app.refuse(error, () => this.app.go({ screen: "pin-existing" }, true));
  }

  protected override render() {
    const { app } = this;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("pin.existing.title")}</h1>
        <p>${this.t("pin.existing.body")}</p>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${this.renderLatch()}
          <div class="actions">${submit(this.t("pin.activate"), this.busy, this.t("pin.working"))}</div>
        </form>
      </main>`;
  }
}
customElements.define("tl-pin-existing", PinExisting);
