/** The operator's colour, made readable: bent lighter or darker until text on it and beside it has contrast. */

type Rgb = [number, number, number];

function parse(hex: string): Rgb | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  return found ? [parseInt(found[1]!, 16), parseInt(found[2]!, 16), parseInt(found[3]!, 16)] : null;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2 contrast ratio, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function towards(colour: Rgb, goal: Rgb, ground: Rgb): Rgb {
  for (let step = 0; step <= 20; step += 1) {
    const bent = colour.map((part, at) => Math.round(part + ((goal[at]! - part) * step) / 20)) as Rgb;
    if (contrast(bent, ground) >= 5) return bent;
  }
  return goal;
}

const WHITE: Rgb = [255, 255, 255];
const LIGHT_GROUND: Rgb = [238, 242, 248];
const DARK_GROUND: Rgb = [30, 38, 54];
const FALLBACK: Rgb = [29, 78, 216];

export interface Brand {
  light: string;
  dark: string;
}

/** Both shades reach 5:1 against their ground, more than the 4.5:1 of WCAG 2.2 AA. */
export function brand(hex: string): Brand {
  const colour = parse(hex) ?? FALLBACK;
  const css = (shade: Rgb) => `rgb(${shade.join(" ")})`;
  return { light: css(towards(colour, [0, 0, 0], LIGHT_GROUND)), dark: css(towards(colour, WHITE, DARK_GROUND)) };
}

export function wearBrand(hex: string): void {
  const { light, dark } = brand(hex);
  document.documentElement.style.setProperty("--brand-on-light", light);
  document.documentElement.style.setProperty("--brand-on-dark", dark);
}
