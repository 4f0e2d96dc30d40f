/** Notifications in the settings: on or off, why not where not, and a test that shows whether they arrive. */
import { html, nothing } from "lit";
import { platform } from "../pairing/about";
import { pushState, turnOff, turnOn, type PushState } from "../wire/push";
import { Refusal } from "../wire/refusal";
import { bell } from "./icons";
import { quiet, secondary } from "./parts";
import { Screen } from "./screen";

// Push services deliver within seconds, or when the phone next wakes up.
const PATIENCE = 15_000;

type Trial = "" | "sending" | "sent" | "arrived" | "silent" | "failed" | "limit";

export class Notifications extends Screen {
  static override properties = {
    push: { state: true }, failed: { state: true }, asking: { state: true }, trial: { state: true },
  };
  push: PushState = "unsupported";
  failed = false;
  asking = false;
  trial: Trial = "";
  private timer = 0;
  private readonly heard = ({ data }: MessageEvent): void => {
    if (data === "tested") this.end("arrived");
  };

  override connectedCallback(): void {
    super.connectedCallback();
    navigator.serviceWorker?.addEventListener("message", this.heard);
    void pushState(this.app.site.push_key).then((state) => (this.push = state));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    navigator.serviceWorker?.removeEventListener("message", this.heard);
    clearTimeout(this.timer);
  }

  private async wake(on: boolean): Promise<void> {
    const { app } = this;
    this.asking = true;
    this.failed = false;
    this.trial = "";
    try {
      if (on) this.push = await turnOn(app.api, app.site.push_key, app.active);
      else await turnOff(app.api, app.active).then(() => (this.push = "off"));
    } catch {
      this.failed = true;
    } finally {
      this.asking = false;
    }
  }

  private end(trial: Trial): void {
    clearTimeout(this.timer);
    this.trial = trial;
  }

  private async test(): Promise<void> {
    const { app } = this;
    const record = app.active.find((each) => !app.sight.trouble.has(each.device));
    if (!record || this.trial === "sending") return;
    this.end("sending");
    try {
      await app.api.testPush(record).catch(async (error: unknown) => {
        if (!(error instanceof Refusal) || error.code !== "push.off") throw error;
        // The server has dropped a dead address: told anew, and tried once more.
        await turnOn(app.api, app.site.push_key, app.active);
        await app.api.testPush(record);
      });
      if ((this.trial as Trial) !== "sending") return; // it has arrived before the answer did
      this.end("sent");
      this.timer = window.setTimeout(() => (this.trial = "silent"), PATIENCE);
    } catch (error) {
      this.end(error instanceof Refusal && error.code === "limit.push_tests" ? "limit" : "failed");
    }
  }

  private renderTrial() {
    if (this.push !== "on" || this.asking) return nothing;
    return html`${quiet(this.t("settings.notify.test"), () => void this.test())}
      <p role="status" class="muted">${this.trial ? this.t(`settings.notify.test.${this.trial}`) : nothing}</p>`;
  }

  /** Where the permission is taken back differs from phone to phone. */
  private renderWay() {
    if (this.push !== "refused" && this.trial !== "silent") return nothing;
    const way = platform();
    return html`<p class="hint">${this.t(`settings.notify.way.${way === "other" ? "desktop" : way}`)}</p>`;
  }

  protected override render() {
    const { push } = this;
    const told = this.asking ? "settings.notify.working" : this.failed ? "settings.notify.failed" : (`settings.notify.${push}` as const);
    const on = push === "on";
    return html`<section data-push=${push} data-trial=${this.trial || nothing}><h2>${this.t("settings.notify")}</h2>
      <p role="status">${this.t(told)}</p>
      ${push === "on" || push === "off"
        ? secondary(this.t(on ? "settings.notify.turn_off" : "settings.notify.turn_on"), () => void this.wake(!on), bell) : nothing}
      ${this.renderTrial()}
      ${this.renderWay()}
    </section>`;
  }
}
customElements.define("tl-notifications", Notifications);
