/** The only script addresses this app ever loads: its own service worker and its own scanner. */

const OURS = new Set(["/sw.js", __SCANNER__]);

const policy = window.trustedTypes?.createPolicy("twolatch", {
  createScriptURL(url) {
    if (!OURS.has(url)) throw new TypeError("not a script of this app");
    return url;
  },
});

export function scriptUrl(url: string): string {
  return policy ? policy.createScriptURL(url) : url;
}
