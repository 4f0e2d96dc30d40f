/** On the overview: the ways to a login that brought no notification. */
import { html, nothing, type TemplateResult } from "lit";
import type { App } from "../app";
import { camera, keys, right } from "./icons";

export function otherWays(app: App): TemplateResult | typeof nothing {
  if (!app.active.some((record) => !app.sight.trouble.has(record.device))) return nothing;
  const way = (name: "scan" | "respond", icon: TemplateResult) => {
    const there = () => app.go(name === "scan" ? { screen: "scan", login: true } : { screen: "respond" });
    return html`<li><button class="option" type="button" data-rung=${name} @click=${there}>
      ${icon}<span><strong>${app.t(`rungs.${name}`)}</strong><span class="muted">${app.t(`rungs.${name}.hint`)}</span></span>${right}
    </button></li>`;
  };
  return html`<section><h2>${app.t("rungs.title")}</h2>
    <ul class="options">${way("scan", camera)}${way("respond", keys)}</ul></section>`;
}
