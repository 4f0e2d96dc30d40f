"""Test data of typed kinds: the RFCs' own numbers, and codes made from the description."""

import hashlib
import hmac

from formulas import Case

# RFC 4226, appendix D: counters 0 to 9 under this key
_KEY = b"12345678901234567890"
_HOTP = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")
# RFC 6238, appendix B: seconds, then eight digits by SHA-1, SHA-256, SHA-512 (keys of 20, 32, 64 bytes)
_TOTP = (
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
)
_CODES = ("0000000000000000", "ffffffffffffffff", "8000000000000001", "0123456789abcdef")
_CARD_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def totp() -> Case:
    hashes = (("sha1", 20), ("sha256", 32), ("sha512", 64))
    long_key = b"1234567890" * 7
    times = [
        {"says": f"{name} at {row[0]} s", "key": long_key[:size].hex(), "hash": name, "seconds": row[0], "digits": code}
        for row in _TOTP
        for (name, size), code in zip(hashes, row[1:], strict=True)
    ]
    step = 1111111109 // 30
    at = 1111111109_000
    key = _KEY.hex()
    return {
        "says": "RFC 4226 appendix D (`hotp`), RFC 6238 appendix B (`good`, eight digits). `bad`: six digits at a time "
        "in ms, after the step `used`; what a code of the window is worth is in `window`.",
        "hotp": [
            {"says": f"counter {n}", "key": key, "counter": n, "digits": code} for n, code in enumerate(_HOTP)
        ],
        "good": times,
        "window": [
            {"says": "the step now", "key": key, "now": at, "used": -1, "code": "081804", "step": step},
            {"says": "one step later", "key": key, "now": at + 30_000, "used": -1, "code": "081804", "step": step},
            {"says": "one step early", "key": key, "now": at - 30_000, "used": -1, "code": "081804", "step": step},
            {"says": "after an older one", "key": key, "now": at, "used": step - 1, "code": "081804", "step": step},
        ],
        "bad": [
            {"says": "used before", "key": key, "now": at, "used": step, "code": "081804"},
            {"says": "a later one was used", "key": key, "now": at, "used": step + 1, "code": "081804"},
            {"says": "two steps late", "key": key, "now": at + 60_000, "used": -1, "code": "081804"},
            {"says": "two steps early", "key": key, "now": at - 60_000, "used": -1, "code": "081804"},
            {"says": "eight digits", "key": key, "now": at, "used": -1, "code": "07081804"},
            {"says": "nothing", "key": key, "now": at, "used": -1, "code": ""},
            {"says": "digits of another script", "key": key, "now": at, "used": -1,
             "code": "".join(chr(0x660 + int(digit)) for digit in "081804")},
        ],
    }  # fmt: skip


def codecard() -> Case:
    secret = bytes(range(32))
    places = (1, 2, 17, 142, 223, 224)
    first = _cell(secret, 17, 3) + _cell(secret, 142, 3)
    return {
        "says": "A cell is HMAC-SHA256 under the card's secret of `twolatch/v1/codecard/cell`, a zero byte and the "
        "place (from 0, two bytes), as a number, written in base 30 from its last sign on. `good`: places from 1. "
        "`same`: what is taken for places 17 and 142. `bad`: what is not.",
        "number": _card_number(secret),
        "secret": secret.hex(),
        "good": [
            {"says": f"{signs} at {place}", "place": place, "signs": signs, "cell": _cell(secret, place, signs)}
            for signs in (3, 6)
            for place in places
        ],
        "same": [
            {"says": "as printed", "text": first}, {"says": "lower case", "text": first.lower()},
            {"says": "a space between", "text": f"{first[:3]} {first[3:]}"},
            {"says": "a hyphen between", "text": f"{first[:3]}-{first[3:]}"},
        ],
        "bad": [
            {"says": "the other way round", "text": first[3:] + first[:3]}, {"says": "one cell", "text": first[:3]},
            {"says": "one sign more", "text": first + "2"}, {"says": "nothing", "text": ""},
            {"says": "letters of another script", "text": "\u0391" + first[1:]},
        ],
    }  # fmt: skip


def _cell(secret: bytes, place: int, signs: int) -> str:
    text = b"twolatch/v1/codecard/cell\0" + (place - 1).to_bytes(2, "big")
    number = int.from_bytes(hmac.new(secret, text, "sha256").digest(), "big")
    return "".join(_CARD_SIGNS[number // 30**at % 30] for at in range(signs))


def _card_number(secret: bytes) -> str:
    number = int.from_bytes(hmac.new(secret, b"twolatch/v1/codecard/number\0", "sha256").digest(), "big")
    digits = f"{number % 10**8:08d}"
    return f"{digits[:4]} {digits[4:]}"


def recovery() -> Case:
    salt = bytes(range(16))
    return {
        "says": "Eight bytes written as 13 signs of Crockford's base 32 (the first is 0 to F), and PBKDF2-HMAC-SHA256 "
        "of those signs: 10000 rounds, 32 bytes. `same`: other spellings of the first of `good`. `bad`: none of it.",
        "good": [
            {"says": bits, "bits": bits, "salt": salt.hex(), "code": code, "hash": _hash(code, salt)}
            for bits, code in ((bits, _written(bits)) for bits in _CODES)
        ],
        "same": [
            {"says": "lower case", "text": "0000-0000-00000"}, {"says": "O for 0", "text": "OOOO-oooo-0000O"},
            {"says": "spaces", "text": " 0000 0000 00000 "}, {"says": "no hyphens", "text": "0000000000000"},
        ],
        "bad": [
            {"says": "too short", "text": "0000-0000-0000"}, {"says": "too long", "text": "0000-0000-000000"},
            {"says": "another", "text": "0000-0000-00001"}, {"says": "nothing", "text": ""},
            {"says": "digits of another script", "text": "\u0660" * 13},
        ],
    }  # fmt: skip


def _written(bits: str) -> str:
    number = f"{int(bits, 16):065b}"
    signs = "".join(_SIGNS[int(number[at : at + 5], 2)] for at in range(0, 65, 5))
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


def _hash(code: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", code.replace("-", "").encode(), salt, 10_000, 32).hex()


def tempcode() -> Case:
    salt = bytes(range(16))
    cases = [(bits, _spoken(bits)) for bits in ("00000000000000", "03ffffffffffff", "fc000000000001", "0123456789abcd")]
    return {
        "says": "The lowest 50 of seven bytes' bits, five to a sign from the last one on, in Crockford's base 32, and "
        "PBKDF2-HMAC-SHA256 of those signs: 10000 rounds, 32 bytes. `same`: other spellings of the first of `good`.",
        "good": [
            {"says": bits, "bits": bits, "salt": salt.hex(), "code": code, "hash": _hash(code, salt)}
            for bits, code in cases
        ],
        "same": [
            {"says": "O for 0", "text": "OOOOO-ooooo"}, {"says": "spaces", "text": "00000 00000"},
            {"says": "no hyphen", "text": "0000000000"},
        ],
        "bad": [
            {"says": "too short", "text": "00000-0000"}, {"says": "too long", "text": "00000-000000"},
            {"says": "another", "text": "00000-00001"}, {"says": "nothing", "text": ""},
        ],
    }  # fmt: skip


def _spoken(bits: str) -> str:
    number = int(bits, 16)
    signs = "".join(_SIGNS[number // 32**at % 32] for at in range(10))
    return f"{signs[:5]}-{signs[5:]}"
