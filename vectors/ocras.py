"""Test data of ocra.json: RFC 6287, appendix C, as printed there, and the phone's codes without network."""

import hmac
from hashlib import sha1
from typing import Any

from formulas import Case, fixed, hkdf

KEYS = {size: (b"1234567890" * 7)[:size] for size in (20, 32, 64)}
PIN = sha1(b"1234").hexdigest()  # noqa: S324 the specification's own
TIME = 0x132D0B6
SAME = [str(digit) * 8 for digit in range(10)]
CLIENT, SERVER = [f"CLI2222{n}" for n in range(5)], [f"SRV1111{n}" for n in range(5)]
SIG8, SIG10 = [f"SIG1{n}000" for n in range(5)], [f"SIG1{n}00000" for n in range(5)]

# suite, length of the key, questions, second questions, whether with PIN, counters or none, time or none, answers
# fmt: off
RFC: list[tuple[str, int, list[str], list[str], bool, Any, Any, str]] = [
    ("OCRA-1:HOTP-SHA1-6:QN08", 20, SAME, [], False, None, None,
     "237653 243178 653583 740991 608993 388898 816933 224598 750600 294470"),
    ("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", 32, ["12345678"] * 10, [], True, range(10), None,
     "65347737 86775851 78192410 71565254 10104329 65983500 70069104 91771096 75011558 08522129"),
    ("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", 32, SAME[:5], [], True, None, None,
     "83238735 01501458 17957585 86776967 86807031"),
    ("OCRA-1:HOTP-SHA512-8:C-QN08", 64, SAME, [], False, range(10), None,
     "07016083 63947962 70123924 25341727 33203315 34205738 44343969 51946085 20403879 31409299"),
    ("OCRA-1:HOTP-SHA512-8:QN08-T1M", 64, SAME[:5], [], False, None, TIME,
     "95209754 55907591 22048402 24218844 36209546"),
    ("OCRA-1:HOTP-SHA256-8:QA08", 32, CLIENT, SERVER, False, None, None,
     "28247970 01984843 65387857 03351211 83412541"),
    ("OCRA-1:HOTP-SHA256-8:QA08", 32, SERVER, CLIENT, False, None, None,
     "15510767 90175646 33777207 95285278 28934924"),
    ("OCRA-1:HOTP-SHA512-8:QA08", 64, CLIENT, SERVER, False, None, None,
     "79496648 76831980 12250499 90856481 12761449"),
    ("OCRA-1:HOTP-SHA512-8:QA08-PSHA1", 64, SERVER, CLIENT, True, None, None,
     "18806276 70020315 01600026 18951020 32528969"),
    ("OCRA-1:HOTP-SHA256-8:QA08", 32, SIG8, [], False, None, None,
     "53095496 04110475 31331128 76028668 46554205"),
    ("OCRA-1:HOTP-SHA512-8:QA10-T1M", 64, SIG10, [], False, None, TIME,
     "77537423 31970405 10235557 95213541 65360607"),
]
NO_SUITES = [
    "", "OCRA-1:HOTP-SHA256-8:QN06 ", "OCRA-1:HOTP-SHA256-8:QN06\n", "OCRA-2:HOTP-SHA256-8:QN06",
    "OCRA-1:HOTP-MD5-8:QN06", "OCRA-1:HOTP-SHA256-3:QN06", "OCRA-1:HOTP-SHA256-11:QN06", "OCRA-1:HOTP-SHA256-8:QN03",
    "OCRA-1:HOTP-SHA256-8:QN65", "OCRA-1:HOTP-SHA256-8:QX08", "OCRA-1:HOTP-SHA256-8:",
    "OCRA-1:HOTP-SHA256-8:QN08-C", "OCRA-1:HOTP-SHA256-8:QN08-S513",
    "OCRA-1:HOTP-SHA256-8:QN08-T60S", "OCRA-1:HOTP-SHA256-8:QN08-T49H", "OCRA-1:HOTP-SHA256-8:QN08-T0M",
    "ocra-1:hotp-sha256-8:qn08", "OCRA-1:HOTP-SHA256-8:QN\u0660\u0668",
]
# fmt: on
NUMBERS = ["000000", "402917", "000042", "99999999"]
NO_QUESTIONS = [
    ("OCRA-1:HOTP-SHA256-8:QN06", "", "no question"),
    ("OCRA-1:HOTP-SHA256-8:QN06", "1234567", "longer than the suite says"),
    ("OCRA-1:HOTP-SHA256-8:QN06", "12 456", "a space"),
    ("OCRA-1:HOTP-SHA256-8:QN06", "12345a", "a letter among digits"),
    ("OCRA-1:HOTP-SHA256-8:QN06", "\u0661\u0662\u0663\u0664\u0665\u0666", "digits of another script"),
    ("OCRA-1:HOTP-SHA256-8:QH08", "12g4", "no hexadecimal digit"),
    ("OCRA-1:HOTP-SHA256-8:QA08", "caf\u00e9", "a letter beyond ASCII"),
]


def ocra() -> Case:
    return {
        "says": "RFC 6287, appendix C; `time` in steps. `offline` is the phone without network: `secret` is S'.",
        "good": [case for row in RFC for case in _cases(*row)],
        "offline": [_offline(f"secret {n}", number) for n, number in enumerate(NUMBERS)],
        "bad": [{"says": f"no suite: {text!r}", "suite": text, "question": "1234"} for text in NO_SUITES]
        + [{"says": says, "suite": suite, "question": question} for suite, question, says in NO_QUESTIONS],
    }


def _cases(
    suite: str,
    size: int,
    questions: list[str],
    seconds: list[str],
    has_pin: bool,
    counters: Any,
    time: Any,
    answers: str,
) -> list[Case]:
    none = [None] * len(questions)
    return [
        {
            "says": f"{suite} {question}{second} {'' if counter is None else counter}".strip(),
            "suite": suite,
            "key": KEYS[size].hex(),
            "question": question,
            "second": second,
            "counter": counter or 0,
            "pin_hash": PIN if has_pin else "",
            "time": time or 0,
            "response": answer,
        }
        for question, second, counter, answer in zip(
            questions, seconds or [""] * len(questions), counters or none, answers.split(), strict=True
        )
    ]


def _offline(name: str, number: str) -> Case:
    """The formula of the page, written out: nothing of the general algorithm is used."""
    secret = fixed(name, 32)
    suite = f"OCRA-1:HOTP-SHA256-8:QN0{len(number)}"
    question = bytes.fromhex(f"{int(number):X}".ljust(256, "0"))
    digest = hmac.digest(hkdf(secret, b"", b"twolatch/v1/ocra\0", 32), suite.encode() + b"\0" + question, "sha256")
    at = digest[31] & 15
    value = (int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF) % 100_000_000
    return {"says": f"{suite} {number}", "secret": secret.hex(), "number": number, "response": f"{value:08d}"}
