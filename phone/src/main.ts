/** Where the page begins. */
import "./styles/main.css";
import { App } from "./app";
import { CALM, type ScreenName } from "./places";
import { scriptUrl } from "./trusted";

const app = new App();
document.body.append(app);

function isCalm(): boolean {
  return CALM.has((document.body.dataset["screen"] ?? "") as ScreenName) && !halfTyped();
}

/** The app opens with a password field: a reload would empty it under somebody's fingers. */
function halfTyped(): boolean {
  const fields = [...document.querySelectorAll<HTMLInputElement>("input:not([type=radio], [type=checkbox])")];
  return fields.some((field) => field.value !== field.defaultValue);
}

/**
 * A new version waits until nothing is under way, then takes over with one reload. Another window may be calm sooner and
 * let it in for all: then this one reloads when it has come to rest, and never under somebody's fingers.
 */
async function keepFresh(): Promise<void> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(scriptUrl("/sw.js"), { scope: "/", updateViaCache: "none" });
  let served = Boolean(serviceWorker.controller);
  let isDue = false;
  const settle = () => {
    if (!isCalm()) return;
    if (isDue) location.reload();
    else if (registration.waiting && serviceWorker.controller) registration.waiting.postMessage("take over");
  };
  serviceWorker.addEventListener("controllerchange", () => {
    isDue = served;
    served = true;
    settle();
  });
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", settle);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void registration.update().catch(() => undefined).then(settle);
  });
  new MutationObserver(settle).observe(document.body, { attributeFilter: ["data-screen"] });
  settle();
}

if ("serviceWorker" in navigator) void keepFresh().catch(() => undefined);
