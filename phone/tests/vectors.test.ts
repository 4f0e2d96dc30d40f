/** Every formula of docs/protocol.md, walked over the same files as the Python side. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  claimMessage, claimedMessage, sharedSecret, shortDigits, transcript, type About,
} from "../src/protocol/activation";
import { answerMessage, pinProof, signedPart, unlockChallenge, type Decision } from "../src/protocol/answer";
import { canonical, openChallenge, parseChallenge } from "../src/protocol/challenge";
import { ALPHABET, checkCharacter, grouped, readFragment, readLink, readSessionId } from "../src/protocol/codes";
import { agree, fingerprint, requestMessage, streamMessage, verify } from "../src/protocol/keys";
import { masked } from "../src/protocol/mask";
import { ocra, offlineKey, offlineResponse } from "../src/protocol/ocra";
import { LP, fromB64u, hmacKey, join, sha256, toB64u, utf8 } from "../src/protocol/octets";
import { COMMON, weakness } from "../src/protocol/pins";
import { readScan } from "../src/protocol/scan";
import { hex, octets, privateKey, vectors, type Case } from "./vectors";

const notation = vectors("notation");
test("lengths and base64url are written as the page says", () => {
  for (const { parts, bytes } of notation["lp"] as { parts: string[]; bytes: string }[]) {
    assert.equal(hex(join(...parts.map((part) => LP(part)))), bytes);
  }
  for (const { text, bytes } of notation.good) {
    assert.equal(hex(fromB64u(text!)), bytes);
    assert.equal(toB64u(octets(bytes!)), text);
  }
});
for (const { says, text } of notation.bad) {
  test(`base64url with ${says} is refused`, () => assert.throws(() => fromB64u(text!)));
}

const ids = vectors("session_id");
for (const { session_id } of ids["made"] as Case[]) {
  test(`the portal's session ID ${session_id} carries its check character`, () => {
    assert.equal(checkCharacter(session_id!.slice(0, 11)), session_id!.charAt(11));
    assert.deepEqual(readSessionId(grouped(session_id!)), { ok: true, code: { kind: "typed", code: session_id } });
  });
}
for (const { says, typed, session_id } of ids.good) {
  test(`a session ID typed ${says} is read`, () => {
    assert.deepEqual(readSessionId(typed!), { ok: true, code: { kind: "typed", code: session_id } });
  });
}
for (const { says, typed } of ids.bad) {
  test(`a session ID with ${says} costs no try`, () => assert.equal(readSessionId(typed!).ok, false));
}
test("any one wrong character of a session ID is found", () => {
  const { session_id } = ids.good[0]!;
  for (let at = 0; at < 12; at += 1) {
    for (const other of ALPHABET) {
      const wrong = session_id!.slice(0, at) + other + session_id!.slice(at + 1);
      assert.equal(readSessionId(wrong).ok, wrong === session_id, wrong);
    }
  }
});

const links = vectors("link");
for (const { says, url, base, code, kfp, signing_key, pin_key } of links.good) {
  test(`the link of ${says} is read, and names the server's keys`, async () => {
    const read = readLink(url!, new URL(base!).host);
    assert.deepEqual(read, { ok: true, code: { kind: "scanned", code, fingerprint: toB64u(octets(kfp!)) } });
    assert.deepEqual(readFragment(new URL(url!).hash), read);
    assert.equal(await fingerprint(octets(signing_key!), octets(pin_key!)), toB64u(octets(kfp!)));
  });
}
for (const { says, url } of links.bad) {
  test(`a link with ${says} is not followed`, () => {
    const host = /^https?:\/\/([^/]+)/.exec(url!.trim())?.[1] ?? "phone.example.com";
    assert.equal(readLink(url!, host).ok, false);
  });
}
test("a code of another site is not sent to this one", () => {
  assert.deepEqual(readLink(links.good[0]!["url"]!, "phone.elsewhere.com"), { ok: false, problem: "elsewhere" });
});

async function heard(v: Case) {
  const about: About = {
    platform: v["platform"] as About["platform"], model: v["model"]!, browser: v["browser"]!, app: v["app"]!,
  };
  const tr = await transcript({
    host: v["host"]!, code: v["code"]!, publicKey: octets(v["public_key"]!), ephemeralKey: octets(v["ephemeral_key"]!),
    about, device: v["device"]!, activation: v["activation"]!, serverEphemeralKey: octets(v["server_ephemeral_key"]!),
    signingKey: octets(v["signing_key"]!), pinKey: octets(v["pin_key"]!), epoch: octets(v["epoch"]!),
    user: v["user"]!, site: v["site"]!,
  });
  const trusted = () => verify(octets(v["signing_key"]!), octets(v["signature"]!), claimedMessage(tr));
  return { tr, trusted };
}

const activations = vectors("activation");
for (const v of activations.good) {
  test(`activating with ${v.says} gives phone and server the same secret and digits`, async () => {
    const claimed = claimMessage(v["host"]!, v["code"]!, octets(v["public_key"]!), octets(v["ephemeral_key"]!));
    assert.equal(hex(claimed), v["claim_text"]);
    assert.ok(await verify(octets(v["public_key"]!), octets(v["claim_signature"]!), claimed));
    const { tr, trusted } = await heard(v);
    assert.equal(hex(tr), v["tr"]);
    assert.equal(hex(claimedMessage(tr)), v["claimed_text"]);
    assert.ok(await trusted());
    const ephemeral = await privateKey(v["ephemeral_private"]!, v["ephemeral_key"]!, "ECDH");
    const z = await agree(ephemeral, octets(v["server_ephemeral_key"]!));
    assert.equal(hex(z), v["z"]);
    assert.equal(hex(await sharedSecret(z, tr)), v["s"]);
    assert.equal(await shortDigits(z, tr), v["sas"]);
  });
}
for (const v of activations.bad) {
  test(`an answer to a claim with ${v.says} is not believed`, async () => {
    const { trusted } = await heard(v);
    assert.equal(await trusted().catch(() => false), false);
  });
}

const masks = vectors("mask");
const opens = async (v: Case) => {
  const mask = { key: await hmacKey(octets(v["k_mask"]!)), salt: octets(v["salt"]!), iterations: Number(v["iterations"]) };
  return hex(await masked(octets(v["ms"]!), v["pin"]!, mask));
};
for (const v of masks.good) {
  test(`${v.says} unmasks the secret`, async () => assert.equal(await opens(v), v["s"]));
}
for (const v of masks.bad) {
  test(`a PIN with ${v.says} unmasks something else, and nothing says so`, async () => {
    const other = await opens(v);
    assert.equal(other.length, 64);
    assert.notEqual(other, v["s"]);
  });
}

const challenges = vectors("challenge");
for (const v of challenges.good) {
  test(`${v.says} is verified, parsed and shown`, async () => {
    const bytes = octets(v["bytes"]!);
    const parsed = parseChallenge(bytes);
    assert.equal(canonical(parsed), v["text"]);
    assert.equal(hex(await sha256(bytes)), v["hash"]);
    const signed = { bytes: toB64u(bytes), signature: toB64u(octets(v["signature"]!)) };
    const opened = await openChallenge(signed, octets(v["signing_key"]!), parsed.host, parsed.user);
    assert.equal(opened.challenge.challenge, parsed.challenge);
    await assert.rejects(openChallenge(signed, octets(v["signing_key"]!), parsed.host, "somebody else"));
    await assert.rejects(openChallenge(signed, octets(v["signing_key"]!), "phone.elsewhere.com", parsed.user));
  });
}
for (const v of challenges.bad as (Case & { signature_ok: unknown; form_ok: unknown })[]) {
  test(`a challenge with ${v.says} is not shown`, async () => {
    const bytes = octets(v["bytes"]!);
    const reads = () => Boolean(parseChallenge(bytes));
    if (v.form_ok) assert.ok(reads());
    else assert.throws(reads);
    const signed = { bytes: toB64u(bytes), signature: toB64u(octets(v["signature"]!)) };
    await assert.rejects(openChallenge(signed, octets(v["signing_key"]!), "phone.example.com", "anna"));
  });
}

function meant(v: Case) {
  return answerMessage({
    host: v["host"]!, device: v["device"]!, challenge: v["challenge"]!, hash: octets(v["challenge_hash"]!),
    decision: v["decision"] as Decision, digits: v["digits"]!, epoch: octets(v["epoch"]!), seq: Number(v["seq"]),
  });
}
async function written(v: Case) {
  const m = meant(v);
  const ephemeral = v["ephemeral_private"]
    ? { privateKey: await privateKey(v["ephemeral_private"], v["ephemeral_key"]!, "ECDH"), publicKey: octets(v["ephemeral_key"]!) }
    : null;
  const proof = ephemeral ? await pinProof(m, octets(v["s"]!), octets(v["pin_key"]!), ephemeral) : null;
  return { m, proof };
}

const answers = vectors("answer");
for (const v of answers.good) {
  test(`${v.says}: the phone signs what the server expects`, async () => {
    const { m, proof } = await written(v);
    assert.equal(hex(m), v["m"]);
    assert.equal(hex(proof?.tag ?? utf8("")), v["tag"]);
    const part = await signedPart(m, { ephemeralKey: octets(v["ephemeral_key"]!), tag: octets(v["tag"]!) });
    assert.equal(hex(part), v["answer_text"]);
    assert.ok(await verify(octets(v["public_key"]!), octets(v["signature"]!), part));
    assert.equal(hex(await unlockChallenge(m)), v["unlock_challenge"]);
  });
}
for (const v of answers.bad as (Case & { signature_ok: unknown; tag_ok: unknown })[]) {
  test(`an answer with ${v.says} proves nothing`, async () => {
    const part = await signedPart(meant(v), { ephemeralKey: octets(v["ephemeral_key"]!), tag: octets(v["tag"]!) });
    const holds = await verify(octets(v["public_key"]!), octets(v["signature"]!), part).catch(() => false);
    assert.equal(holds, v.signature_ok);
  });
}

const requests = vectors("request");
async function requestText(v: Case) {
  if (v["kind"] === "stream") return streamMessage(v["host"]!, v["device"]!, v["nonce"]!);
  return requestMessage(v["host"]!, v["device"]!, v["method"]!, v["path"]!, v["nonce"]!, utf8(v["body"]!));
}
for (const v of requests.good) {
  test(`${v.says} is signed as the page says`, async () => {
    const text = await requestText(v);
    assert.equal(hex(text), v["text"]);
    assert.ok(await verify(octets(v["public_key"]!), octets(v["signature"]!), text));
  });
}
for (const v of requests.bad) {
  test(`a request with ${v.says} does not carry this signature`, async () => {
    assert.equal(await verify(octets(v["public_key"]!), octets(v["signature"]!), await requestText(v)), false);
  });
}

const pins = vectors("pins");
test("the list of common PINs is the project's", () => {
  assert.deepEqual([...COMMON].sort(), [...(pins["common"] as string[])].sort());
});
for (const { says, pin, user } of pins.good) {
  test(`PIN ${JSON.stringify(pin)}: ${says}`, () => assert.equal(weakness(pin!, user!), null));
}
for (const { says, pin, user, weakness: why } of pins.bad) {
  test(`PIN ${JSON.stringify(pin)} of ${user} is refused: ${says}`, () => assert.equal(weakness(pin!, user!), why));
}

const offline = vectors("ocra");
for (const { says, suite, key, question, second, counter, pin_hash, time, response } of offline.good) {
  test(`OCRA answers as its specification prints: ${says}`, async () => {
    const parts = { second: second!, counter: Number(counter), pinHash: octets(pin_hash!), time: Number(time) };
    assert.equal(await ocra(suite!, octets(key!), question!, parts), response);
  });
}
for (const { says, secret, number, response } of offline["offline"] as Case[]) {
  test(`a phone without network answers ${says}`, async () => {
    assert.equal(await offlineResponse(await offlineKey(octets(secret!)), number!), response);
  });
}
for (const { says, suite, question } of offline.bad) {
  test(`OCRA refuses ${says}`, () => assert.rejects(ocra(suite!, new Uint8Array(32), question!)));
}

const scans = vectors("scan");
for (const { says, challenge, time, mac, link } of scans.good) {
  test(`the code of a login ${says} is read`, () => {
    const scan = { challenge, time: Number(time), mac: toB64u(octets(mac!)) };
    assert.deepEqual(readScan(link!, "phone.example.com"), scan);
    assert.equal(readScan(link!, "phone.example.org"), "elsewhere");
  });
}
for (const { says, link } of scans.bad) {
  test(`a code of a login with ${says} is none`, () => assert.equal(readScan(link!, "phone.example.com"), null));
}
