/** A QR code from its rows of bits: dark on white with its quiet zone in every colour scheme, or scanners do not read it. */
import { html, svg, type TemplateResult } from "lit";
import { fromB64u } from "../protocol/octets";

const QUIET = 4;

export function qrPicture(side: number, bits: string, label: string): TemplateResult {
  const octets = fromB64u(bits);
  const isDark = (at: number) => ((octets[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  let path = "";
  for (let at = 0; at < side * side; at += 1) {
    if (isDark(at)) path += `M${(at % side) + QUIET} ${Math.floor(at / side) + QUIET}h1v1h-1z`;
  }
  const whole = side + 2 * QUIET;
  return html`<svg class="qr" viewBox="0 0 ${whole} ${whole}" role="img" aria-label=${label} shape-rendering="crispEdges">
    ${svg`<rect width=${whole} height=${whole} fill="#fff" /><path d=${path} fill="#000" />`}</svg>`;
}
