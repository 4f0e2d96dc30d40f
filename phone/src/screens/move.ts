/** "Move to a new phone", on the old one: what will happen, and the proof that it is wanted. */
import { html } from "lit";
import { allowMove } from "../approval/move";
import type { PhoneRecord } from "../vault/vault";
import { Refusal } from "../wire/refusal";
import { submit, topBar } from "./parts";
import { Proof } from "./proof";

class Move extends Proof {
  device = "";

  private get record(): PhoneRecord | undefined {
    return this.app.records.find((each) => each.device === this.device);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.goOn();
  }

  /** The app was closed in the middle: what is under way goes on, for the new phone may wait with its digits. */
  private async goOn(): Promise<void> {
    const { app, record } = this;
    const stands = record && await app.api.transfer(record).catch(() => null);
    const isUnderWay = stands && stands.state !== "none" && stands.state !== "over";
    if (isUnderWay && this.isConnected && !this.busy) app.go({ screen: "moving", device: this.device }, true);
  }

  protected get asksPin(): boolean {
    return this.record?.scheme === "pin";
  }

  protected async prove(pin: string): Promise<void> {
    const { app, record } = this;
    if (!record) return;
    await allowMove(app.api, record, pin);
    app.go({ screen: "moving", device: record.device }, true);
  }

  protected failed(error: unknown): void {
    if (error instanceof Refusal && error.code === "unlock.lost") this.told = this.t("refusal.unlock.lost.title");
    else this.app.refuse(error, () => this.app.go({ screen: "move", device: this.device }, true));
  }

  protected override render() {
    const { app, record } = this;
    if (!record) return html`${topBar(app, () => app.goHome())}<main class="card"><h1>${this.t("user.gone")}</h1></main>`;
    const pin = this.asksPin;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("move.title")}</h1>
        <p class="lead">${this.t("move.body", { display: record.display })}</p>
        <ol class="steps"><li>${this.t("move.1")}</li><li>${this.t("move.2")}</li><li>${this.t("move.3")}</li></ol>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${this.renderLatch()}
          <div class="actions">${submit(this.t(pin ? "move.show" : "move.show.unlock"), this.busy, this.t("move.working"))}</div>
        </form>
      </main>`;
  }
}
customElements.define("tl-move", Move);
