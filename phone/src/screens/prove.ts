/** PIN or unlock on this phone: the second latch of a sign-in, or opening the app again after a while away. */
import { html } from "lit";
import { lock } from "./icons";
import { badge, quiet, submit, topBar } from "./parts";
import { wrongPin } from "./pin-field";
import { Proof } from "./proof";

class Prove extends Proof {
  why: "sign-in" | "unlock" = "sign-in";

  private get record() {
    const { account } = this.app;
    return this.why === "sign-in" ? account.asked?.record : account.record;
  }

  protected get asksPin(): boolean {
    return this.record?.scheme === "pin";
  }

  protected async prove(pin: string): Promise<void> {
    const { app } = this;
    if (this.why === "sign-in") return app.account.prove(pin);
    const proven = await app.account.unlock(pin);
    if (proven.right) app.goHome();
    else this.told = wrongPin(app, proven.triesLeft);
  }

  protected failed(error: unknown): void {
    this.app.refuse(error, () => this.app.goHome());
  }

  protected override render() {
    const { app, record } = this;
    if (!record) return html`${topBar(app, () => app.goHome())}<main class="card"><h1>${this.t("lock.over")}</h1></main>`;
    const pin = this.asksPin;
    return html`${topBar(app, () => app.goHome())}
      <main class="card">
        ${badge("brand", lock)}
        <h1>${this.t(this.why === "sign-in" ? "prove.title" : "lock.title")}</h1>
        <p>${this.why === "unlock" ? this.t("lock.body") : this.t(pin ? "prove.pin" : "prove.unlock", { display: record.display })}</p>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${this.renderLatch()}
          <div class="actions">
            ${submit(this.t(!pin ? "prove.unlock.do" : this.why === "unlock" ? "lock.open" : "login.do"), this.busy, this.t("request.working"))}
            ${this.why === "unlock" ? quiet(this.t("more.out"), () => void app.account.signOut()) : ""}
          </div>
        </form>
      </main>`;
  }
}
customElements.define("tl-prove", Prove);
