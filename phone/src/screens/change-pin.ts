/** A new PIN for the app, after the old one was proved. */
import { html } from "lit";
import { changePin } from "../approval/change";
import { iterations } from "../pairing/settle";
import { done, primary, problem, submit, topBar } from "./parts";
import { forgotten, pinField, wrongPin } from "./pin-field";
import { Screen } from "./screen";

class ChangePin extends Screen {
  static override properties = { shown: { state: true }, trouble: { state: true }, busy: { state: true } };
  done = false;
  shown = false;
  trouble: { field: "old" | "pin" | "repeat"; text: string } | null = null;
  busy = false;

  private refuse(field: "old" | "pin" | "repeat", text: string): void {
    this.trouble = { field, text };
    this.field(field).focus();
  }

  private check(): boolean {
    const { app } = this;
    const after = this.field("pin").value;
    const weak = app.pinHolders.map((record) => app.flow.weak(after, record.user)).find(Boolean);
    const { pin_min: min, pin_max: max } = app.site;
    if (!this.field("old").value) this.refuse("old", this.t("request.pin.missing"));
    else if (weak) this.refuse("pin", this.t(`pin.weak.${weak}`, { min, max }));
    else if (after.normalize("NFC") !== this.field("repeat").value.normalize("NFC")) this.refuse("repeat", this.t("pin.different"));
    else return true;
    return false;
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    const { app } = this;
    this.trouble = null;
    if (this.busy || !this.check()) return;
    this.busy = true;
    try {
      const rounds = iterations(app.site.iterations);
      const proven = await changePin(app.api, app.records.filter((record) => record.scheme === "pin"), this.field("old").value, this.field("pin").value, rounds);
      if (!proven.right) return this.refuse("old", wrongPin(app, proven.triesLeft));
      await app.reload();
      app.go({ screen: "change-done" }, true);
    } catch (error) {
      app.refuse(error, () => app.go({ screen: "change-pin" }, true));
    } finally {
      this.busy = false;
    }
  }

  private renderField(name: "old" | "pin" | "repeat", label: string) {
    const told = this.trouble?.field === name ? this.trouble.text : "";
    return html`${pinField(this.app, {
      name, label, describedBy: `${name}-problem`, invalid: Boolean(told), fresh: name !== "old", shown: this.shown,
      toggle: name === "old" ? () => (this.shown = !this.shown) : null,
    })}${problem(told, `${name}-problem`)}`;
  }

  private renderDone() {
    return html`${topBar(this.app, null)}<main class="card center">
      ${done}<h1>${this.t("change.done.title")}</h1><p>${this.t("change.done.body")}</p>
      <div class="actions">${primary(this.t("app.done"), () => this.app.goHome())}</div></main>`;
  }

  protected override render() {
    const { app } = this;
    if (this.done) return this.renderDone();
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t("change.title")}</h1>
        <p>${this.t("change.body")}
          <button class="link" type="button" @click=${() => app.go({ screen: "guidelines" })}>${this.t("pin.guidelines")}</button></p>
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${this.renderField("old", this.t("change.old"))}
          ${forgotten(app)}
          ${this.renderField("pin", this.t("change.new"))}
          ${this.renderField("repeat", this.t("change.repeat"))}
          <div class="actions">${submit(this.t("change.do"), this.busy, this.t("change.working"))}</div>
        </form>
      </main>`;
  }
}
customElements.define("tl-change-pin", ChangePin);
