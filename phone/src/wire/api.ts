/** The road to the server: signed requests, a nonce that is renewed once, refusals as typed errors. */
import { toB64u, utf8, type Octets } from "../protocol/octets";
import { requestMessage, sign } from "../protocol/keys";
import { hearTime } from "./clock";
import { Refusal, localRefusal, readRefusal } from "./refusal";
import type { ActivationState, Answer, Answered, Claim, Claimed, Site, Subscription, Transfer, Waiting } from "./messages";
import type { SignedBytes } from "../protocol/challenge";
import type { Scan } from "../protocol/scan";

export const ROOT = "/api/phone/v1/";
const PATIENCE = 20_000;

/** Who signs: a stored phone, or one that is just being made. */
export interface Signer {
  device: string;
  deviceKey: CryptoKey;
}

export class Api {
  private nonce = "";

  constructor(readonly host: string, public language: () => string) {}

  async site(): Promise<Site> {
    const told = (await this.send("GET", "site")) as Partial<Site> & { pin?: { shortest: number; longest: number } };
    return {
      name: told.name ?? "", portal: told.portal ?? "", push_key: told.push_key ?? "",
      pin_min: told.pin_min ?? told.pin?.shortest ?? 4, pin_max: told.pin_max ?? told.pin?.longest ?? 6,
      iterations: told.iterations ?? 600_000, typed_needs_name: told.typed_needs_name ?? false,
      languages: told.languages ?? [], version: told.version ?? 1, color: told.color ?? "", logo: told.logo ?? "",
      code_minutes: told.code_minutes ?? 0, stores: told.stores ?? {}, support: told.support ?? "",
    };
  }

  claim(claim: Claim): Promise<Claimed> {
    return this.send("POST", "activations/claim", claim) as Promise<Claimed>;
  }

  async activation(signer: Signer): Promise<ActivationState> {
    return ((await this.signed(signer, "GET", "activations/current")) as { state: ActivationState }).state;
  }

  challenges(signer: Signer): Promise<Waiting> {
    return this.signed(signer, "GET", "challenges") as Promise<Waiting>;
  }

  test(signer: Signer): Promise<SignedBytes> {
    return this.signed(signer, "POST", "tests") as Promise<SignedBytes>;
  }

  scan(signer: Signer, scan: Scan): Promise<SignedBytes & { confirmation: string }> {
    return this.signed(signer, "POST", "scans", scan) as Promise<SignedBytes & { confirmation: string }>;
  }

  answer(answer: Answer): Promise<Answered> {
    return this.send("POST", "answers", answer) as Promise<Answered>;
  }

  /** A question whose approval allows one code for a new phone. */
  askTransfer(signer: Signer): Promise<SignedBytes> {
    return this.signed(signer, "POST", "transfer") as Promise<SignedBytes>;
  }

  beginTransfer(signer: Signer): Promise<Transfer> {
    return this.signed(signer, "PUT", "transfer") as Promise<Transfer>;
  }

  transfer(signer: Signer): Promise<Transfer> {
    return this.signed(signer, "GET", "transfer") as Promise<Transfer>;
  }

  confirmTransfer(signer: Signer, number: string): Promise<Transfer> {
    return this.signed(signer, "POST", "transfer/confirm", { number }) as Promise<Transfer>;
  }

  async endTransfer(signer: Signer): Promise<void> {
    await this.signed(signer, "DELETE", "transfer");
  }

  async subscribe(signer: Signer, subscription: Subscription): Promise<void> {
    await this.signed(signer, "PUT", "push", subscription);
  }

  /** "off" to a phone that told its address: the push service says that this address is gone. */
  async isWoken(signer: Signer): Promise<boolean> {
    return ((await this.signed(signer, "GET", "push")) as { state: "on" | "off" }).state === "on";
  }

  async testPush(signer: Signer): Promise<void> {
    await this.signed(signer, "POST", "push/test");
  }

  async unsubscribe(signer: Signer): Promise<void> {
    await this.signed(signer, "DELETE", "push");
  }

  /** A nonce that is good for the next minutes; `fresh` after the server refused the last. */
  async currentNonce(fresh = false): Promise<string> {
    if (fresh || !this.nonce) this.nonce = ((await this.send("GET", "nonce")) as { nonce: string }).nonce;
    return this.nonce;
  }

  /** The answer's body is a stream of events; the caller reads it. */
  async stream(body: unknown, stop: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.fetched("POST", "stream", utf8(JSON.stringify(body)), { Accept: "text/event-stream" }, stop);
    if (!response.ok || !response.body) throw await this.refused(response);
    return response.body;
  }

  /** A signed request; `more` are headers beside the signature's own. */
  async signed(
    signer: Signer, method: string, address: string, body?: unknown, more: Record<string, string> = {},
  ): Promise<unknown> {
    const octets = body === undefined ? (new Uint8Array(0) as Octets) : utf8(JSON.stringify(body));
    for (let fresh = false; ; fresh = true) {
      const nonce = await this.currentNonce(fresh && !this.nonce);
      const message = await requestMessage(this.host, signer.device, method, ROOT + address, nonce, octets);
      const headers = {
        ...more,
        "Twolatch-Device": signer.device,
        "Twolatch-Nonce": nonce,
        "Twolatch-Signature": toB64u(await sign(signer.deviceKey, message)),
      };
      try {
        return await this.sendOctets(method, address, octets, headers);
      } catch (error) {
        if (fresh || !(error instanceof Refusal) || error.code !== "request.nonce") throw error;
        // The refusal carried a fresh nonce; where it did not, one is asked for.
        if (this.nonce === nonce) this.nonce = "";
      }
    }
  }

  private send(method: string, address: string, body?: unknown): Promise<unknown> {
    return this.sendOctets(method, address, body === undefined ? new Uint8Array(0) : utf8(JSON.stringify(body)), {});
  }

  private async sendOctets(
    method: string, address: string, body: Octets, headers: Record<string, string>,
  ): Promise<unknown> {
    const response = await this.fetched(method, address, body, headers, AbortSignal.timeout(PATIENCE));
    if (!response.ok) throw await this.refused(response);
    if (response.status === 204) return null;
    try {
      const text = await response.text();
      return text ? JSON.parse(text) : null;
    } catch {
      throw localRefusal("wire.offline");
    }
  }

  private async fetched(
    method: string, address: string, body: Octets, headers: Record<string, string>, stop: AbortSignal,
  ): Promise<Response> {
    const sent: RequestInit = {
      method,
      headers: { Accept: "application/json", "Accept-Language": this.language(), ...headers },
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: stop,
    };
    if (body.length) {
      sent.body = body;
      (sent.headers as Record<string, string>)["Content-Type"] = "application/json";
    }
    let response: Response;
    try {
      response = await fetch(ROOT + address, sent);
    } catch {
      throw localRefusal("wire.offline");
    }
    hearTime(response);
    this.nonce = response.headers.get("Twolatch-Nonce") || this.nonce;
    return response;
  }

  private refused(response: Response): Promise<Refusal> {
    return readRefusal(response);
  }
}
