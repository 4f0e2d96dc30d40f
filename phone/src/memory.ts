/** What the app finds when it opens, and what it leaves for the next time: users, language, last sights, the clock. */
import type { App } from "./app";
import { CALM } from "./places";
import { askToKeep, installed, keeping } from "./vault/keeping";
import { findTrace, leaveTrace } from "./vault/trace";
import { choice, choose, phones } from "./vault/vault";
import { aheadNow, recallAhead, recallHeard } from "./wire/clock";
import { recall } from "./wire/lookout";
import type { Site } from "./wire/messages";

const CLOCK_SLIP = 5_000;

export class Memory {
  private aheadKept = 0;
  private lastAnswered: string[] = [];

  constructor(private readonly app: App) {}

  /** Throws when the vault cannot be opened. */
  async recall(): Promise<void> {
    const { app } = this;
    app.language = (await choice<string>("language")) ?? app.language;
    await choose("spoken", app.language); // for the worker, which need not know what this phone speaks
    app.site = { ...app.site, ...(await choice<Site>("site")) };
    recallAhead(await choice("ahead"));
    recallHeard(await choice("heard"));
    this.aheadKept = aheadNow();
    app.records = await phones();
    app.sight = await recall(app.active);
    await app.account.recall();
    // One PIN serves all users of an app, so who comes next walks the way of those who are here.
    if (app.active[0]) app.choose(app.active[0].scheme);
    if (app.records.length) await this.leaveTrace();
    else app.lost = await findTrace();
  }

  async leaveTrace(): Promise<void> {
    const { app } = this;
    if (app.records.length) app.lost = [];
    await leaveTrace(app.records.length ? app.records.map((record) => record.display) : app.lost);
  }

  /** The loss is understood: this phone begins anew. */
  async forgetLost(): Promise<void> {
    this.app.lost = [];
    await leaveTrace([]);
    this.app.goHome();
  }

  /** Once installed, a browser that refused before may promise after all. */
  async mindKeeping(): Promise<void> {
    const { app } = this;
    app.keeping = installed() && app.records.length ? await askToKeep() : await keeping();
    app.changed();
  }

  /** Another tab, or the worker, has changed who is here. */
  async follow(): Promise<void> {
    const { app } = this;
    await app.reload();
    const screen = app.place?.screen ?? "start";
    const gone = screen === "digits" && !app.records.some((each) => each.stage === "pending");
    const first = screen === "start" || screen === "lost";
    if (gone || (CALM.has(screen) && first === Boolean(app.records.length))) app.goHome();
  }

  /** Answered in this window, in another one, or by the worker. */
  async answered(): Promise<string[]> {
    this.lastAnswered = (await choice<string[]>("answered").catch(() => undefined)) ?? this.lastAnswered;
    return this.lastAnswered;
  }

  /** How wrong this phone's clock is, for a start without a network. */
  keepClock(): void {
    if (Math.abs(aheadNow() - this.aheadKept) > CLOCK_SLIP) void choose("ahead", (this.aheadKept = aheadNow()));
  }
}
