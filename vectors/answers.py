"""Test data of answer.json and request.json."""

import hmac
from hashlib import sha256

from formulas import (
    ACTIVATION,
    CHALLENGE,
    DEVICE,
    HOST,
    Case,
    but,
    ecdh,
    fixed,
    flip,
    hkdf,
    key,
    label,
    lp,
    point,
    private_hex,
    sign,
)


def response(case: Case) -> bytes:
    h = bytes.fromhex
    number = {"approve": 1, "deny": 2, "not_me": 3}[case["decision"]]
    head = label("response") + lp(case["host"], case["device"], case["challenge"]) + h(case["challenge_hash"])
    return head + bytes([number]) + lp(case["digits"], h(case["epoch"])) + case["seq"].to_bytes(8, "big")


def answered(says: str, decision: str, *, digits: str = "", seq: int = 1, pin: bool = True) -> Case:
    device, server, own = key("device"), key("pin"), key("answer e")
    s, z, e = fixed("s", 32), ecdh(key("answer e"), key("pin")), point(own)
    case: Case = {
        "says": says, "host": HOST, "device": DEVICE, "challenge": CHALLENGE,
        "challenge_hash": sha256(b"challenge").hexdigest(), "decision": decision, "digits": digits,
        "epoch": fixed("epoch", 16).hex(), "seq": seq,
        "public_key": point(device).hex(), "private_key": private_hex(device),
        "pin_key": point(server).hex(), "pin_private": private_hex(server),
    }  # fmt: skip
    m = response(case)
    tag_key = hkdf(s + z, b"", label("tag") + lp(e), 32)
    tag = hmac.digest(tag_key, label("pin-tag") + sha256(m).digest(), "sha256") if pin else b""
    text = label("sig") + sha256(m).digest() + lp(e if pin else b"", tag)
    return case | {
        "m": m.hex(), "ephemeral_private": private_hex(own) if pin else "",
        "ephemeral_key": e.hex() if pin else "",
        "z": z.hex() if pin else "", "s": s.hex() if pin else "", "tag": tag.hex(),
        "answer_text": text.hex(), "signature": sign(device, text).hex(),
        "unlock_challenge": sha256(label("wa") + m).hexdigest(),
    }  # fmt: skip


def answer() -> Case:
    yes = answered("approve with a PIN", "approve")
    typed = answered("approve with a PIN and the portal's digits", "approve", digits="042871", seq=77)
    no = answered("deny, without a PIN", "deny", seq=(1 << 53) - 1, pin=False)
    wrong_tag = answered("", "approve")
    other = hmac.digest(fixed("wrong s", 32), b"", "sha256")
    text = label("sig") + sha256(bytes.fromhex(yes["m"])).digest() + lp(bytes.fromhex(yes["ephemeral_key"]), other)
    wrong_tag |= {"tag": other.hex(), "answer_text": text.hex(), "signature": sign(key("device"), text).hex()}
    forged, broken = {"signature_ok": False, "tag_ok": True}, {"signature_ok": False, "tag_ok": False}
    return {
        "says": "Answers. Bad: with m and answer_text made anew, signature_ok and tag_ok say what fails.",
        "good": [
            yes,
            typed,
            no,
            answered("it was not me", "not_me", pin=False),
            answered("approve by the platform's unlock: unlock_challenge is signed", "approve", pin=False),
        ],
        "bad": [
            but(
                wrong_tag,
                "the tag of a wrong PIN, signed by the right phone",
                signature_ok=True,
                tag_ok=False,
            ),
            but(yes, "another host", host="phone.example.org", **broken),
            but(yes, "another challenge", challenge=ACTIVATION, **broken),
            but(yes, "another challenge's hash", challenge_hash=flip(yes["challenge_hash"]), **broken),
            but(no, "a denial turned into an approval", decision="approve", **broken),
            but(typed, "other digits", digits="042872", **broken),
            but(typed, "no digits", digits="", **broken),
            but(yes, "another epoch", epoch=flip(yes["epoch"]), **broken),
            but(yes, "a higher seq", seq=2, **broken),
            but(yes, "another ephemeral key", ephemeral_key=point(key("stranger")).hex(), **broken),
            but(yes, "the signature of the denial", signature=no["signature"], **forged),
            but(yes, "r and s are zero", signature="00" * 64, **forged),
            but(yes, "a signature one byte short", signature=yes["signature"][:-2], **forged),
            but(yes, "somebody else's key", public_key=point(key("stranger")).hex(), **forged),
        ],
    }


def requested(says: str, method: str, path: str, body: str = "") -> Case:
    device, nonce = key("device"), "n0nce-of_the.server"
    text = label("request") + lp(HOST, DEVICE, method, path, nonce) + sha256(body.encode()).digest()
    return {
        "says": says, "kind": "request", "host": HOST, "device": DEVICE, "method": method, "path": path,
        "nonce": nonce, "body": body, "text": text.hex(),
        "public_key": point(device).hex(), "signature": sign(device, text).hex(),
    }  # fmt: skip


def request() -> Case:
    device, nonce = key("device"), "n0nce-of_the.server"
    text = label("stream") + lp(HOST, DEVICE, nonce)
    stream = {
        "says": "a stream's device", "kind": "stream", "host": HOST, "device": DEVICE, "nonce": nonce,
        "text": text.hex(), "public_key": point(device).hex(), "signature": sign(device, text).hex(),
    }  # fmt: skip
    get = requested("a request without body", "GET", "/api/phone/v1/challenges")
    put = requested("a request with a body", "PUT", "/api/phone/v1/push", '{"endpoint":"https://push.example/é"}')
    return {
        "says": "Signed requests and stream entries. Bad: the signature is not over what the fields say.",
        "good": [get, put, stream],
        "bad": [
            but(get, "another method", method="DELETE"),
            but(get, "a query", path=get["path"] + "?all=1"),
            but(get, "another path", path="/api/phone/v1/tests"),
            but(get, "another nonce", nonce="n0nce-of_the.serveR"),
            but(get, "another host", host="phone.example.com:8443"),
            but(get, "another device", device=ACTIVATION),
            but(put, "another body", body=put["body"] + " "),
            but(get, "a letter moved from method to path", method="GE", path="T" + get["path"]),
            but(get, "a stream's signature", signature=stream["signature"]),
            but(stream, "a request's signature", signature=get["signature"]),
        ],
    }
