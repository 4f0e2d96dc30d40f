/** Typing the session ID: groups of four while typing, slips found before a try is spent, a pasted link works too. */
import { html, nothing } from "lit";
import { grouped, tidy, type CodeProblem } from "../protocol/codes";
import { camera } from "./icons";
import { problem, secondary, submit, topBar } from "./parts";
import { Screen } from "./screen";

class Code extends Screen {
  static override properties = { trouble: { state: true }, nameless: { state: true }, busy: { state: true } };
  trouble: CodeProblem | "" = "";
  nameless = false;
  busy = false;

  /** Regroups the text and keeps the caret behind the character it was behind. */
  private typed(event: InputEvent): void {
    const field = event.target as HTMLInputElement;
    this.trouble = "";
    if (/[#:/]/.test(field.value)) return;
    const before = tidy(field.value.slice(0, field.selectionStart ?? field.value.length)).length;
    const shown = grouped(field.value);
    if (shown === field.value) return;
    field.value = shown;
    const caret = before + Math.max(0, Math.ceil(before / 4) - 1);
    field.setSelectionRange(caret, caret);
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    const [code, user] = [this.field("code"), this.querySelector<HTMLInputElement>('[name="user"]')];
    this.nameless = Boolean(user && !user.value.trim());
    const reading = this.nameless ? null : this.app.flow.typed(code.value, user?.value.trim() ?? "");
    this.trouble = reading ?? "";
    this.busy = !this.trouble && !this.nameless && this.app.pairing.way === "unlock";
    if (this.nameless) user?.focus();
    else if (this.trouble) code.focus();
  }

  /** What was copied on the page behind the QR code, or in the portal. The browser asks before it gives it. */
  private async paste(): Promise<void> {
    const text = await navigator.clipboard.readText().catch(() => "");
    const field = this.field("code");
    this.trouble = "";
    if (text.trim()) field.value = /[#:/]/.test(text) ? text.trim() : grouped(text);
    field.focus();
  }

  private get told(): string {
    if (!this.trouble) return "";
    const missing = 12 - tidy(this.field("code")?.value ?? "").length;
    return this.t(`code.problem.${this.trouble}`, { count: missing });
  }

  protected override render() {
    const { app } = this;
    const unlock = app.pairing.way === "unlock";
    const kind = unlock ? "activation" : "id";
    const scan = () => app.go({ screen: "scan" });
    return html`${topBar(app, () => app.back())}
      <main class="card">
        <h1>${this.t(`code.title.${kind}`)}</h1>
        <p>${this.t(`code.body.${kind}`)}</p>
        ${unlock ? html`${secondary(this.t("code.camera"), scan, camera)}<p class="or"><span>${this.t("code.or")}</span></p>` : nothing}
        <form novalidate @submit=${(event: Event) => void this.send(event)}>
          ${app.site.typed_needs_name ? html`
            <label for="user">${this.t("code.user")}</label>
            <input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false"
              aria-describedby="user-hint user-problem" aria-invalid=${this.nameless ? "true" : "false"} />
            <p class="hint" id="user-hint">${this.t("code.user.hint")}</p>
            ${problem(this.nameless ? this.t("code.user.missing") : "", "user-problem")}` : nothing}
          <label for="code">${this.t(`code.label.${kind}`)}</label>
          <div class="with-button"><input id="code" name="code" class="code" autocomplete="off" autocapitalize="characters" autocorrect="off"
            spellcheck="false" placeholder="XXXX-XXXX-XXXX" enterkeyhint="go" @input=${(event: InputEvent) => this.typed(event)}
            aria-describedby="code-problem code-hint" aria-invalid=${this.trouble ? "true" : "false"} />
            ${"readText" in (navigator.clipboard ?? {}) ? html`<button class="inner" type="button" @click=${() => void this.paste()}>${this.t("code.paste")}</button>` : nothing}
          </div>
          ${problem(this.told, "code-problem")}
          <p class="hint" id="code-hint">${this.t("code.hint")}</p>
          <div class="actions">
            ${submit(this.t(unlock ? "code.activate" : "app.continue"), this.busy, this.t("pin.working"))}
            ${unlock ? nothing : secondary(this.t("code.scan"), scan, camera)}
          </div>
        </form>
      </main>`;
  }
}
customElements.define("tl-code", Code);
