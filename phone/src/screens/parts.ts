/** Pieces that several screens are made of. */
import { html, nothing, type TemplateResult } from "lit";
import type { App } from "../app";
import { clock } from "../texts/texts";
import { askToKeep } from "../vault/keeping";
import { cloud, left, tick, warning } from "./icons";

export function topBar(app: App, back: (() => void) | null): TemplateResult {
  return html`<header class="top">
    ${back
      ? html`<button class="round" type="button" aria-label=${app.t("app.back")} @click=${back}>${left}</button>`
      : html`<span class="round"></span>`}
    <span class="site">${app.site.name}</span>
    <span class="round"></span>
  </header>`;
}

export function primary(text: unknown, click: () => void, busy = false, icon: unknown = nothing): TemplateResult {
  return html`<button class="button primary" type="button" ?disabled=${busy} @click=${click}>${icon}${text}</button>`;
}

export function submit(text: string, busy: boolean, busyText = text): TemplateResult {
  return html`<button class="button primary" type="submit" aria-disabled=${busy ? "true" : "false"}>
    ${busy ? html`<span class="spinner"></span>${busyText}` : text}</button>`;
}

export function secondary(text: unknown, click: () => void, icon: unknown = nothing): TemplateResult {
  return html`<button class="button secondary" type="button" @click=${click}>${icon}${text}</button>`;
}

export function quiet(text: unknown, click: () => void, icon: unknown = nothing): TemplateResult {
  return html`<button class="button quiet" type="button" @click=${click}>${icon}${text}</button>`;
}

/** Said aloud when it appears. `id` lets the field name it as its description. */
export function problem(text: string, id: string): TemplateResult {
  return html`<p class="problem" id=${id} role="alert">${text ? html`${warning}<span>${text}</span>` : nothing}</p>`;
}

/** How the operator's support is reached, where he says so. */
export function supportLine(app: App): TemplateResult | typeof nothing {
  const { support } = app.site;
  return support ? html`<p class="support">${app.t("app.support")} <strong>${support}</strong></p>` : nothing;
}

export function badge(mood: "good" | "bad" | "calm" | "brand", icon: unknown): TemplateResult {
  return html`<div class="badge ${mood}">${icon}</div>`;
}

export const done = badge("good", tick);

export function facts(rows: [string, unknown][]): TemplateResult {
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Without a network, since when what is shown has been true. */
export function offlineLine(app: App): TemplateResult | typeof nothing {
  const { offline, at } = app.sight;
  if (!offline) return nothing;
  return html`${cloud}<span>${at ? app.t("app.offline.since", { time: clock(app.language, at) }) : app.t("app.offline")}</span>`;
}

/** Where the browser has not promised to keep the keys: what helps. */
export function keepNote(app: App): TemplateResult | typeof nothing {
  if (app.keeping === "kept" || !app.records.length) return nothing;
  const install = () => void app.installer?.prompt().then(() => ((app.installer = null), app.memory.mindKeeping()));
  const ask = () => void askToKeep().then(() => app.memory.mindKeeping());
  return html`<aside class="note">
    <h2>${warning}${app.t("keep.title")}</h2>
    <p>${app.t(`keep.${app.keeping}`)}</p>
    ${app.installer ? secondary(app.t("install.button"), install)
      : app.keeping === "loose" ? secondary(app.t("keep.ask"), ask) : nothing}
  </aside>`;
}

export function wayLink(app: App): TemplateResult {
  const other = app.pairing.way === "pin" ? "unlock" : "pin";
  return html`<button class="link" type="button" @click=${() => app.choose(other)}>${app.t(`start.switch.${other}`)}</button>`;
}
