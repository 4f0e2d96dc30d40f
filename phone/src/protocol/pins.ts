/** Which PINs are refused, and why. The list is the sibling's in `src/twolatch/protocol/pins.py`, walked by the vectors. */
import { isPlain } from "./labels";

export const SHORTEST = 4;
export const LONGEST = 6;

export type Weakness = "control" | "short" | "long" | "repeat" | "sequence" | "half" | "year" | "common" | "name";

// The most common PINs of published leaks that no other rule here catches, in lower case.
export const COMMON = new Set((
  "0007 0911 0987 1100 1122 1133 1221 1233 1342 1357 1470 1478 2112 2244 2255 2468 2580 3692 5150 5201 5683 "
  + "6996 7410 7788 7890 8520 9630 11223 13579 14789 24680 102030 112233 123321 123654 135790 147258 159357 "
  + "159753 741852 789456 963852 987456 asdf love qwer zxcv admin hello letme pass1 qwert abc123 asdfgh "
  + "azerty qazwsx qwerty secret zxcvbn"
).split(" "));

/** Why this PIN is refused for this user, or null. Counted in code points after NFC, so one "é" is one sign. */
export function weakness(pin: string, user: string): Weakness | null {
  if (!isPlain(pin)) return "control";
  const signs = [...pin.normalize("NFC")];
  if (signs.length < SHORTEST) return "short";
  if (signs.length > LONGEST) return "long";
  return pattern(signs) ?? known(signs.join(""), user);
}

function pattern(signs: string[]): Weakness | null {
  const points = signs.map((sign) => sign.codePointAt(0)!);
  const steps = new Set(points.slice(1).map((point, at) => point - points[at]!));
  if (steps.size === 1) {
    const step = [...steps][0]!;
    if (step === 0) return "repeat";
    if (Math.abs(step) === 1) return "sequence";
  }
  const half = Math.floor(signs.length / 2);
  const first = signs.slice(0, half).join("");
  return first + first === signs.join("") ? "half" : null;
}

function known(pin: string, user: string): Weakness | null {
  if (/^(19|20)[0-9]{2}$/.test(pin)) return "year";
  if (COMMON.has(pin.toLowerCase())) return "common";
  return user.normalize("NFC").toLowerCase().startsWith(pin.toLowerCase()) ? "name" : null;
}
