/** The app begins here when nobody is signed in to it. Requests are listed and answered here all the same. */
import { html, nothing } from "lit";
import { Refusal } from "../wire/refusal";
import { allStopped, endedList, startBar, userList, waitingList } from "./account-parts";
import { keepNote, offlineLine, problem, submit } from "./parts";
import { otherWays } from "./rungs";
import { Ticking } from "./ticking";

class Login extends Ticking {
  static override properties = { shown: { state: true }, busy: { state: true }, told: { state: true } };
  shown = false;
  busy = false;
  told = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.app.account.typing = false;
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    const { app } = this;
    const [name, password] = [this.field("name"), this.field("password")];
    if (this.busy) return;
    this.told = "";
    const empty = [name, password].find((field) => !field.value);
    if (empty) {
      this.told = this.t(empty === name ? "login.name.missing" : "login.password.missing");
      return empty.focus();
    }
    this.busy = true;
    try {
      await app.account.typed(name.value, password.value);
    } catch (error) {
      this.failed(error);
    } finally {
      this.busy = false;
      password.value = "";
      app.account.typing = false;
    }
  }

  private failed(error: unknown): void {
    const { app } = this;
    if (!(error instanceof Refusal) || !/^(login|limit|name)\./.test(error.code)) return app.refuse(error, () => app.goHome());
    this.told = `${error.problem.title}. ${error.problem.detail}`;
    this.field("password").focus();
  }

  private renderForm() {
    const { app } = this;
    return html`<form novalidate @submit=${(event: Event) => void this.send(event)}
      @input=${() => (app.account.typing = Boolean(this.field("password").value))}>
      <label for="name">${this.t("login.name")}</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false"
        maxlength="128" value=${app.account.record?.user ?? ""} aria-describedby="login-problem" />
      <label for="password">${this.t("login.password")}</label>
      <div class="with-button">
        <input id="password" name="password" class="hidden-text" type=${this.shown ? "text" : "password"} maxlength="256"
          autocomplete="current-password" autocapitalize="none" autocorrect="off" spellcheck="false"
          aria-describedby="login-problem" aria-invalid=${this.told ? "true" : "false"} />
        <button class="inner" type="button" aria-pressed=${this.shown ? "true" : "false"} aria-controls="password"
          @click=${() => (this.shown = !this.shown)}>${this.t(this.shown ? "pin.hide" : "pin.show")}</button>
      </div>
      ${problem(this.told, "login-problem")}
      ${submit(this.t("login.do"), this.busy, this.t("login.working"))}
    </form>`;
  }

  protected override render() {
    const { app } = this;
    const waits = app.sight.waiting.length > 0;
    const requests = html`<div aria-live="polite">${waitingList(app, true)}</div>`;
    return html`${startBar(app, "services")}
      <main class="card login">
        ${waits ? requests : nothing}
        ${allStopped(app) ? html`<h1 class="quiet-title">${app.site.name}</h1>` : html`<h1>${this.t("login.title")}</h1>`}
        <p class="offline" role="status">${offlineLine(app)}</p>
        ${allStopped(app) ? nothing : this.renderForm()}
        ${waits ? nothing : requests}
        ${endedList(app)}
        ${otherWays(app)}
        ${app.keeping === "week" ? keepNote(app) : nothing}
        <section><h2>${this.t("home.users")}</h2>${userList(app, (record) => {
          void app.account.showUser(record);
          if (allStopped(app)) return;
          this.field("name").value = record.user;
          this.field("password").focus();
        }, false)}</section>
      </main>`;
  }
}
customElements.define("tl-login", Login);
