// A passkey alone: by a button, and where the browser can, among the names it offers for the field of the user name. What
// is asked is fetched at that moment; it is the same for everybody and names nobody.
import { isSupported, show } from "./ceremony.ts";

export function inviteKeys(element: HTMLElement): void {
  const form = element instanceof HTMLFormElement ? element : null;
  const start = element.querySelector<HTMLButtonElement>("[data-invite-start]");
  const failed = element.querySelector<HTMLElement>("[data-invite-failed]");
  const field = form?.elements.namedItem("answer");
  const address = element.dataset["invite"];
  if (!form || !start || !failed || !address || !(field instanceof HTMLInputElement) || !isSupported()) return;
  let waiting = new AbortController();

  const ask = async (how: CredentialRequestOptions): Promise<void> => {
    const options = await invitation(address);
    field.value = await show(options, how);
    form.requestSubmit();
  };
  const press = async (): Promise<void> => {
    waiting.abort(); // a browser asks once at a time
    waiting = new AbortController();
    failed.hidden = true;
    start.setAttribute("aria-disabled", "true");
    await ask({ signal: waiting.signal }).catch(() => (failed.hidden = false));
    start.removeAttribute("aria-disabled");
  };
  form.hidden = false;
  start.addEventListener("click", () => void press());
  void offer(() => ask({ mediation: "conditional", signal: waiting.signal }));
}

async function offer(ask: () => Promise<void>): Promise<void> {
  const can = await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false);
  if (can) await ask().catch(() => undefined); // nobody asked for it: a word about it would be noise
}

async function invitation(address: string): Promise<string> {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(`invitation: ${answer.status}`);
  return answer.text();
}
