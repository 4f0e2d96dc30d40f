/** Pieces of the login screen and of home: who is here, what waits, what ended, the way to everything else. */
import { html, nothing, type TemplateResult } from "lit";
import type { App } from "../app";
import { platform } from "../pairing/about";
import { ago, isKey, type Key } from "../texts/texts";
import type { PhoneRecord } from "../vault/vault";
import { serverNow } from "../wire/clock";
import type { Request } from "../wire/lookout";
import { localRefusal } from "../wire/refusal";
import { book, clock, gear, home, lock, menu, person, right, shield, warning } from "./icons";
import { primary, secondary, supportLine } from "./parts";

// Nothing brings these keys back: the phone is set up anew.
const FRESH = new Set(["phone.unknown", "phone.removed"]);

/** Where "More" is: at the bottom as iPhones have it, else at the top left. */
export function hasTabs(): boolean {
  return platform() === "ios";
}

/** The bar of the login screen and of home: a word at the left, settings at the right. */
export function startBar(app: App, word: "services" | "more" | null): TemplateResult {
  return html`<header class="top">
    ${word ? html`<button class="word" type="button" @click=${() => app.go({ screen: word })}>
      ${menu}${app.t(`${word}.title`)}</button>` : html`<span class="round"></span>`}
    <span class="site">${app.site.name}</span>
    <button class="round" type="button" aria-label=${app.t("app.settings")}
      @click=${() => app.go({ screen: "settings" })}>${gear}</button>
  </header>`;
}

export function tabs(app: App): TemplateResult | typeof nothing {
  if (!hasTabs() || !app.account.isIn) return nothing;
  const tab = (screen: "home" | "diary" | "more", icon: unknown, text: string) => html`
    <li><button type="button" aria-current=${app.place?.screen === screen ? "page" : nothing}
      @click=${() => app.go({ screen }, true)}>${icon}<span>${text}</span></button></li>`;
  return html`<nav class="tabs" aria-label=${app.t("tabs.label")}><ul>
    ${tab("home", home, app.t("home.title"))}${tab("diary", book, app.t("tabs.diary"))}${tab("more", menu, app.t("more.title"))}
  </ul></nav>`;
}

function request(app: App, asked: Request): TemplateResult {
  const { context, issued, audience } = asked.challenge;
  return html`<li><button class="option live" type="button" @click=${() => app.open(asked)}>
    ${shield}<span><strong>${context.application || audience.name}</strong>
    <span class="muted">${asked.record.display} · ${ago(app.language, issued, serverNow())}</span></span>${right}
  </button></li>`;
}

/** Why the phone of the user who is shown may not answer; "" while it may. */
export function stoppedBy(app: App): string {
  const code = app.sight.trouble.get(app.account.record?.device ?? "") ?? "";
  return isKey(`refusal.${code}.title`) ? code : "";
}

/** Nobody on this phone may answer: no login waits here, and none can be begun. */
export function allStopped(app: App): boolean {
  return app.active.length > 0 && app.active.every((record) => app.sight.trouble.has(record.device));
}

/** In place of "nothing is waiting": what is the case, and the one next step. */
function stopped(app: App): TemplateResult {
  const code = stoppedBy(app);
  const say = (part: "title" | "body" | "next") => app.t(`refusal.${code}.${part}` as Key);
  const { portal } = app.site;
  return html`<section class="note warn" data-stopped=${code}>
    <h2>${warning}${say("title")}</h2>
    <p>${app.active.length > 1 ? html`<strong>${app.account.record?.display}:</strong> ` : nothing}${say("body")}</p>
    <p>${say("next")}</p>
    ${code === "phone.reported" && portal
      ? html`<a class="button secondary" href="${portal}/found" target="_blank" rel="noreferrer">${app.t("stopped.found")}</a>`
      : FRESH.has(code) ? secondary(app.t("refusal.fresh"), () => ((app.pairing.code = null), app.flow.start()))
      : supportLine(app)}
  </section>`;
}

/** What waits; `quiet` where nothing waiting needs no picture. */
export function waitingList(app: App, quiet: boolean): TemplateResult {
  const { waiting } = app.sight;
  if (!waiting.length && stoppedBy(app)) return stopped(app);
  if (!waiting.length && quiet) return html`<p class="muted small">${app.t("login.waiting")}</p>`;
  if (!waiting.length) {
    return html`<section class="empty">
      <div class="pulse" aria-hidden="true">${shield}</div>
      <h2>${app.t("home.none.title")}</h2><p>${app.t("home.none.body")}</p>
    </section>`;
  }
  const title = waiting.length === 1 ? app.t("home.waiting.one") : app.t("home.waiting.many", { count: waiting.length });
  return html`<section><h2>${title}</h2><ul class="options">${waiting.map((each) => request(app, each))}</ul></section>`;
}

export function endedList(app: App): TemplateResult | typeof nothing {
  const { ended } = app.sight;
  if (!ended.length) return nothing;
  return html`<section class="ended"><h2>${app.t("home.ended")}</h2><ul class="rows">${ended.slice(0, 5).map((past) => html`
    <li class="row">${clock}<span><span>${app.t(`ended.${past.state}`)}</span>
    <span class="muted">${past.record.display} · ${ago(app.language, past.at, serverNow())}</span></span></li>`)}</ul></section>`;
}

/** Everybody on this phone. Who may not answer any more is told why, and the way out, by a tap. `leads`: to a page of his. */
export function userList(app: App, tapped: (record: PhoneRecord) => void, leads = true): TemplateResult {
  const row = (record: PhoneRecord) => {
    const code = app.sight.trouble.get(record.device) ?? "";
    const key = `refusal.${code}.title`;
    const trouble = isKey(key);
    const state = trouble ? html`<span class="bad">${app.t(key)}</span>`
      : html`<span class="muted">${record.user} · ${app.t(`home.scheme.${record.scheme}`)}</span>`;
    const tap = () => (trouble && !leads ? app.refuse(localRefusal(code), null) : tapped(record));
    return html`<li><button class="row tap" type="button" @click=${tap}>
      ${person}<span><strong>${record.display}</strong>${state}</span>${leads || trouble ? right : nothing}</button></li>`;
  };
  return html`<ul class="rows">${app.active.map(row)}</ul>`;
}

/** In place of what is private, after the app was away for some minutes. */
export function cover(app: App): TemplateResult {
  return html`<section class="empty">
    <div class="pulse still" aria-hidden="true">${lock}</div>
    <h2>${app.t("lock.title")}</h2><p>${app.t("lock.body")}</p>
    ${primary(app.t("lock.open"), () => app.go({ screen: "unlock" }))}
  </section>`;
}
