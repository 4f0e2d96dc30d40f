/** The scanner: reads by itself, gives hints, and typing is always one tap away. */
import { html, nothing, type PropertyValues } from "lit";
import { readLink, readSessionId } from "../protocol/codes";
import {
  NoCamera, Reader, cameraOf, cameras, hasLight, openCamera, openOther, release, switchLight, type CameraTrouble, type Lens,
} from "../scanner/camera";
import { readPhoto } from "../scanner/photo";
import { where } from "../pairing/where";
import { installed } from "../vault/keeping";
import { badge, problem, quiet, secondary, topBar, primary } from "./parts";
import { camera, flip, keys, photo, torch, warning } from "./icons";
import { Screen } from "./screen";

type Hint = "" | "move" | "dark" | "light" | "whole" | "help";
const HINTS: [number, Hint][] = [[5_000, "move"], [10_000, "whole"], [15_000, "help"]];

class Scan extends Screen {
  /** Looking for the code of a login: the other way is a number, not a session ID. */
  login = false;
  static override properties = {
    trouble: { state: true }, running: { state: true }, hint: { state: true }, several: { state: true }, misread: { state: true },
    light: { state: true }, reading: { state: true },
  };
  trouble: CameraTrouble | "broken" | "" = "";
  running = false;
  hint: Hint = "";
  several = false;
  misread: "" | "link" | "elsewhere" | "version" | "photo" = "";
  light: "none" | "off" | "on" = "none";
  reading = false;
  private lens: Lens = "environment";
  private stream: MediaStream | null = null;
  private reader: Reader | null = null;
  private timers: number[] = [];
  private turnOf = 0;
  private readonly seen = () => (document.hidden ? this.close() : !this.trouble && void this.open());
  private permission: PermissionStatus | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.seen);
    void this.watchPermission();
  }

  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.seen);
    if (this.permission) this.permission.onchange = null;
    this.close();
  }

  /** Allowed in the settings meanwhile: the camera opens by itself. */
  private async watchPermission(): Promise<void> {
    const name = "camera" as PermissionName;
    this.permission = (await navigator.permissions?.query({ name }).catch(() => null)) ?? null;
    if (this.permission) this.permission.onchange = () => this.trouble === "refused" && this.isConnected && void this.open();
  }

  /** `ask` opens the camera. What comes too late, after leaving or switching, is released at once. */
  private async open(ask = () => openCamera({ lens: this.lens })): Promise<void> {
    this.close();
    const turn = this.turnOf;
    this.trouble = "";
    try {
      const stream = await ask();
      if (turn !== this.turnOf || !this.isConnected) return release(stream);
      this.stream = stream;
    } catch (error) {
      if (turn === this.turnOf) this.trouble = error instanceof NoCamera ? error.trouble : "busy";
      return;
    }
    await this.updateComplete;
    const video = this.querySelector("video")!;
    video.srcObject = this.stream;
    await video.play().catch(() => undefined);
    if (turn === this.turnOf) await this.read(video, this.stream);
  }

  private async read(video: HTMLVideoElement, stream: MediaStream): Promise<void> {
    // Taken away by another app, or unplugged.
    stream.getVideoTracks()[0]?.addEventListener("ended", () => this.stream === stream && this.end("busy"));
    this.running = true;
    this.light = hasLight(stream) ? "off" : "none";
    this.reader = new Reader(video, (text) => this.found(text), () => this.end("broken"));
    this.timers = HINTS.map(([after, hint]) => window.setTimeout(() => this.advise(hint), after));
    this.several = (await cameras()).length > 1;
  }

  private advise(hint: Hint): void {
    const dark = hint !== "whole" && this.reader?.dark;
    this.hint = !dark ? hint : this.light === "off" ? "light" : "dark";
  }

  private close(): void {
    this.turnOf += 1;
    this.timers.forEach(clearTimeout);
    this.reader?.stop();
    this.reader = null;
    release(this.stream);
    this.stream = null;
    this.running = false;
    this.light = "none";
    this.hint = "";
  }

  private end(trouble: CameraTrouble | "broken"): void {
    this.close();
    this.trouble = trouble;
  }

  private found(text: string): void {
    if (this.app.scans.found(text)) return navigator.vibrate?.(40), this.close();
    const link = readLink(text, this.app.api.host);
    const reading = link.ok || link.problem !== "link" ? link : readSessionId(text);
    if (!reading.ok) {
      this.misread = reading.problem === "elsewhere" || reading.problem === "version" ? reading.problem : "link";
      return;
    }
    navigator.vibrate?.(40);
    this.close();
    this.app.flow.scanned(reading.code);
  }

  private async choosePhoto(event: Event): Promise<void> {
    const field = event.target as HTMLInputElement;
    const [file] = field.files ?? [];
    field.value = "";
    if (!file) return;
    this.misread = "";
    this.reading = true;
    const text = await readPhoto(file).catch(() => "");
    this.reading = false;
    if (!this.isConnected) return;
    if (text) this.found(text);
    else this.misread = "photo";
  }

  private switch(): void {
    this.lens = this.lens === "environment" ? "user" : "environment";
    const before = this.stream ? cameraOf(this.stream) : "";
    void this.open(() => openOther(this.lens, before));
  }

  private async toggleLight(): Promise<void> {
    const { stream } = this;
    if (!stream) return;
    const on = this.light !== "on";
    const done = await switchLight(stream, on);
    if (this.stream === stream) this.light = !done ? "none" : on ? "on" : "off";
  }

  private type(): void {
    this.app.go({ screen: this.login ? "respond" : "code" }, true);
  }

  private renderPhoto() {
    const choose = () => this.querySelector<HTMLInputElement>('[name="photo"]')?.click();
    return html`${secondary(this.t("scan.photo"), choose, photo)}
      <input name="photo" type="file" accept="image/*" hidden @change=${(event: Event) => void this.choosePhoto(event)} />`;
  }

  private renderMisread() {
    const key = this.misread === "photo" ? "scan.photo.none" : (`code.problem.${this.misread || "link"}` as const);
    return problem(this.misread ? this.t(key) : "", "scan-problem");
  }

  private renderTrouble(trouble: CameraTrouble | "broken") {
    const again = trouble === "refused" || trouble === "busy";
    return html`<main class="card center">
      ${badge("calm", warning)}
      <h1>${this.t(`scan.${trouble}.title`)}</h1>
      <p>${this.t(`scan.${trouble}.body`)}</p>
      ${trouble === "refused" ? html`<p class="note">${camera}<span>${this.t(`scan.allow.${where(installed())}`)}</span></p>` : nothing}
      <p class="hint" role="status">${this.reading ? this.t("scan.photo.reading") : nothing}</p>
      ${this.renderMisread()}
      <div class="actions">
        ${primary(this.t(this.login ? "rungs.respond" : "scan.type"), () => this.type(), false, keys)}
        ${again ? secondary(this.t("app.again"), () => void this.open(), camera) : nothing}
        ${trouble === "broken" ? nothing : this.renderPhoto()}
        ${quiet(this.t("scan.help"), () => this.app.go({ screen: "camera-help" }))}
      </div>
    </main>`;
  }

  private get told(): string {
    if (this.reading) return this.t("scan.photo.reading");
    if (!this.running) return this.t("scan.starting");
    return this.hint ? this.t(`scan.hint.${this.hint}`) : "";
  }

  private renderFinder() {
    const lit = this.light === "on";
    return html`<div class="finder">
      <video playsinline muted aria-label=${this.t("scan.view")}></video>
      <div class="frame" aria-hidden="true"></div>
      ${this.light === "none" ? nothing : html`<button class="round lens torch" type="button" aria-label=${this.t("scan.light")}
        aria-pressed=${lit ? "true" : "false"} @click=${() => void this.toggleLight()}>${torch}</button>`}
      ${this.several ? html`<button class="round lens" type="button" aria-label=${this.t("scan.switch")}
        @click=${() => this.switch()}>${flip}</button>` : nothing}
    </div>`;
  }

  protected override render() {
    const back = () => this.app.back();
    if (this.trouble) return html`${topBar(this.app, back)}${this.renderTrouble(this.trouble)}`;
    return html`${topBar(this.app, back)}
      <main class="card">
        <h1>${this.t("scan.title")}</h1>
        <p>${this.t("scan.body")}</p>
        ${this.renderFinder()}
        <p class="hint" role="status">${this.told || nothing}</p>
        ${this.renderMisread()}
        <div class="actions">
          ${secondary(this.t(this.login ? "rungs.respond" : "scan.type"), () => this.type(), keys)}
          ${this.renderPhoto()}
          ${quiet(this.t("scan.help"), () => this.app.go({ screen: "camera-help" }))}
        </div>
      </main>`;
  }
}
customElements.define("tl-scan", Scan);
