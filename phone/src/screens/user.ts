/** One user of this phone: what the phone is called for him, and the way out. */
import { html, nothing } from "lit";
import { Refusal } from "../wire/refusal";
import { right } from "./icons";
import { facts, problem, submit, topBar } from "./parts";
import { Screen } from "./screen";

class UserScreen extends Screen {
  static override properties = { label: { state: true }, told: { state: true }, busy: { state: true }, saved: { state: true } };
  device = "";
  label = "";
  told = "";
  busy = false;
  saved = false;

  override connectedCallback(): void {
    super.connectedCallback();
    const { record } = this;
    // Without a network the field stays empty: nothing is kept here that could differ from the portal.
    if (record) void this.app.account.label(record).then((name) => (this.label = name)).catch(() => undefined);
  }

  private get record() {
    return this.app.records.find((each) => each.device === this.device);
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    const { record, app } = this;
    if (this.busy || !record) return;
    this.busy = true;
    this.told = "";
    this.saved = false;
    try {
      this.label = await app.account.rename(record, this.field("label").value);
      this.saved = true;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "name.empty") return app.refuse(error, () => app.go({ screen: "user", device: this.device }, true));
      this.told = this.t("user.label.missing");
      this.field("label").focus();
    } finally {
      this.busy = false;
    }
  }

  protected override render() {
    const { app, record } = this;
    if (!record) return html`${topBar(app, () => app.goHome())}<main class="card"><h1>${this.t("user.gone")}</h1></main>`;
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${record.display}</h1>
        ${facts([
          [this.t("whom.user"), record.user], [this.t("whom.site"), record.site],
          [this.t("user.way"), this.t(`home.scheme.${record.scheme}`)],
        ])}
        <form novalidate @submit=${(event: Event) => void this.save(event)}>
          <label for="label">${this.t("user.label")}</label>
          <input id="label" name="label" maxlength="60" autocomplete="off" .value=${this.label}
            aria-describedby="label-hint label-problem" aria-invalid=${this.told ? "true" : "false"} />
          <p class="hint" id="label-hint">${this.t("user.label.hint")}</p>
          ${problem(this.told, "label-problem")}
          <p role="status">${this.saved ? this.t("user.label.saved") : nothing}</p>
          ${submit(this.t("user.label.save"), this.busy, this.t("request.working"))}
        </form>
        <ul class="rows">${record.stage === "active" ? html`<li><button class="row tap" type="button"
          @click=${() => app.go({ screen: "move", device: this.device })}><span>${this.t("move.title")}</span>${right}</button></li>` : nothing}
          <li><button class="row tap" type="button" @click=${() => app.go({ screen: "remove", device: this.device })}>
          <span class="bad">${this.t("settings.remove", { display: record.display })}</span>${right}</button></li></ul>
      </main>`;
  }
}
customElements.define("tl-user", UserScreen);
