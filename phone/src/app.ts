/** The app: which screen is shown, what every screen may use, and looking again whenever something may have changed. */
import { LitElement, type PropertyValues, type TemplateResult } from "lit";
import { Account } from "./account/account";
import { sayGoodbyes } from "./account/leaving";
import { localOutcome } from "./approval/outcome";
import { Scans, takeScan } from "./approval/scanned";
import { canUnlock } from "./approval/unlock";
import { wearBrand } from "./brand";
import { Memory } from "./memory";
import { Flow } from "./pairing/flow";
import { dropLink, keptLink, newPairing, takeLink, type Pairing } from "./pairing/pairing";
import { platform } from "./pairing/about";
import { INTERRUPTIBLE, ONE_WAY, type Outcome, type Place } from "./places";
import type { Reading } from "./protocol/codes";
import { show } from "./screens/show";
import { pickLanguage, say, type Key, type Values } from "./texts/texts";
import type { Keeping } from "./vault/keeping";
import {
  NewerVault, choose, phones, rememberAnswered, whenBlocked, whenChangedElsewhere, type PhoneRecord, type Scheme,
} from "./vault/vault";
import { Api } from "./wire/api";
import { clockIsOff, serverNow } from "./wire/clock";
import { Live } from "./wire/stream";
import { NOTHING_SEEN, lookAround, type Past, type Request, type Sight } from "./wire/lookout";
import type { Site } from "./wire/messages";
import { clearNotices, keepPush } from "./wire/push";
import { calledFor, takeCall } from "./wire/call";
import { Refusal, localRefusal } from "./wire/refusal";

const NO_SITE: Site = {
  name: "", portal: "", push_key: "", pin_min: 4, pin_max: 6, iterations: 600_000, typed_needs_name: false,
  languages: [], version: 1, color: "", logo: "", code_minutes: 0, stores: {}, support: "",
};

export class App extends LitElement {
  language = pickLanguage(navigator.languages);
  readonly api = new Api(location.host, () => this.language);
  readonly flow = new Flow(this);
  readonly scans = new Scans(this);
  readonly memory = new Memory(this);
  readonly account = new Account(this);
  private readonly live = new Live(this.api, () => void this.look());

  site: Site = NO_SITE;
  records: PhoneRecord[] = [];
  sight: Sight = NOTHING_SEEN;
  place: Place | null = null;
  pairing: Pairing = newPairing(platform() === "ios" ? "unlock" : "pin");
  refusal: { refusal: Refusal; again: (() => void) | null } | null = null;
  installer: (Event & { prompt(): Promise<unknown> }) | null = null;
  canUnlock = false;
  /** The device activated last, for the screen that says so. */
  finished = "";
  /** Somebody who is set up already is proving that it works. */
  trial = false;
  /** The person allowed notifications on the way in. */
  noticesWished = false;
  /** Whose keys were here and are gone; empty in all ordinary life. */
  lost: string[] = [];
  keeping: Keeping = "kept";
  private turn = 0;
  private looking: Promise<void> | null = null;
  private lookAgain = false;
  /** The request whose notification was pressed, until it is shown or its end explained. */
  private call = "";
  private past: Past[] = [];
  private hasLooked = false;
  private readonly offered = new Set<string>();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("popstate", () => this.cameBack());
    addEventListener("hashchange", () => this.addressChanged());
    addEventListener("online", () => (this.live.hurry(), void this.look(), void sayGoodbyes(this.api)));
    addEventListener("offline", () => void this.look());
    document.addEventListener("visibilitychange", () => (this.listen(), this.account.mindSight()));
    addEventListener("pagehide", () => this.account.leftAt());
    addEventListener("beforeinstallprompt", (event) => this.mayInstall(event));
    addEventListener("appinstalled", () => ((this.installer = null), this.changed()));
    navigator.serviceWorker?.addEventListener("message", ({ data }) => this.called(data));
    void this.begin();
  }

  t(key: Key, values?: Values): string {
    return say(this.language, key, { site: this.site.name, ...values });
  }

  /** Something every screen may show has changed. */
  changed(): void {
    this.turn += 1;
    this.requestUpdate();
  }

  private async begin(): Promise<void> {
    this.call = takeCall();
    const scan = takeScan();
    const opened = takeLink();
    const reload = () => location.reload();
    whenBlocked(() => this.refuse(localRefusal("vault.blocked"), reload));
    try {
      await this.memory.recall();
    } catch (error) {
      return this.refuse(localRefusal(error instanceof NewerVault ? "vault.newer" : "vault.closed"), reload);
    }
    whenChangedElsewhere(() => void this.memory.follow());
    void this.memory.mindKeeping();
    this.canUnlock = await canUnlock();
    void this.learnSite().then(() => keepPush(this.api, this.site.push_key, this.active));
    void sayGoodbyes(this.api);
    if (scan) void this.scans.take(scan);
    else if (opened) this.openedByLink(opened);
    else this.goHome();
    this.listen();
  }

  async learnSite(): Promise<void> {
    try {
      this.site = await this.api.site();
      await choose("site", this.site);
      await choose("heard", serverNow());
    } catch {
      // The last description serves until the site can be reached.
    }
    wearBrand(this.site.color);
    this.changed();
  }

  /** Where the app begins, and where every road ends. */
  goHome(): void {
    this.pairing = newPairing(this.pairing.way);
    this.trial = false;
    const pending = this.records.find((record) => record.stage === "pending");
    if (pending) this.go({ screen: "digits", device: pending.device }, true);
    else this.go({ screen: this.records.length ? "home" : this.lost.length ? "lost" : "start" }, true);
    this.offer();
  }

  go(place: Place, replace = false): void {
    const state = { screen: place.screen, place };
    if (replace || !this.place || ONE_WAY.has(this.place.screen)) history.replaceState(state, "", "/");
    else history.pushState(state, "", "/");
    this.place = place;
    this.changed();
  }

  back(): void {
    if (history.state?.place && history.length > 1) history.back();
    else this.goHome();
  }

  private cameBack(): void {
    if (location.hash) return; // a new address in an open window: `hashchange` reads it
    const place = (history.state as { place?: Place } | null)?.place;
    if (!place || ONE_WAY.has(place.screen)) return this.goHome();
    this.place = place;
    this.changed();
    this.offer();
  }

  private addressChanged(): void {
    const call = takeCall();
    const scan = takeScan();
    if (call) this.called({ open: call });
    else if (scan) void this.scans.take(scan);
    else this.openedByLink(takeLink());
  }

  /** Nothing is claimed by opening a link: the code waits on its screen for a tap. */
  private openedByLink(reading: Reading | null): void {
    if (!reading) return this.goHome();
    if (!reading.ok) {
      return this.refuse(localRefusal(reading.problem === "elsewhere" ? "code.elsewhere" : "code.broken"), null);
    }
    this.pairing = { ...newPairing(this.pairing.way), code: reading.code, link: keptLink() };
    this.go({ screen: "link" }, true);
  }

  choose(way: Scheme): void {
    this.pairing = { ...this.pairing, way };
    this.changed();
  }

  refuse(error: unknown, again: (() => void) | null): void {
    let refusal = error instanceof Refusal ? error : localRefusal(error instanceof NewerVault ? "vault.newer" : "wire.strange");
    if (refusal.code === "wire.offline" && navigator.onLine && clockIsOff()) refusal = localRefusal("wire.clock");
    if (refusal.code === "wire.strange") console.error(error);
    if (refusal.code.startsWith("code.")) dropLink();
    this.refusal = { refusal, again };
    this.go({ screen: "refusal" }, this.place?.screen !== "home");
  }

  async speak(language: string): Promise<void> {
    try {
      await choose("language", language);
      await choose("spoken", language);
    } finally {
      this.language = language; // what is seen is kept: the app may be closed right after
      this.changed();
    }
  }

  /** The users of this app who answer with its PIN. */
  get pinHolders(): PhoneRecord[] {
    return this.active.filter((record) => record.scheme === "pin");
  }

  get active(): PhoneRecord[] {
    return this.records.filter((record) => record.stage === "active");
  }

  async reload(): Promise<void> {
    this.records = await phones();
    await this.memory.leaveTrace();
    this.listen();
    this.changed();
  }

  private mayInstall(event: Event): void {
    event.preventDefault();
    this.installer = event as Event & { prompt(): Promise<unknown> };
    this.changed();
  }

  /** One stream for all users, and only while somebody looks. */
  private listen(): void {
    if (document.visibilityState === "hidden" || !this.records.length) return this.live.end();
    // One phone the site no longer hears would close the line for all.
    // One that was stopped is heard: it may be woken, or asked to come back.
    this.live.start(this.records.filter((record) => this.sight.trouble.get(record.device) !== "phone.unknown"));
    void this.look();
  }

  /** Looks again; a call while looking looks once more afterwards, so no hint is lost. */
  look(): Promise<void> {
    this.lookAgain = true;
    this.looking ??= this.lookWhileAsked().finally(() => (this.looking = null));
    return this.looking;
  }

  private async lookWhileAsked(): Promise<void> {
    while (this.lookAgain) {
      this.lookAgain = false;
      const pending = this.records.find((record) => record.stage === "pending");
      if (pending) await this.flow.goOn(pending);
      if (this.active.length) await this.seen(await lookAround(this.api, this.active, this.sight));
    }
  }

  private async seen(sight: Sight): Promise<void> {
    this.past = sight.ended;
    const answered = await this.memory.answered();
    // What another window answered is no news on home; who has that very request before him is told all the same.
    const shown = this.place && "challenge" in this.place ? this.place.challenge : "";
    sight.ended = sight.ended.filter((past) => past.challenge === shown || !answered.includes(past.challenge));
    const before = [...this.sight.trouble.keys()].sort().join();
    this.sight = sight;
    this.hasLooked ||= !sight.offline;
    this.changed();
    if ([...sight.trouble.keys()].sort().join() !== before) this.listen();
    void clearNotices(sight);
    this.memory.keepClock();
    this.offer();
  }

  /** A single new request comes to the person, at once or on coming home; several are listed. Never in the middle of
   * something else. */
  private offer(): void {
    this.answerCall();
    const [only, ...more] = this.sight.waiting;
    // What was recalled from before is listed, and opened only when the server has said that it still waits.
    if (!this.hasLooked || this.account.typing) return;
    const waits = this.place?.screen === "home" || this.place?.screen === "trial";
    if (!waits || !only || more.length || this.offered.has(only.challenge.challenge)) return;
    this.open(only);
  }

  /** A word of the service worker: look, or a notification was pressed. */
  private called(word: unknown): void {
    this.call = calledFor(word) || this.call;
    if (word !== "tested") void this.look();
  }

  /** Pressed, late or not, a notification leads to its request or to a sentence about its end; never out of a set-up. */
  private answerCall(): void {
    const { call } = this;
    if (!call || !this.hasLooked || !this.place || !INTERRUPTIBLE.has(this.place.screen)) return;
    const request = this.request(call);
    if (!request && this.sight.offline) return;
    this.call = "";
    if (request) return this.open(request);
    const state = this.ended(call)?.state;
    this.end(state ? localOutcome(state) : "gone");
  }

  open(request: Request): void {
    this.offered.add(request.challenge.challenge);
    this.go({ screen: "request", challenge: request.challenge.challenge });
  }

  /** A request that was scanned is in sight before the next look. */
  insert(request: Request): Request {
    const others = this.sight.waiting.filter((each) => each.challenge.challenge !== request.challenge.challenge);
    this.sight = { ...this.sight, waiting: [...others, request] };
    return request;
  }

  request(challenge: string): Request | undefined {
    return this.sight.waiting.find((request) => request.challenge.challenge === challenge);
  }

  /** How it ended, answered here or elsewhere. */
  ended(challenge: string): Past | undefined {
    return this.past.find((past) => past.challenge === challenge);
  }

  end(outcome: Outcome): void {
    this.go({ screen: "outcome", outcome });
    void this.look();
  }

  /** Answered here: not told once more as news. */
  async remember(challenge: string): Promise<void> {
    this.sight = { ...this.sight, waiting: this.sight.waiting.filter((r) => r.challenge.challenge !== challenge) };
    await rememberAnswered(challenge);
  }

  protected override updated(_: PropertyValues): void {
    // Taken off the page: this browser cannot run the app, and another word stands there.
    if (!this.isConnected) return;
    document.documentElement.lang = this.language;
    const code = this.place?.screen === "refusal" ? this.refusal?.refusal.code : undefined;
    const outcome = this.place?.screen === "outcome" ? this.place.outcome : undefined;
    Object.assign(document.body.dataset, {
      screen: this.place?.screen ?? "loading", signed: this.account.isIn ? "in" : "out",
    });
    for (const [name, value] of Object.entries({ code, outcome })) {
      if (value) document.body.dataset[name] = value;
      else delete document.body.dataset[name];
    }
  }

  protected override render(): TemplateResult {
    return show(this, this.turn);
  }
}

customElements.define("twolatch-app", App);
