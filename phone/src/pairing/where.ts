/** Where the page behind a QR code was opened: what this browser can do about keeping the app. */
import { platform } from "./about";

/** `tab`: an ordinary browser. `inside`: another app's own little browser, which forgets. `desktop`: no phone at all. */
export type Where = "installed" | "inside" | "ios" | "android" | "desktop";

export function isInside(agent: string): boolean {
  if (/; wv\)|FBA[NV]\/|Instagram|MicroMessenger|\bLine\/|\bGSA\//.test(agent)) return true;
  // Apple's own view inside an app names itself like the browser, but for this word.
  return /iPhone|iPad|iPod/.test(agent) && !/Safari\//.test(agent);
}

export function where(isInstalled: boolean, agent = navigator.userAgent, touches = navigator.maxTouchPoints): Where {
  if (isInstalled) return "installed";
  if (isInside(agent)) return "inside";
  const found = platform(agent, touches);
  return found === "ios" || found === "android" ? found : "desktop";
}

// A list, because a table would put "360" before all names.
const SHOPS: [string, Where][] = [["apple", "ios"], ["google", "android"], ["360", "android"], ["baidu", "android"]];

/** The operator's shops that serve this phone: name and address. */
export function shops(stores: Record<string, string>, here: Where): [string, string][] {
  return SHOPS.filter(([, serves]) => serves === here)
    .map(([name]): [string, string] => [name, stores[name] ?? ""])
    .filter(([, address]) => address.startsWith("https://"));
}
