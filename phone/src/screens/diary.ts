/** The security diary: what happened, newest first, a page at a time. Nothing here can be changed. */
import { html, nothing } from "lit";
import type { DiaryEntry } from "../account/messages";
import { browser, clock as shownClock } from "../texts/texts";
import { cover, tabs } from "./account-parts";
import { clock } from "./icons";
import { secondary, topBar } from "./parts";
import { Screen } from "./screen";

class Diary extends Screen {
  static override properties = { entries: { state: true }, more: { state: true }, busy: { state: true } };
  entries: DiaryEntry[] | null = null;
  more = false;
  busy = false;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.app.account.isOpen) void this.load();
  }

  private async load(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const { app } = this;
    try {
      const page = await app.account.diary(this.entries?.at(-1)?.number);
      if (!page) return app.goHome();
      this.entries = [...(this.entries ?? []), ...page.entries];
      this.more = page.more;
    } catch (error) {
      app.refuse(error, () => app.go({ screen: "diary" }, true));
    } finally {
      this.busy = false;
    }
  }

  private renderEntry(entry: DiaryEntry) {
    const where = [entry.phone, browser(this.app.language, entry.agent), entry.address].filter(Boolean).join(" · ");
    return html`<li class="row">${clock}<span><span>${entry.text}</span>
      ${where ? html`<span class="muted">${where}</span>` : nothing}
      <span class="muted"><time datetime=${new Date(entry.at).toISOString()}>${shownClock(this.app.language, entry.at)}</time></span></span></li>`;
  }

  private renderOwn() {
    if (!this.entries) return html`<p role="status">${this.t("app.loading")}</p>`;
    return html`<p>${this.t("diary.body")}</p>
      <ol class="rows" reversed>${this.entries.map((entry) => this.renderEntry(entry))}</ol>
      <p class="sr" role="status">${this.t("diary.shown", { count: this.entries.length })}</p>
      ${this.more ? secondary(this.t("diary.older"), () => void this.load()) : nothing}`;
  }

  protected override render() {
    const { app } = this;
    if (!app.account.isIn) queueMicrotask(() => this.isConnected && app.goHome());
    if (app.account.locked) this.entries = null;
    return html`${topBar(app, () => app.back())}
      <main class="card"><h1>${this.t("diary.title")}</h1>
        ${app.account.locked ? cover(app) : this.renderOwn()}
      </main>${tabs(app)}`;
  }
}
customElements.define("tl-diary", Diary);
