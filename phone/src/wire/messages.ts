/** Shapes of the conversation, as docs/protocol.md writes them. */
import type { About } from "../protocol/activation";
import type { SignedBytes } from "../protocol/challenge";
import type { Decision } from "../protocol/answer";

export interface Site {
  name: string;
  portal: string;
  push_key: string;
  pin_min: number;
  pin_max: number;
  iterations: number;
  typed_needs_name: boolean;
  languages: string[];
  version: number;
  color: string;
  logo: string;
  code_minutes: number;
  support: string;
  stores: Record<string, string>;
}

export interface Claim {
  version: 1;
  code: string;
  user_name: string;
  public_key: string;
  ephemeral_key: string;
  device: About;
  holds: string[];
  signature: string;
}

export interface Claimed {
  device: string;
  activation: string;
  expires: number;
  ephemeral_key: string;
  signing_key: string;
  pin_key: string;
  epoch: string;
  user: string;
  display: string;
  site: string;
  test: SignedBytes;
  signature: string;
}

export type ActivationState = "claimed" | "confirmed" | "active" | "burned" | "expired" | "cancelled";

export interface Unlock {
  kind: "assertion" | "registration";
  credential: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  attestation: string;
}

export interface Answer {
  device: string;
  challenge: string;
  hash: string;
  decision: Decision;
  confirmation: string;
  epoch: string;
  seq: number;
  scheme: "pin" | "unlock";
  ephemeral_key: string;
  tag: string;
  unlock: Unlock | null;
  signature: string;
}

export type AnswerState = "approved" | "denied" | "not_me";

export interface Answered {
  challenge: string;
  state: AnswerState;
  epoch: string;
}

export interface Ended {
  challenge: string;
  state: AnswerState | "expired" | "superseded" | "locked";
  at: number;
}

export interface Waiting {
  waiting: SignedBytes[];
  ended: Ended[];
}

export interface Claimant {
  platform: string;
  model: string;
  browser: string;
  address: string;
  same_address: boolean;
}

/** How moving to a new phone stands, as the old phone reads it. */
export interface Transfer {
  state: "none" | "issued" | "claimed" | "confirmed" | "moved" | "over";
  expires: number;
  link: string;
  code: string;
  side: number;
  picture: string;
  claimant: Claimant | null;
  tries_left: number;
}

export interface Subscription {
  endpoint: string;
  p256dh: string;
  auth: string;
}
