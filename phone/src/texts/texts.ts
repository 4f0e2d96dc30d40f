/** Languages of the app. A missing sentence in any of them does not compile. */
import { browserIn } from "./browser";
import { en, type Key, type Texts } from "./en";
import { nl } from "./nl";

export type { Key };
export const LANGUAGES: Record<string, Texts> = { en, nl };
export type Values = Record<string, string | number>;

export function isKey(key: string): key is Key {
  return key in en;
}

/** The first of the wished languages we speak, by its main part: `nl-BE` is Dutch too. */
export function pickLanguage(wished: readonly string[]): string {
  return wished.map((tag) => tag.toLowerCase().split("-")[0]!).find((tag) => tag in LANGUAGES) ?? "en";
}

export function say(language: string, key: Key, values: Values = {}): string {
  const sentence = (LANGUAGES[language] ?? en)[key];
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** "Firefox op Linux". */
export function browser(language: string, name: string): string {
  return browserIn((LANGUAGES[language] ?? en)["browser.on"], name);
}

/** `2:05`, for countdowns. */
export function minutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Dates in the person's own fashion where it fits the language: British days do not become American ones. */
function locale(language: string): string {
  return navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
}

export function clock(language: string, at: number): string {
  return new Intl.DateTimeFormat(locale(language), { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** "EUR 1,500.00", with the decimals that stand in the text. */
export function price(language: string, amount: string, currency: string): string {
  const decimals = amount.split(".")[1]?.length ?? 0;
  const format = new Intl.NumberFormat(locale(language), { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${currency}\u00a0${format.format(Number(amount))}`;
}

/** "12 seconds ago", in whole seconds, minutes or hours. */
export function ago(language: string, at: number, now: number): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const seconds = Math.min(0, Math.round((at - now) / 1000));
  if (seconds > -60) return format.format(seconds, "second");
  if (seconds > -3600) return format.format(Math.round(seconds / 60), "minute");
  return format.format(Math.round(seconds / 3600), "hour");
}
