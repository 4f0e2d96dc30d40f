"""Test data of challenge.json."""

import json
from hashlib import sha256

from formulas import ACTIVATION, CHALLENGE, HOST, Case, b64u, fixed, flip, key, label, point, sign

LOGIN: Case = {
    "audience": {"id": "portal", "name": "Client Portal"},
    "challenge": CHALLENGE,
    "confirmation": "digits",
    "context": {
        "address": "192.0.2.7",
        "application": "Client Portal",
        "browser": "Firefox on Linux",
        "known_browser": False,
        "place": "",
    },
    "expires": 1_767_225_780_000,
    "host": HOST,
    "issued": 1_767_225_600_000,
    "nonce": b64u(fixed("nonce", 32)),
    "started": "password",
    "transaction": None,
    "type": "login",
    "user": "anna",
    "version": 1,
}


PAYMENT: Case = {
    "action": "withdrawal",
    "amount": "300000.00",
    "application": "Linden Brokers",
    "currency": "EUR",
    "payee": "Anna de Vries, NL00 BANK 0123",
}
CONFIRM: Case = {"confirmation": "none", "started": "application", "type": "step_up", "transaction": PAYMENT}


def canonical(fields: Case) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(says: str, raw: bytes) -> Case:
    text = label("challenge") + raw
    return {
        "says": says,
        "bytes": raw.hex(),
        "signing_key": point(key("signing")).hex(),
        "signature": sign(key("signing"), text).hex(),
    }


def good(says: str, **changed: object) -> Case:
    raw = canonical(LOGIN | changed)
    return signed(says, raw) | {
        "text": raw.decode(),
        "hash": sha256(raw).hexdigest(),
        "fields": LOGIN | changed,
    }


def odd(says: str, old: str, new: str) -> Case:
    """Rightly signed, but not bytes a phone may read."""
    raw = canonical(LOGIN).decode()
    assert old in raw, old
    return signed(says, raw.replace(old, new, 1).encode()) | {"signature_ok": True, "form_ok": False}


PAYMENTS = (
    ("an amount as a number", "amount", 300000),
    ("an amount with separators", "amount", "300,000.00"),
    ("an amount below nothing", "amount", "-1.00"),
    ("an amount with a zero before it", "amount", "0300000.00"),
    ("an amount in digits of another script", "amount", "\u0661"),
    ("an amount with a line end", "amount", "1.00\n"),
    ("a currency in small letters", "currency", "eur"),
    ("an unknown action", "action", "gift"),
    ("nobody who asks", "application", ""),
    ("a payee that is none", "payee", None),
    ("a field of an amount that is unknown", "note", "quick"),
)


def odd_payment(says: str, name: str, value: object) -> Case:
    raw = canonical(LOGIN | CONFIRM | {"transaction": PAYMENT | {name: value}})
    return signed(says, raw) | {"signature_ok": True, "form_ok": False}


def challenge() -> Case:
    escapes = 'quote " backslash \\ slash / tab \t line \n bell \x07 delete \x7f'
    abroad = LOGIN["context"] | {"place": "Zürich 東京 \U0001f600", "browser": escapes}
    first = good("a login from an unknown browser")
    unsigned = {k: first[k] for k in ("bytes", "signing_key")} | {"signature_ok": False, "form_ok": True}
    stranger = sign(key("stranger"), label("challenge") + canonical(LOGIN)).hex()
    return {
        "says": "Challenges as signed bytes. Bad: signature_ok and form_ok say which check fails.",
        "good": [
            first,
            good("a known browser, nothing to type", confirmation="none", started="passkey"),
            good("signing in to the app, asked on this phone", confirmation="none", started="app"),
            good("the test at the end of an activation", type="test", confirmation="none"),
            good(
                "support asks who is speaking",
                type="support",
                started="phoned_in",
                context={
                    "address": "",
                    "application": "Support desk",
                    "browser": "Sanne (11)",
                    "known_browser": True,
                    "place": "K7M-2QP",
                },
            ),
            good("an amount to confirm", **CONFIRM),
            good("the largest amount, of a currency with three decimals, and nobody named",
                 **CONFIRM | {"transaction": PAYMENT | {"amount": "999999999999.999", "currency": "KWD", "payee": ""}}),
            good("texts beyond ASCII, and all that JSON escapes", context=abroad),
        ],
        "bad": [
            unsigned | {"says": "another signature", "signature": flip(first["signature"])},
            unsigned | {"says": "signed by a stranger", "signature": stranger},
            unsigned | {"says": "signed without the label", "signature": sign(key("signing"), canonical(LOGIN)).hex()},
            signed("signed, but the first byte is missing", canonical(LOGIN)[1:])
            | {"signature_ok": True, "form_ok": False},
            odd("a space after a colon", '"user":', '"user": '),
            odd("a key given twice", '"user":"anna"', '"user":"bert","user":"anna"'),
            odd("an unknown field", '"user":', '"urgent":true,"user":'),
            odd("keys out of order", '"user":"anna","version":1', '"version":1,"user":"anna"'),
            odd("a field missing", '"started":"password",', ""),
            odd("a number as text", '"version":1', '"version":"1"'),
            odd("a number with a fraction", '"version":1', '"version":1.0'),
            odd("a number with an exponent", "1767225780000", "176722578e4"),
            odd("a negative time", "1767225780000", "-1"),
            odd("another version", '"version":1', '"version":2'),
            odd("an unknown type", '"type":"login"', '"type":"payment"'),
            odd("an unknown confirmation", '"digits"', '"picture"'),
            *(odd_payment(*each) for each in PAYMENTS),
            odd("a letter escaped without need", '"anna"', '"ann\\u0061"'),
            odd("an escape in capitals", '"anna"', '"anna\\u001F"'),
            odd("a lone surrogate", '"anna"', '"anna\\ud800"'),
            odd("a nonce of 31 bytes", LOGIN["nonce"], b64u(fixed("nonce", 31))),
            odd("a nonce with a non-canonical ending", LOGIN["nonce"], LOGIN["nonce"][:-1] + "_"),
            odd("an id in upper case", CHALLENGE, ACTIVATION.upper()),
            odd("a user without name", '"anna"', '""'),
            odd("something after the end", '"version":1}', '"version":1}{}'),
            signed("a byte order mark", b"\xef\xbb\xbf" + canonical(LOGIN)) | {"signature_ok": True, "form_ok": False},
            signed("bytes that are not UTF-8", canonical(LOGIN).replace(b"anna", b"ann\xe9"))
            | {"signature_ok": True, "form_ok": False},
            signed("nothing", b"") | {"signature_ok": True, "form_ok": False},
        ],
    }
