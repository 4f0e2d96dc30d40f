/** Texts of strangers, checked before people read them. */

// C0 and C1 controls, lone surrogates, line and paragraph separators, and the bidirectional overrides and isolates with
// which "moc.live" is made to read "evil.com".
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;
const EVERY_HOSTILE = new RegExp(HOSTILE.source, "gu");

export function isPlain(text: string): boolean {
  return !HOSTILE.test(text);
}

/** The text with every hostile character as U+FFFD, cut to `limit` code points. */
export function cleanLabel(text: string, limit: number): string {
  const signs = [...text.replace(EVERY_HOSTILE, "\ufffd")];
  return signs.length <= limit ? signs.join("") : `${signs.slice(0, Math.max(limit - 1, 0)).join("")}…`;
}
