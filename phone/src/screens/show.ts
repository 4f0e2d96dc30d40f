/** From the name of a place to its screen. */
import { html, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { App } from "../app";
import type { Place } from "../places";
import "./add-user";
import "./camera-help";
import "./change-pin";
import "./code";
import "./devices";
import "./diary";
import "./digits";
import "./guidelines";
import "./home";
import "./link";
import "./login";
import "./lost";
import "./menu";
import "./method";
import "./move";
import "./moving";
import "./not-me";
import "./notify";
import "./outcome";
import "./pin";
import "./pin-existing";
import "./prove";
import "./refusal";
import "./remove";
import "./request";
import "./respond";
import "./scan";
import "./scanned";
import "./settings";
import "./start";
import "./success";
import "./trial";
import "./two-factor";
import "./unlock-missing";
import "./user";
import "./way-out";
import "./whom";

function screen(app: App, place: Place, turn: number): TemplateResult {
  switch (place.screen) {
    case "start": return html`<tl-start .app=${app} .turn=${turn}></tl-start>`;
    case "method": return html`<tl-method .app=${app} .turn=${turn}></tl-method>`;
    case "explain": return html`<tl-explain .app=${app} .turn=${turn} .by=${place.by}></tl-explain>`;
    case "code": return html`<tl-code .app=${app} .turn=${turn}></tl-code>`;
    case "scan": return html`<tl-scan .app=${app} .turn=${turn} .login=${Boolean(place.login)}></tl-scan>`;
    case "camera-help": return html`<tl-camera-help .app=${app} .turn=${turn}></tl-camera-help>`;
    case "link": return html`<tl-link .app=${app} .turn=${turn}></tl-link>`;
    case "notify": return html`<tl-notify .app=${app} .turn=${turn}></tl-notify>`;
    case "pin": return html`<tl-pin .app=${app} .turn=${turn}></tl-pin>`;
    case "pin-existing": return html`<tl-pin-existing .app=${app} .turn=${turn}></tl-pin-existing>`;
    case "guidelines": return html`<tl-guidelines .app=${app} .turn=${turn}></tl-guidelines>`;
    case "whom": return html`<tl-whom .app=${app} .turn=${turn}></tl-whom>`;
    case "digits": return html`<tl-digits .app=${app} .turn=${turn} .device=${place.device}></tl-digits>`;
    case "success": return html`<tl-success .app=${app} .turn=${turn}></tl-success>`;
    case "home": return app.account.isIn
      ? html`<tl-home .app=${app} .turn=${turn}></tl-home>` : html`<tl-login .app=${app} .turn=${turn}></tl-login>`;
    case "services": return html`<tl-services .app=${app} .turn=${turn}></tl-services>`;
    case "more": return html`<tl-more .app=${app} .turn=${turn}></tl-more>`;
    case "two-factor": return html`<tl-two-factor .app=${app} .turn=${turn}></tl-two-factor>`;
    case "add-user": return html`<tl-add-user .app=${app} .turn=${turn}></tl-add-user>`;
    case "user": return html`<tl-user .app=${app} .turn=${turn} .device=${place.device}></tl-user>`;
    case "sign-in":
    case "unlock": return html`<tl-prove .app=${app} .turn=${turn} .why=${place.screen}></tl-prove>`;
    case "devices": return html`<tl-devices .app=${app} .turn=${turn}></tl-devices>`;
    case "diary": return html`<tl-diary .app=${app} .turn=${turn}></tl-diary>`;
    case "removed": return html`<tl-removed .app=${app} .turn=${turn} .how=${place.how}></tl-removed>`;
    case "request": return html`<tl-request .app=${app} .turn=${turn} .challenge=${place.challenge}></tl-request>`;
    case "not-me": return html`<tl-not-me .app=${app} .turn=${turn} .challenge=${place.challenge}></tl-not-me>`;
    case "outcome": return html`<tl-outcome .app=${app} .turn=${turn} .outcome=${place.outcome}></tl-outcome>`;
    case "respond": return html`<tl-respond .app=${app} .turn=${turn}></tl-respond>`;
    case "scanned": return html`<tl-scanned .app=${app} .turn=${turn}></tl-scanned>`;
    case "refusal": return html`<tl-refusal .app=${app} .turn=${turn}></tl-refusal>`;
    case "settings": return html`<tl-settings .app=${app} .turn=${turn}></tl-settings>`;
    case "remove": return html`<tl-remove .app=${app} .turn=${turn} .device=${place.device}></tl-remove>`;
    case "change-pin":
    case "change-done": return html`<tl-change-pin .app=${app} .turn=${turn} .done=${place.screen === "change-done"}></tl-change-pin>`;
    case "lost": return html`<tl-lost .app=${app} .turn=${turn}></tl-lost>`;
    case "trial": return html`<tl-trial .app=${app} .turn=${turn}></tl-trial>`;
    case "move": return html`<tl-move .app=${app} .turn=${turn} .device=${place.device}></tl-move>`;
    case "moving": return html`<tl-moving .app=${app} .turn=${turn} .device=${place.device}></tl-moving>`;
    case "moved": return html`<tl-moved .app=${app} .turn=${turn}></tl-moved>`;
    case "way-out": return html`<tl-way-out .app=${app} .turn=${turn} .why=${place.why} .challenge=${place.challenge}></tl-way-out>`;
    case "unlock-missing": return html`<tl-unlock-missing .app=${app} .turn=${turn}></tl-unlock-missing>`;
  }
}

export function show(app: App, turn: number): TemplateResult {
  if (!app.place) return html`<main class="card loading"><p role="status">${app.t("app.loading")}</p></main>`;
  return html`${keyed(JSON.stringify(app.place), screen(app, app.place, turn))}`;
}
