// Lets the browser ask a passkey or a security key, or make one (W3C WebAuthn Level 3). What comes of it goes into the form's
// own field and is sent as any other answer; what does not come of it is said in words that the server wrote into the page.
const UNFIT = new Set(["ConstraintError", "NotReadableError", "NotSupportedError", "SecurityError"]);

type Says = "cancelled" | "known" | "unfit" | "unsupported";
type Json = Record<string, unknown>;

export function holdCeremony(element: HTMLElement): void {
  const form = element instanceof HTMLFormElement ? element : null;
  const start = element.querySelector<HTMLButtonElement>("[data-ceremony-start]");
  const field = form?.elements.namedItem("answer");
  if (!form || !start || !(field instanceof HTMLInputElement)) return;
  const says = (what: Says | ""): void =>
    element.querySelectorAll<HTMLElement>("[data-ceremony-says]").forEach((one) => (one.hidden = one.dataset["ceremonySays"] !== what));
  if (!isSupported()) return says("unsupported");
  const { ceremony, options = "{}" } = element.dataset;
  let isBusy = false;
  const hold = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    says("");
    start.setAttribute("aria-disabled", "true");
    try {
      field.value = await (ceremony === "create" ? make(options) : show(options));
      form.requestSubmit();
    } catch (fault) {
      says(whatOf(fault));
      isBusy = false;
      start.removeAttribute("aria-disabled");
    }
  };
  start.hidden = false;
  start.addEventListener("click", () => void hold());
  if (!document.querySelector(".notice.bad:not([hidden])")) start.focus();
}

export function isSupported(): boolean {
  return "PublicKeyCredential" in window && "credentials" in navigator;
}

/** Cancelled, too late, no key at hand, another finger: browsers call all of it "not allowed", on purpose. */
function whatOf(fault: unknown): Says {
  const name = fault instanceof Error ? fault.name : "";
  if (name === "InvalidStateError") return "known";
  return UNFIT.has(name) ? "unfit" : "cancelled";
}

async function make(options: string): Promise<string> {
  const asked = JSON.parse(options) as Json & { user: Json; excludeCredentials: Json[] };
  const publicKey = {
    ...asked,
    challenge: bytes(asked["challenge"]),
    user: { ...asked.user, id: bytes(asked.user["id"]) },
    excludeCredentials: asked.excludeCredentials.map(named),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = fit(await navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return written(made, {
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Asks for a key that is there; with `mediation` "conditional" the browser offers it where the name is typed. */
export async function show(options: string, how: Omit<CredentialRequestOptions, "publicKey"> = {}): Promise<string> {
  const asked = JSON.parse(options) as Json & { allowCredentials: Json[] };
  const publicKey = {
    ...asked,
    challenge: bytes(asked["challenge"]),
    allowCredentials: asked.allowCredentials.map(named),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = fit(await navigator.credentials.get({ ...how, publicKey }));
  const response = shown.response as AuthenticatorAssertionResponse;
  return written(shown, {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  });
}

function fit(found: Credential | null): PublicKeyCredential {
  if (found instanceof PublicKeyCredential) return found;
  throw new DOMException("no key", "NotAllowedError");
}

function written(found: PublicKeyCredential, response: Json): string {
  const id = text(found.rawId);
  const { credProps } = found.getClientExtensionResults();
  const clientExtensionResults = credProps ? { credProps } : {};
  return JSON.stringify({ id, rawId: id, type: found.type, response, clientExtensionResults });
}

function named(one: Json): Json {
  return { ...one, id: bytes(one["id"]) };
}

function bytes(base64url: unknown): Uint8Array {
  const plain = atob(String(base64url).replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(raw: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(raw), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
