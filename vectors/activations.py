"""Test data of activation.json and mask.json."""

import hmac
from hashlib import pbkdf2_hmac, sha256

from codes import session_code
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from formulas import (
    ACTIVATION,
    DEVICE,
    HOST,
    Case,
    b64u,
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

SMALL_E, ACUTE = "e\u0301", "\u00e9"


def transcript(case: Case) -> bytes:
    h = bytes.fromhex
    parts = lp(case["host"], case["code"], h(case["public_key"]), h(case["ephemeral_key"]))
    parts += lp(case["platform"], case["model"], case["browser"], case["app"], case["device"], case["activation"])
    parts += lp(h(case["server_ephemeral_key"]), h(case["signing_key"]), h(case["pin_key"]), h(case["epoch"]))
    return sha256(label("activation") + parts + lp(case["user"], case["site"])).digest()


def activated(says: str, code: str, **changed: str) -> Case:
    device, phone, server, signing = key("device"), key("phone e"), key("server e"), key("signing")
    case: Case = {
        "says": says, "host": HOST, "code": code,
        "private_key": private_hex(device), "public_key": point(device).hex(),
        "ephemeral_private": private_hex(phone), "ephemeral_key": point(phone).hex(),
        "platform": "android", "model": "Pixel 8", "browser": "Chrome 140", "app": "twolatch-web/0.1.0",
        "device": DEVICE, "activation": ACTIVATION,
        "server_ephemeral_private": private_hex(server), "server_ephemeral_key": point(server).hex(),
        "signing_key": point(signing).hex(), "pin_key": point(key("pin")).hex(),
        "epoch": fixed("epoch", 16).hex(), "user": "anna", "site": "Example",
    }  # fmt: skip
    case.update(changed)
    claim = label("claim") + lp(case["host"], code, point(device), point(phone))
    tr, z = transcript(case), ecdh(phone, server)
    sas = int.from_bytes(hkdf(z, tr, label("sas"), 8), "big") % 1_000_000
    return case | {
        "claim_text": claim.hex(), "claim_signature": sign(device, claim).hex(),
        "tr": tr.hex(), "z": z.hex(), "s": hkdf(z, tr, label("S"), 32).hex(), "sas": f"{sas:06d}",
        "claimed_text": (label("claimed") + tr).hex(),
        "signature": sign(signing, label("claimed") + tr).hex(),
    }  # fmt: skip


def activation() -> Case:
    typed = session_code(fixed("session", 7))
    scanned = activated("a scanned code", f"{ACTIVATION}.{b64u(fixed('secret', 16))}")
    empty = activated("a typed code, and a phone that tells little", typed, model="", browser="", platform="other")
    names = activated("texts beyond ASCII count in bytes", typed, user="zoë", site="Bank für Gemüse 株式会社")
    off_curve = "04" + "00" * 63 + "01"
    stranger = point(key("stranger")).hex()
    bad = [
        but(scanned, "another host", host="phone.example.org"),
        but(scanned, "another user", user="bert"),
        but(scanned, "another model", model="Pixel 9"),
        but(scanned, "a letter moved from one text into the next", model="Pixel 8C", browser="hrome 140"),
        but(scanned, "another device id", device=ACTIVATION),
        but(scanned, "another epoch", epoch=flip(scanned["epoch"])),
        but(scanned, "another PIN key", pin_key=stranger),
        but(scanned, "another ephemeral key of the server", server_ephemeral_key=stranger),
        but(scanned, "another signature", signature=flip(scanned["signature"])),
        but(scanned, "signed by a key that is not on the curve", signing_key=off_curve),
        but(scanned, "no signature", signature=""),
    ]
    return {
        "says": "Activations with all keys. Good: all values follow. Bad: `signature` does not verify.",
        "good": [scanned, empty, names],
        "bad": bad,
    }


def masking(says: str, pin: str, nfc: str) -> Case:
    salt, k_mask, s = fixed("salt", 16), fixed("k mask", 32), fixed("s", 32)
    p = pbkdf2_hmac("sha256", nfc.encode(), salt, 600_000, 32)
    m = hmac.digest(k_mask, label("mask") + p, "sha256")
    ms = Cipher(algorithms.AES(m), modes.CTR(bytes(16))).encryptor().update(s)
    return {
        "says": says, "pin": pin, "salt": salt.hex(), "iterations": 600_000, "p": p.hex(),
        "k_mask": k_mask.hex(), "m": m.hex(), "s": s.hex(), "ms": ms.hex(),
    }  # fmt: skip


def mask() -> Case:
    good = masking("a PIN of digits", "739184", "739184")
    return {
        "says": "The PIN's mask. Good: s masked is ms, and back. Bad: this PIN unmasks ms to another s.",
        "good": [
            good,
            masking("letters and specials", "k9#Qz", "k9#Qz"),
            masking("e and a combining acute is the same PIN as e-acute (NFC)", f"7{SMALL_E}9b", f"7{ACUTE}9b"),
            masking("e-acute", f"7{ACUTE}9b", f"7{ACUTE}9b"),
            masking("beyond the basic plane", "\U0001f5177b\u6f22", "\U0001f5177b\u6f22"),
        ],
        "bad": [
            but(good, "one digit off", pin="739185"),
            but(good, "nothing typed", pin=""),
            but(good, "a space too many", pin="739184 "),
            but(good, "compatibility forms stay different (NFC, not NFKC)", pin="\uff1739184"),
        ],
    }
