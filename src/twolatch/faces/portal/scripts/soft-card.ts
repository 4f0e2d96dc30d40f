// A challenge card on a page, for rehearsals: press, PIN, number, answer. The key never leaves the page, and the PIN opens it
// here, as a real card keeps both to itself. Law: as in portal.ts, no innerHTML, no eval, and no request is sent.

const MOST_DIGITS = 8;
const TRIES = 5;

/** What the maker put into the card, as src/twolatch/client/cards.py writes it. */
interface Plastic {
  serial: string;
  suite: string;
  rounds: number;
  salt: string;
  nonce: string;
  sealed: string;
}

type Step = "off" | "pin" | "challenge" | "answer" | "locked";

function octets(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

/** The key of the card, or null: the PIN is wrong. */
export async function unsealed(card: Plastic, pin: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const stretch = { name: "PBKDF2", hash: "SHA-256", salt: octets(card.salt), iterations: card.rounds };
  const key = await crypto.subtle.deriveKey(stretch, typed, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: octets(card.nonce), additionalData: new TextEncoder().encode(card.serial) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, key, octets(card.sealed)));
  } catch {
    return null;
  }
}

/** RFC 6287 for a suite of this card: the suite, a zero byte, the number in hexadecimal filled up behind to 128 bytes. */
export async function answerTo(suite: string, key: Uint8Array<ArrayBuffer>, number: string): Promise<string> {
  const name = new TextEncoder().encode(`${suite}\0`);
  const nibbles = BigInt(number).toString(16).padEnd(256, "0");
  const text = new Uint8Array(name.length + 128);
  text.set(name);
  text.set(Uint8Array.from(nibbles.match(/../g) ?? [], (pair) => parseInt(pair, 16)), name.length);
  const ready = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const digest = new DataView(await crypto.subtle.sign("HMAC", ready, text));
  const at = digest.getUint8(digest.byteLength - 1) & 15;
  return String((digest.getUint32(at) & 0x7fffffff) % 10 ** 8).padStart(8, "0");
}

class SoftCard {
  private step: Step = "off";
  private typed = "";
  private key: Uint8Array<ArrayBuffer> | null = null;
  private left = TRIES;
  private isBusy = false;

  constructor(
    private readonly plastic: Plastic,
    private readonly screen: HTMLElement,
    private readonly voice: HTMLElement,
    private readonly words: DOMStringMap,
  ) {}

  async press(name: string): Promise<void> {
    if (this.isBusy || this.step === "locked") return;
    if (name === "on") this.turn(this.step === "off");
    else if (this.step === "off") return;
    else if (name === "ok") await this.enter();
    else if (name === "clear") this.show((this.typed = ""));
    else if (this.typed.length < MOST_DIGITS && this.step !== "answer") this.show((this.typed += name));
  }

  turnOff(): void {
    if (this.step !== "off" && this.step !== "locked") this.turn(false);
  }

  private turn(isOn: boolean): void {
    this.key = null;
    this.go(isOn ? "pin" : "off");
  }

  private go(step: Step, said?: string): void {
    this.step = step;
    this.typed = "";
    this.show("", said ?? this.words[step] ?? "");
  }

  /** Sighted people read the screen, others hear what it means. A PIN is shown to nobody. */
  private show(text: string, said?: string): void {
    const prompts: Record<Step, string> = { off: "", pin: "PIN>", challenge: "CHALLNG>", answer: "", locked: "LOCKED" };
    const shown = this.step === "pin" ? "•".repeat(text.length) : text;
    this.screen.dataset["step"] = this.step;
    this.screen.textContent = text ? shown : prompts[this.step];
    this.voice.textContent = said ?? (this.words["typed"] ?? "").replace("{count}", String(text.length));
  }

  private async enter(): Promise<void> {
    this.isBusy = true;
    if (this.step === "pin" && this.typed) await this.open(this.typed);
    else if (this.step === "challenge" && /^([0-9]{6}|[0-9]{8})$/.test(this.typed)) await this.answer(this.typed);
    this.isBusy = false;
  }

  private async open(pin: string): Promise<void> {
    this.key = await unsealed(this.plastic, pin);
    if (this.key) {
      this.left = TRIES;
      this.go("challenge");
      return;
    }
    this.left -= 1;
    if (!this.left) this.go("locked");
    else this.go("pin", (this.words["wrong"] ?? "").replace("{left}", String(this.left)));
    if (this.left) this.screen.textContent = "PIN?";
  }

  private async answer(number: string): Promise<void> {
    if (!this.key) return;
    const digits = await answerTo(this.plastic.suite, this.key, number);
    this.go("answer", (this.words["answer"] ?? "").replace("{answer}", digits.split("").join(" ")));
    this.screen.textContent = `${digits.slice(0, 4)} ${digits.slice(4)}`;
  }
}

const KEYS: Record<string, string> = { Enter: "ok", Backspace: "clear", Delete: "clear" };

function run(body: HTMLElement): void {
  const screen = body.querySelector<HTMLElement>("[data-screen]");
  const voice = document.querySelector<HTMLElement>("[data-voice]");
  const made = body.dataset["card"];
  if (!screen || !voice || !made) return;
  const card = new SoftCard(JSON.parse(made) as Plastic, screen, voice, voice.dataset);
  body.querySelectorAll<HTMLButtonElement>("[data-key]").forEach((key) => {
    key.disabled = false;
    key.addEventListener("click", () => {
      if (key.dataset["key"] === "on") screen.focus(); // from here the keyboard types into the card
      void card.press(key.dataset["key"] ?? "");
    });
  });
  document.addEventListener("keydown", (pressed) => {
    if (pressed.ctrlKey || pressed.altKey || pressed.metaKey) return;
    const isOnButton = pressed.target instanceof HTMLButtonElement || pressed.target instanceof HTMLAnchorElement;
    if (pressed.key === "Escape") card.turnOff();
    else if (/^[0-9]$/.test(pressed.key)) void card.press(pressed.key);
    else if (KEYS[pressed.key] && !(isOnButton && pressed.key === "Enter")) void card.press(KEYS[pressed.key] ?? "");
  });
}

document.querySelectorAll<HTMLElement>("[data-card]").forEach(run);
