/**
 * Runs before the app, in words that every browser of the last ten years understands. Where the app cannot start, the
 * page says which capability is missing instead of staying white.
 */
import { tooOld, type Lack } from "./texts/too-old";

var unloaded = false;

function lacks(): Lack[] {
  var found: Lack[] = [];
  var crypto = window.crypto as Crypto | undefined;
  if (!window.isSecureContext) found.push("secure");
  else if (!crypto || !crypto.subtle) found.push("keys");
  if (!window.indexedDB) found.push("store");
  var abort = window.AbortSignal as { timeout?: unknown } | undefined;
  var bytes = window.DataView && (DataView.prototype as { getBigUint64?: unknown }).getBigUint64;
  if (!window.customElements || !window.ReadableStream || !abort || !abort.timeout || !bytes) found.push("browser");
  return found;
}

function add(parent: HTMLElement, name: string, text: string, style?: string): HTMLElement {
  var element = document.createElement(name);
  if (style) element.className = style;
  if (text) element.appendChild(document.createTextNode(text));
  parent.appendChild(element);
  return element;
}

function tell(missing: Lack[]): void {
  var words = tooOld(navigator.language || "en");
  var said = unloaded ? words.unloaded : words.old;
  var app = document.querySelector("twolatch-app");
  if (app && app.parentNode) app.parentNode.removeChild(app);
  document.documentElement.lang = words.language;
  document.title = said.title;
  document.body.setAttribute("data-screen", unloaded ? "unloaded" : "too-old");
  var card = add(document.body, "main", "", "card center");
  add(card, "h1", said.title);
  add(card, "p", said.body);
  var list = missing.length && !unloaded ? add(card, "ul", "", "note") : null;
  for (var at = 0; list && at < missing.length; at += 1) add(list, "li", words.lacks[missing[at]!]);
  add(add(card, "p", "", "next"), "strong", said.next);
  var button = add(card, "button", words.again, "button primary");
  button.setAttribute("type", "button");
  button.onclick = function () {
    location.reload();
  };
}

// In the first phase: a script that cannot be fetched tells nobody else.
window.addEventListener("error", function (event) {
  if (event.target && (event.target as HTMLElement).tagName === "SCRIPT") unloaded = true;
}, true);

window.addEventListener("load", function () {
  var missing = lacks();
  if (missing.length || !document.querySelector("twolatch-app")) tell(missing);
});
