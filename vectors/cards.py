"""Test data of card.json: numbers that a challenge card is asked, and its answers, made from RFC 6287's own words."""

import hmac
from hashlib import sha1, sha256
from typing import Any

from formulas import Case, fixed, hkdf

SUITES = {
    "OCRA-1:HOTP-SHA256-8:QN08": 32, "OCRA-1:HOTP-SHA256-8:QN06": 32, "OCRA-1:HOTP-SHA512-8:QN08": 64,
    "OCRA-1:HOTP-SHA256-8:C-QN08": 32, "OCRA-1:HOTP-SHA1-6:QN08": 20, "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1": 20,
    "OCRA-1:HOTP-SHA256-8:QN08-PSHA1": 32,
}  # fmt: skip
PIN = "4711"


def card() -> Case:
    cases = [_good(suite, size, asked) for suite, size in SUITES.items() for asked in (0, 1, 999_999)]
    return {
        "says": "`number` is the one asked after `asked` others, `answer` what the card shows at press `counter`; "
        "`bad` are answers to the same number that are worth nothing. `unfit` are suites that are not taken.",
        "good": cases,
        "bad": [_bad(cases[0], says, **changed) for says, changed in _WRONG],
        "unfit": [
            {"says": "another hash of the PIN", "suite": "OCRA-1:HOTP-SHA256-8:QN08-PSHA256", "why": "suite"},
            {"says": "with time", "suite": "OCRA-1:HOTP-SHA256-8:QN08-T1M", "why": "suite"},
            {"says": "with session", "suite": "OCRA-1:HOTP-SHA256-8:QN08-S064", "why": "suite"},
            {"says": "four digits", "suite": "OCRA-1:HOTP-SHA256-4:QN08", "why": "suite"},
            {"says": "no shortening", "suite": "OCRA-1:HOTP-SHA256-0:QN08", "why": "suite"},
            {"says": "letters", "suite": "OCRA-1:HOTP-SHA256-8:QA08", "why": "suite"},
            {"says": "no suite", "suite": "", "why": "suite"},
            {"says": "SHA-1", "suite": "OCRA-1:HOTP-SHA1-8:QN08", "why": "legacy"},
            {"says": "six digits", "suite": "OCRA-1:HOTP-SHA256-6:QN08", "why": "legacy"},
        ],
    }


_WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("of the number before", {"asked": 1}),
    ("of another card", {"name": "another"}),
    ("of another suite", {"suite": "OCRA-1:HOTP-SHA256-8:QN06"}),
)


def _good(suite: str, size: int, asked: int) -> Case:
    key = fixed(f"card {suite}", size)
    counter = 7 if ":C-" in suite else 0
    number = _number(key, asked)
    return {
        "says": f"{suite} after {asked}", "suite": suite, "key": key.hex(), "pin": PIN if "-P" in suite else "",
        "asked": asked, "counter": counter, "number": number, "answer": _answer(suite, key, number, counter),
    }  # fmt: skip


def _bad(good: Case, says: str, asked: int = 0, name: str = "", suite: str = "") -> Case:
    key = fixed(name, 32) if name else bytes.fromhex(good["key"])
    wrong = _answer(suite or good["suite"], key, _number(bytes.fromhex(good["key"]), asked), 0)
    assert wrong != good["answer"]
    return {**good, "says": says, "answer": wrong}


def _number(key: bytes, count: int) -> str:
    """A Feistel network of eight rounds over pairs of three digits."""
    rounds = hkdf(key, b"", b"twolatch/v1/numbers/6\0", 32)
    left, right = divmod(count, 1000)
    for turn in range(8):
        mixed = hmac.new(rounds, bytes([turn]) + right.to_bytes(8, "big"), sha256).digest()
        left, right = right, (left + int.from_bytes(mixed[:8], "big")) % 1000
    return f"{left:03d}{right:03d}"


def _answer(suite: str, key: bytes, number: str, counter: int) -> str:
    """Suite, a zero byte, counter, the question in hexadecimal filled up behind to 128 bytes, the hash of the PIN."""
    name, digits = suite.split(":")[1].split("-")[1:]
    text = suite.encode() + b"\0"
    if ":C-" in suite:
        text += counter.to_bytes(8, "big")
    text += bytes.fromhex(f"{int(number):X}".ljust(256, "0"))
    if "-PSHA1" in suite:
        text += sha1(PIN.encode()).digest()  # noqa: S324 the specification's own
    digest = hmac.new(key, text, name.lower()).digest()
    at = digest[-1] & 15
    value = (int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF) % 10 ** int(digits)
    return str(value).zfill(int(digits))
