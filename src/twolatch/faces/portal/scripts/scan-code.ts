// The code of this login, made anew every second by this page alone: no request is sent, and a picture of it is soon worth
// nothing. The key came with the page, to the browser that began the login and to nobody else.
import { qrPath } from "./qr.ts";

const SVG = "http://www.w3.org/2000/svg";

/** `<base>/l#1.<challenge>.<time>.<mac>`, as docs/protocol.md says. */
export async function scanLink(base: string, challenge: string, key: Uint8Array<ArrayBuffer>, time: number): Promise<string> {
  const ready = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const name = new TextEncoder().encode(challenge);
  const text = new Uint8Array([...new TextEncoder().encode("twolatch/v1/qr\0"), 0, name.length, ...name, ...eight(time)]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", ready, text)).slice(0, 16);
  return `${base}/l#1.${challenge}.${time}.${toB64u(mac)}`;
}

function eight(number: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(number));
  return octets;
}

function toB64u(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromB64u(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

export function showScanCode(element: HTMLElement): void {
  const { scan, key, challenge = "", now, until } = element.dataset;
  if (!scan || !key || element.querySelector("img") || !crypto.subtle) return;
  const details = element.closest("details");
  const octets = fromB64u(key);
  const drawing = document.createElementNS(SVG, "svg");
  const dark = document.createElementNS(SVG, "path");
  drawing.append(dark);
  // The server's clock counts, not this computer's: only the difference of its times is used.
  const began = performance.now();
  const draw = async (): Promise<void> => {
    const at = Number(now) + performance.now() - began;
    if ((details && !details.open) || document.hidden || at > Number(until)) return;
    const { path, size } = qrPath(await scanLink(scan, challenge, octets, Math.floor(at / 1000)));
    drawing.setAttribute("viewBox", `0 0 ${size} ${size}`);
    dark.setAttribute("d", path);
    if (!drawing.isConnected) element.replaceChildren(drawing);
  };
  details?.addEventListener("toggle", () => void draw());
  document.addEventListener("visibilitychange", () => void draw());
  setInterval(() => void draw(), 1000);
  void draw();
}
