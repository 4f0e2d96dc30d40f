/** What this phone says about itself: the client compares it in the portal before typing the six digits. */
import type { About } from "../protocol/activation";
import { cleanLabel } from "../protocol/labels";

export const APP = `twolatch-web/${__VERSION__}`;
const LONGEST = 64;

interface Hints {
  platform?: string;
  brands?: { brand: string; version: string }[];
  getHighEntropyValues?(names: string[]): Promise<{ model?: string; platform?: string }>;
}

export function platform(agent = navigator.userAgent, touches = navigator.maxTouchPoints): About["platform"] {
  if (/iPhone|iPad|iPod/.test(agent)) return "ios";
  // An iPad says it is a Mac; no Mac has a touch screen.
  if (/Macintosh/.test(agent) && touches > 1) return "ios";
  if (/Android/.test(agent)) return "android";
  return /Windows|Macintosh|Linux|CrOS/.test(agent) ? "desktop" : "other";
}

function browser(agent: string): string {
  const known: [RegExp, string][] = [
    [/Edg(?:A|iOS)?\/(\d+)/, "Edge"],
    [/OPR\/(\d+)/, "Opera"],
    [/SamsungBrowser\/(\d+)/, "Samsung Internet"],
    [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
    [/(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
    [/Version\/(\d+).*Safari/, "Safari"],
  ];
  for (const [pattern, name] of known) {
    const found = pattern.exec(agent);
    if (found) return `${name} ${found[1]}`;
  }
  return "";
}

async function model(agent: string): Promise<string> {
  const hints = (navigator as Navigator & { userAgentData?: Hints }).userAgentData;
  const told = await hints?.getHighEntropyValues?.(["model"]).catch(() => ({ model: "" }));
  if (told?.model) return told.model;
  const android = /Android [^;)]+; ([^;)]+)/.exec(agent)?.[1];
  if (android && android !== "K") return android.replace(/ Build\/.*/, "");
  const plain: [RegExp, string][] = [
    [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Windows/, "Windows"],
    [/Macintosh/, navigator.maxTouchPoints > 1 ? "iPad" : "Mac"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"],
  ];
  return plain.find(([pattern]) => pattern.test(agent))?.[1] ?? "";
}

export async function about(): Promise<About> {
  const agent = navigator.userAgent;
  const tidy = (text: string) => cleanLabel(text.trim(), LONGEST);
  return { platform: platform(), model: tidy(await model(agent)), browser: tidy(browser(agent)), app: tidy(APP) };
}
