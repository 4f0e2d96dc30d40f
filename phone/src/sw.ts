/** Offline shell, wake-up, and the one answer that needs no person at the app: "deny", pressed on a notification. */
import { makeNoVault } from "./vault/vault";
import { deny } from "./worker/deny";
import { showTest, showWaiting, type Carried } from "./worker/notices";
import { renew } from "./worker/renew";

declare const self: ServiceWorkerGlobalScope;

makeNoVault();

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell());
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(__CACHE__);
  await cache.addAll(__SHELL__.map((path) => new Request(path, { cache: "reload", credentials: "omit" })));
  // The first worker serves at once; a later one waits until the app says that nothing is under way.
  if (!self.registration.active) await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOld());
});

async function dropOld(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("shell-") && name !== __CACHE__).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const shell = request.mode === "navigate" && (pathname === "/" || pathname === "/a" || pathname === "/l");
  if (shell) event.respondWith(kept("/", request));
  else if (__SHELL__.includes(pathname) && pathname !== "/") event.respondWith(kept(pathname, request));
});

async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(__CACHE__);
  return (await cache.match(path)) ?? fetch(request);
}

self.addEventListener("push", (event) => {
  event.waitUntil(woken(isTest(event.data)));
});

/** Everything but a test says "look": what cannot be read too. */
function isTest(data: PushMessageData | null): boolean {
  try {
    return (data?.json() as { test?: unknown } | undefined)?.test === 1;
  } catch {
    return false;
  }
}

async function woken(test: boolean): Promise<void> {
  await tellWindows(test ? "tested" : "look");
  await (test ? showTest() : showWaiting());
}

async function tellWindows(word: unknown): Promise<void> {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage(word);
}

self.addEventListener("pushsubscriptionchange", (event) => {
  (event as ExtendableEvent).waitUntil(renew().catch(() => undefined));
});

self.addEventListener("notificationclick", (event) => {
  const { notification, action } = event;
  const carried = notification.data as Carried | null;
  notification.close();
  if (action === "deny" && carried) event.waitUntil(deny(carried).then(() => tellWindows("look")));
  else event.waitUntil(openApp(carried?.challenge ?? ""));
});

/** The app on this request, however late: it says what became of it. */
async function openApp(challenge: string): Promise<void> {
  const [window] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (window) {
    window.postMessage({ open: challenge });
    await window.focus();
  } else {
    await self.clients.openWindow(challenge ? `/#look=${challenge}` : "/");
  }
}
