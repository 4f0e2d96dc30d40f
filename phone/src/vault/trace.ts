/**
 * A second memory beside the vault: that there were keys here, and whose. Browsers delete what a page has stored when space
 * is short or, in a plain tab of an iPhone, after a week; then the app must say what happened instead of greeting a stranger.
 * Two places, because browsers do not clear them alike. No secret is in it, and nothing is decided by it.
 */
const NAME = "twolatch-users";
const CACHE = "trace";
const ADDRESS = "/trace";

function valid(text: string | null | undefined): string[] | null {
  try {
    const names: unknown = JSON.parse(text ?? "null");
    return Array.isArray(names) && names.length && names.every((name) => typeof name === "string") ? names : null;
  } catch {
    return null;
  }
}

/** Display names of the users whose keys are here now; none when the last one was removed on purpose. */
export async function leaveTrace(names: string[]): Promise<void> {
  const text = JSON.stringify(names);
  try {
    if (names.length) localStorage.setItem(NAME, text);
    else localStorage.removeItem(NAME);
  } catch {
    // Switched off in this browser: the other place remembers.
  }
  try {
    const cache = await caches.open(CACHE);
    if (names.length) await cache.put(ADDRESS, new Response(text));
    else await cache.delete(ADDRESS);
  } catch {
    // No cache in this browser.
  }
}

/** Who was here, if anybody. */
export async function findTrace(): Promise<string[]> {
  let near: string | null = null;
  try {
    near = localStorage.getItem(NAME);
  } catch {
    // Switched off in this browser.
  }
  const far = async () => (await caches.open(CACHE).then((cache) => cache.match(ADDRESS)))?.text();
  return valid(near) ?? valid(await far().catch(() => undefined)) ?? [];
}
