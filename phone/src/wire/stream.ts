/**
 * "Look again", live. One stream for all users of this phone while the app is visible. Everything here is a hint: the
 * caller looks after every connection, and while no stream stands it looks every few seconds.
 */
import { sign, streamMessage } from "../protocol/keys";
import { toB64u } from "../protocol/octets";
import type { Api, Signer } from "./api";
import { Refusal } from "./refusal";

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const POLL_WITHOUT_STREAM = 4_000;
const POLL_BESIDE_STREAM = 30_000;
// The server sends a comment every 25 seconds: a line that stays silent for longer is dead, whatever the socket says.
const SILENCE = 60_000;
const MOST_DEVICES = 20;

export class Live {
  private stop: AbortController | null = null;
  private poll = 0;
  private pause = FIRST_PAUSE;
  private wake: (() => void) | null = null;

  constructor(private readonly api: Api, private readonly look: () => void) {}

  /** Starts over with these signers. Without any, it only looks now and then. */
  start(signers: Signer[]): void {
    this.end();
    if (!signers.length) return this.pollEvery(POLL_BESIDE_STREAM);
    const stop = new AbortController();
    this.stop = stop;
    this.pollEvery(POLL_WITHOUT_STREAM);
    void this.run(signers.slice(0, MOST_DEVICES), stop.signal);
  }

  end(): void {
    this.stop?.abort();
    this.stop = null;
    this.wake?.();
    clearInterval(this.poll);
  }

  /** The network is back: no reason to wait any longer. */
  hurry(): void {
    this.pause = FIRST_PAUSE;
    this.wake?.();
  }

  private pollEvery(interval: number): void {
    clearInterval(this.poll);
    this.poll = window.setInterval(this.look, interval);
  }

  private async run(signers: Signer[], stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      let stood = false;
      try {
        await this.listen(signers, stopped, () => {
          stood = true;
          this.pause = FIRST_PAUSE;
          this.pollEvery(POLL_BESIDE_STREAM);
          this.look();
        });
      } catch (error) {
        if (error instanceof Refusal && error.code === "request.nonce") await this.freshNonce();
      }
      if (stopped.aborted) return;
      this.pollEvery(POLL_WITHOUT_STREAM);
      await this.rest(stood ? FIRST_PAUSE / 2 : this.pause * (0.5 + Math.random() / 2));
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    }
  }

  private async freshNonce(): Promise<void> {
    await this.api.currentNonce(true).catch(() => "");
  }

  private rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => (clearTimeout(timer), resolve());
    });
  }

  private async listen(signers: Signer[], stopped: AbortSignal, standing: () => void): Promise<void> {
    const nonce = await this.api.currentNonce();
    const devices = await Promise.all(signers.map(async ({ device, deviceKey }) => ({
      device,
      signature: toB64u(await sign(deviceKey, streamMessage(this.api.host, device, nonce))),
    })));
    const line = new AbortController();
    const hangUp = () => line.abort();
    stopped.addEventListener("abort", hangUp, { once: true });
    try {
      const reader = (await this.api.stream({ nonce, devices }, line.signal)).getReader();
      standing();
      await this.read(reader, hangUp);
    } finally {
      hangUp();
      stopped.removeEventListener("abort", hangUp);
    }
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>, hangUp: () => void): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const silence = setTimeout(hangUp, SILENCE);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\r|\n/);
      rest = lines.pop() ?? "";
      if (lines.some((each) => /^event:\s?look$/.test(each))) this.look();
    }
  }
}
