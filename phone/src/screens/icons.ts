/** Icons, drawn in the colour of the text around them. Decoration only: words stand beside each. */
import { svg, type SVGTemplateResult, html, type TemplateResult } from "lit";

function icon(drawing: SVGTemplateResult): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${drawing}</svg>`;
}

export const glyph = html`<svg class="glyph" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
  <rect class="plate" width="64" height="64" rx="15" />
  <rect class="latch" x="12" y="15" width="40" height="15" rx="7.5" />
  <circle class="knob" cx="44.5" cy="22.5" r="4.6" />
  <rect class="latch" x="12" y="34" width="40" height="15" rx="7.5" />
  <circle class="knob" cx="19.5" cy="41.5" r="4.6" />
</svg>`;

export const tick = icon(svg`<path d="M4.5 12.5l5 5 10-11" />`);
export const cross = icon(svg`<path d="M6 6l12 12M18 6L6 18" />`);
export const left = icon(svg`<path d="M15 5l-7 7 7 7" />`);
export const right = icon(svg`<path d="M9 5l7 7-7 7" />`);
export const gear = icon(svg`<circle cx="12" cy="12" r="3" /><path d="M12 2.8v3M12 18.2v3M2.8 12h3M18.2 12h3M5.5 5.5l2.1 2.1M16.4 16.4l2.1 2.1M5.5 18.5l2.1-2.1M16.4 7.6l2.1-2.1" />`);
export const camera = icon(svg`<path d="M4 8h3l2-3h6l2 3h3v11H4z" /><circle cx="12" cy="13" r="3.5" />`);
export const keys = icon(svg`<rect x="2.5" y="6" width="19" height="12" rx="2.5" /><path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14.2h8" />`);
export const code = icon(svg`<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" /><path d="M8.5 8.5h2v2h-2zM13.5 8.5h2v2h-2zM8.5 13.5h2v2h-2zM13.5 13.5h2v2h-2z" />`);
export const person = icon(svg`<circle cx="12" cy="8" r="4" /><path d="M4.5 20.5c.7-4 3.7-6 7.5-6s6.8 2 7.5 6" />`);
export const bell = icon(svg`<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15z" /><path d="M10 20.5h4" />`);
export const shield = icon(svg`<path d="M12 3l8 3v5.5c0 5-3.5 8-8 9.5-4.5-1.5-8-4.5-8-9.5V6z" />`);
export const warning = icon(svg`<path d="M12 4L2.8 20h18.4z" /><path d="M12 10v4.5M12 17.3v.01" />`);
export const clock = icon(svg`<circle cx="12" cy="12" r="8.5" /><path d="M12 7v5.2l3.4 2" />`);
export const plus = icon(svg`<path d="M12 5v14M5 12h14" />`);
export const flip = icon(svg`<path d="M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5" />`);
export const cloud = icon(svg`<path d="M3 3l18 18M8 7.5A6 6 0 0 1 17.5 11a4 4 0 0 1 2.7 6.7M17 19H7.5A4.5 4.5 0 0 1 6 10.3" />`);
export const share = icon(svg`<path d="M8.5 9.5h-2v11h11v-11h-2M12 14.5V3.2M8.2 6.8L12 3l3.8 3.8" />`);
export const dots = icon(svg`<path d="M12 5.2v.02M12 12v.02M12 18.8v.02" stroke-width="3.2" />`);
export const plusBox = icon(svg`<rect x="4" y="4" width="16" height="16" rx="3.5" /><path d="M12 8.2v7.6M8.2 12h7.6" />`);
export const app = icon(svg`<rect x="6" y="2.5" width="12" height="19" rx="2.5" /><path d="M10 8h4v4h-4zM10.5 18.6h3" />`);
export const copy = icon(svg`<rect x="8.5" y="8" width="12" height="13" rx="2" /><path d="M5 16H3.5V3H15v1.5" />`);
export const computer = icon(svg`<rect x="4" y="4.5" width="16" height="11" rx="1.5" /><path d="M2.5 19.5h19" />`);
export const torch = icon(svg`<path d="M8 2.5h8V6l-2 3.5v11h-4v-11L8 6zM8 6h8M12 13v2.2" />`);
export const photo = icon(svg`<rect x="3" y="4.5" width="18" height="15" rx="2.5" /><circle cx="8.5" cy="9.5" r="1.6" /><path d="M4 17.5l5-4.5 3.5 3 3-2.5 4.5 4" />`);
export const hourglass = icon(svg`<path d="M6.5 3h11M6.5 21h11M8 3v4l8 10v4M16 3v4L8 17v4" />`);
export const plug = icon(svg`<path d="M12 3v12M7.5 10.5L12 15l4.5-4.5M4.5 20h15" />`);
export const menu = icon(svg`<path d="M4 7h16M4 12h16M4 17h16" />`);
export const home = icon(svg`<path d="M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z" />`);
export const book = icon(svg`<path d="M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3z" /><path d="M9 8.5h6M9 12h6" />`);
export const laptop = icon(svg`<rect x="4.5" y="5" width="15" height="10.5" rx="1.8" /><path d="M2.5 19h19" />`);
export const phone = icon(svg`<rect x="7" y="2.8" width="10" height="18.4" rx="2.4" /><path d="M11 18h2" />`);
export const exit = icon(svg`<path d="M14 4H6v16h8M10.5 12H21M17 8l4 4-4 4" />`);
export const lock = icon(svg`<rect x="5" y="10.5" width="14" height="10" rx="2.2" /><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />`);
