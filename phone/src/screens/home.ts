/** Home of who is signed in: what waits, his devices, and what happened lately. */
import { html, nothing } from "lit";
import type { DiaryEntry } from "../account/messages";
import { clock as shownClock } from "../texts/texts";
import { Refusal } from "../wire/refusal";
import { cover, endedList, hasTabs, startBar, tabs, waitingList } from "./account-parts";
import { book, laptop, right, warning } from "./icons";
import { keepNote, offlineLine } from "./parts";
import { otherWays } from "./rungs";
import { Ticking } from "./ticking";

class Home extends Ticking {
  static override properties = { latest: { state: true } };
  latest: DiaryEntry[] = [];
  private of = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private async load(): Promise<void> {
    const { account } = this.app;
    if (!account.isOpen) return;
    this.of = account.record?.device ?? "";
    const page = await account.load().then(() => account.diary()).catch((error) => {
      if (error instanceof Refusal) return null;
      throw error;
    });
    this.latest = page?.entries.slice(0, 3) ?? this.latest;
  }

  /** Another user is shown, or the cover is gone. */
  protected override updated(): void {
    const { account } = this.app;
    if (this.of === (account.record?.device ?? "") || !account.isOpen) return;
    this.latest = [];
    void this.load();
  }

  private renderSwitch() {
    const { app } = this;
    if (app.active.length < 2) return nothing;
    const shown = app.account.record?.device;
    return html`<div class="segments" role="radiogroup" aria-label=${this.t("home.switch")}>${app.active.map((record) => html`
      <label class="segment"><input type="radio" name="shown" value=${record.device} .checked=${record.device === shown}
        @change=${() => void app.account.showUser(record)} /><span>${record.display}</span></label>`)}</div>`;
  }

  private renderOwn() {
    const { app } = this;
    const { overview } = app.account;
    const count = { phones: overview?.authenticators.length ?? 0, sessions: overview?.sessions.length ?? 0 };
    return html`
      ${overview?.must_change ? html`<p class="note warn">${warning}<span>${this.t("home.must_change")}</span></p>` : nothing}
      <section><h2>${this.t("devices.title")}</h2>
        <ul class="rows"><li><button class="row tap" type="button" @click=${() => app.go({ screen: "devices" })}>
          ${laptop}<span><strong>${this.t("devices.all")}</strong>
          <span class="muted">${overview ? this.t("devices.count", count) : this.t("app.loading")}</span></span>${right}</button></li></ul>
      </section>
      <section><h2>${this.t("diary.title")}</h2>
        <ul class="rows">${this.latest.map((entry) => html`<li class="row">${book}<span><span>${entry.text}</span>
          <span class="muted">${shownClock(app.language, entry.at)}</span></span></li>`)}
          <li><button class="row tap" type="button" @click=${() => app.go({ screen: "diary" })}>
            <span>${this.t("diary.all")}</span>${right}</button></li></ul>
      </section>`;
  }

  protected override render() {
    const { app } = this;
    return html`${startBar(app, hasTabs() ? null : "more")}
      <main class="card">
        <h1 class="quiet-title">${this.t("home.hello", { display: app.account.record?.display ?? "" })}</h1>
        ${this.renderSwitch()}
        <p class="offline" role="status">${offlineLine(app)}</p>
        <div aria-live="polite">${waitingList(app, false)}</div>
        ${otherWays(app)}
        ${endedList(app)}
        ${app.keeping === "week" ? keepNote(app) : nothing}
        ${app.account.locked ? cover(app) : this.renderOwn()}
      </main>${tabs(app)}`;
  }
}
customElements.define("tl-home", Home);
