/** Every refusal: what happened, why, and the one next step. */
import { html, nothing, type TemplateResult } from "lit";
import { clock as moment, isKey, minutes, type Key } from "../texts/texts";
import { app, clock, cloud, tick, warning } from "./icons";
import { badge, primary, quiet, supportLine, topBar } from "./parts";
import { Ticking } from "./ticking";

type Next = "fresh" | "code" | "again" | "update" | "trial" | "portal" | "unlock";

/** The button of the next step. Where none is named, it is "go to overview". */
const NEXT: Record<string, Next> = {
  "code.unknown": "code", "code.expired": "fresh", "code.cancelled": "fresh", "code.burned": "fresh", "code.used": "fresh",
  "code.elsewhere": "fresh", "code.broken": "fresh", "wire.foreign": "fresh", "limit.activation": "again",
  "phone.already_here": "trial", "phone.already_elsewhere": "portal",
  "phone.too_old": "update", "vault.newer": "update", "vault.closed": "again", "vault.blocked": "again",
  "phone.unknown": "fresh", "phone.removed": "fresh", "answer.wrong": "fresh", "answer.replayed": "again",
  "request.nonce": "again", "wire.offline": "again", "wire.clock": "again", "wire.busy": "again", "wire.strange": "again",
  "unlock.cancelled": "again", "unlock.lost": "unlock",
  "scan.too_old": "again", "scan.not_ours": "again", "scan.foreign": "again",
};
// Only a person can go on from here.
const FOR_SUPPORT = new Set(["phone.locked", "phone.reported", "phone.suspended", "phone.copied"]);
// The same cause under the server's name for it.
const SAME: Record<string, string> = { "server.busy": "wire.busy", "server.fault": "wire.busy" };
const LOOKS: Record<string, [Parameters<typeof badge>[0], unknown]> = {
  "wire.offline": ["calm", cloud], "wire.clock": ["calm", clock], "wire.busy": ["calm", clock], "limit.activation": ["calm", clock],
  "phone.already_here": ["good", tick], "phone.already_elsewhere": ["calm", app],
};

class RefusalScreen extends Ticking {
  private readonly since = Date.now();

  private get waits(): number {
    const seconds = this.app.refusal?.refusal.problem.retryAfter ?? 0;
    return Math.max(0, this.since + seconds * 1000 - Date.now());
  }

  private get code(): string {
    const code = this.app.refusal?.refusal.code ?? "";
    return SAME[code] ?? code;
  }

  /** Our own sentence where we know the code, else the server's. */
  private told(part: "title" | "body" | "next"): string {
    const { problem } = this.app.refusal!.refusal;
    const key = `refusal.${this.code}.${part}`;
    if (isKey(key)) return this.t(key, { time: moment(this.app.language, Date.now()) });
    const theirs = { title: problem.title, body: problem.detail, next: problem.next }[part];
    return theirs || this.t(`refusal.wire.strange.${part}` as Key);
  }

  private button(): TemplateResult {
    const { app, code } = this;
    const again = app.refusal?.again;
    const fresh = () => ((app.pairing.code = null), app.flow.start());
    const next = NEXT[code] ?? (isKey(`refusal.${code}.title`) ? "" : "again");
    if (next === "fresh") return primary(this.t("refusal.fresh"), fresh);
    if (next === "code") return primary(this.t("refusal.code"), () => app.go({ screen: "code" }, true));
    if (next === "unlock") return primary(this.t("unlock.trouble"), () => app.go({ screen: "way-out", why: "unlock", challenge: "" }));
    if (next === "update") return primary(this.t("refusal.update"), () => void renew());
    if (next === "trial") return primary(this.t("refusal.trial"), () => app.go({ screen: "trial" }));
    if (next === "portal" && app.site.portal) {
      return html`<a class="button primary" href=${`${app.site.portal}/security`} target="_blank" rel="noreferrer">${this.t("refusal.portal")}</a>`;
    }
    if (next === "again" && again) return primary(this.t("app.again"), again, this.waits > 0);
    return primary(this.t("app.home"), () => app.goHome());
  }

  protected override render() {
    const { app, code } = this;
    // Without its vault the app knows nobody: its overview would greet a stranger.
    const homeless = code.startsWith("vault.");
    if (!code) return html`${topBar(app, () => app.goHome())}`;
    const help = code.startsWith("code.") || code.startsWith("phone.already");
    return html`${topBar(app, homeless ? null : () => app.goHome())}
      <main class="card center">
        ${badge(...(LOOKS[code] ?? ["bad", warning]))}
        <h1>${this.told("title")}</h1>
        <p>${this.told("body")}</p>
        <p class="next"><strong>${this.told("next")}</strong></p>
        ${FOR_SUPPORT.has(code) ? supportLine(app) : nothing}
        ${this.waits ? html`<p class="muted" role="timer">${this.t("refusal.wait", { time: minutes(this.waits) })}</p>` : nothing}
        <div class="actions">
          ${this.button()}
          ${help ? quiet(this.t("scan.help"), () => app.go({ screen: "camera-help" })) : nothing}
          ${NEXT[code] && !homeless ? quiet(this.t("app.home"), () => app.goHome()) : nothing}
        </div>
      </main>`;
  }
}
customElements.define("tl-refusal", RefusalScreen);

/** The kept files are renewed first, or the same old app would come back. */
async function renew(): Promise<void> {
  const kept = await navigator.serviceWorker?.getRegistration("/").catch(() => undefined);
  await kept?.update().catch(() => undefined);
  (kept?.waiting ?? kept?.installing)?.postMessage("take over");
  location.reload();
}
