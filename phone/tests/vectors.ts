/** The project's vectors, shared with the Python side. */
import { readFileSync } from "node:fs";
import type { Octets } from "../src/protocol/octets";

declare const __VECTORS__: string;

export type Case = Record<string, string> & { says: string };

export interface Vectors {
  good: Case[];
  bad: Case[];
  [list: string]: unknown;
}

export function vectors(name: string): Vectors {
  const read = JSON.parse(readFileSync(`${__VECTORS__}${name}.json`, "utf8")) as Vectors;
  if (!read.good.length || !read.bad.length) throw new Error(`${name}: nothing to walk`);
  return read;
}

export function octets(hex: string): Octets {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

/** A vector's private key, given as a scalar, becomes a CryptoKey by its public point. */
export async function privateKey(scalar: string, point: string, name: "ECDSA" | "ECDH"): Promise<CryptoKey> {
  const b64u = (value: string) => Buffer.from(value, "hex").toString("base64url");
  const jwk = {
    kty: "EC", crv: "P-256", d: b64u(scalar), x: b64u(point.slice(2, 66)), y: b64u(point.slice(66)),
  };
  const usage: KeyUsage[] = name === "ECDSA" ? ["sign"] : ["deriveBits"];
  return crypto.subtle.importKey("jwk", jwk, { name, namedCurve: "P-256" }, false, usage);
}
