/** How the app comes onto this phone: a shop, the browser's own button, or the home screen, in pictures. */
import { html, nothing, type TemplateResult } from "lit";
import type { App } from "../app";
import { shops, where, type Where } from "../pairing/where";
import { isKey } from "../texts/texts";
import { installed } from "../vault/keeping";
import { app as appIcon, code, dots, plug, plusBox, share } from "./icons";
import { secondary } from "./parts";

function step(icon: unknown, text: string): TemplateResult {
  return html`<li>${icon}<span>${text}</span></li>`;
}

async function install(app: App): Promise<void> {
  await app.installer?.prompt();
  app.installer = null;
  app.changed();
}

/** The steps on this phone. With a code in hand the last one says that the same code serves again. */
function steps(app: App, here: Where, withCode: boolean): TemplateResult {
  const last = withCode ? step(code, app.t(`install.${here === "ios" ? "ios" : "android"}.again`)) : nothing;
  if (here === "ios") {
    return html`<ol class="pictures">
      ${step(share, app.t("install.ios.1"))}${step(plusBox, app.t("install.ios.2"))}${step(appIcon, app.t("install.open"))}${last}</ol>`;
  }
  if (app.installer) return html`<p>${app.t("install.other")}</p>${secondary(app.t("install.button"), () => void install(app), plug)}`;
  return html`<ol class="pictures">
    ${step(dots, app.t("install.android.1"))}${step(plusBox, app.t("install.android.2"))}${step(appIcon, app.t("install.open"))}${last}</ol>`;
}

/** Links of the operator's shops for this phone. */
export function shopLinks(app: App, here: Where): TemplateResult[] {
  return shops(app.site.stores, here).map(([name, address]) => {
    const key = `install.shop.${name}`;
    return html`<a class="button primary" href=${address} rel="noreferrer">${plug}${isKey(key) ? app.t(key) : name}</a>`;
  });
}

/** Nothing where the app is installed already, or cannot be. */
export function installHint(app: App, withCode = false): TemplateResult | typeof nothing {
  const here = where(installed());
  if (here === "installed" || here === "inside" || app.records.length) return nothing;
  if (here === "desktop" && !app.installer) return nothing;
  const links = shopLinks(app, here);
  const title = links.length ? "install.title.shop" : here === "desktop" ? "install.title.desktop" : "install.title";
  return html`<aside class="note install" aria-labelledby="install-title">
    <h2 id="install-title">${plug}${app.t(title)}</h2>
    ${links.length ? html`<p>${app.t(withCode ? "install.shop.again" : "install.shop")}</p>${links}` : steps(app, here, withCode)}
  </aside>`;
}
