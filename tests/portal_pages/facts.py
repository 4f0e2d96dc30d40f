"""Facts of the samples: people, phones, cards and questions that pages show."""

from types import SimpleNamespace as Given
from typing import Any

from twolatch.activation.model import Device
from twolatch.faces.portal.rendering import qr_picture
from twolatch.faces.prompts import set_up_shown, shown
from twolatch.sessions.model import Session
from twolatch.words.shapes import (
    AnswerChallenge,
    ApproveOnPhone,
    BrowserCeremony,
    KeepCard,
    KeepCodes,
    MakeHere,
    ScanSecret,
    TypeCells,
    TypeCode,
)

NOW = 1_795_361_541_000  # 22 November 2026, 15:32:21 UTC
MINUTE, DAY = 60_000, 86_400_000

ID = "01k9x2q7d3m8v5n4t6b1c0e9fr"
OTHER = "01k9x2q7d3m8v5n4t6b1c0e9fq"
COUNTRIES = [("JP", "Japan"), ("NL", "Nederland"), ("US", "Verenigde Staten")]
LINK = "https://phone.example.com/a#1.01k9x2q7d3m8v5n4t6b1c0e9fr.q83vEjRWeJCrze8SNFZ4kA.3q2-7wAREiM0RVZneImavA"


def refusal(code: str, retry_after: int | None = None) -> Given:
    return Given(code=code, retry_after=retry_after)


CODE = Given(qr=qr_picture(LINK), session_id="7K3M-Q9XD-2WPB", expires=NOW + 272_000)
BEGIN = Given(code=None, claimed=False, met="")
PAGE_KEY = "q83vEjRWeJCrze8SNFZ4kA"
SCAN = {"base": "https://phone.example.com", "challenge": ID, "picture": ""}
WAITING = shown(ApproveOnPhone("Anna’s Pixel 8", "", NOW + 171_000, True, PAGE_KEY))
DIGITS = shown(ApproveOnPhone("Anna’s Pixel 8", "402917", NOW + 171_000))
CARD = shown(AnswerChallenge("Challenge card 00017", "402917", 8, NOW + 171_000, on_keypad=True))
SOFT = Given(serial="SOFT-00017", made="{}")
SENT = Given(serial="SOFT-00017", sent=NOW - 3 * DAY, by=NOW + 11 * DAY)
POSTED = Given(number="4821 7730", made=NOW - 3 * DAY)
NUMBER = shown(AnswerChallenge("Anna’s Pixel 8", "402917", 8, NOW + 171_000))
KEYPAD_NUMBER = shown(AnswerChallenge("Challenge card SOFT-00017", "402917", 8, NOW + 291_000, on_keypad=True))
SIX = shown(TypeCode("Authenticator app", "", NOW + 171_000, 6))
PAPER = shown(TypeCode("Anna’s list", "017", NOW + 171_000))
CELLS = shown(TypeCells("Anna’s card", "4821 7730", ("17", "142"), 3, NOW + 171_000))
ASKED = shown(BrowserCeremony("Passkey, Chrome on Windows", "get", '{"challenge": "q83v"}', NOW + 171_000))
MAKE = set_up_shown(MakeHere('{"challenge": "q83v"}'))
PHONE = Device("android", "Pixel 8", "Chrome 140", "192.0.2.7", True)
FOREIGN = Device("other", "", "", "2001:db8:85a3:0:0:8a2e:370:7334", False)
HERE = Session(ID, "password", "Firefox on Linux", "192.0.2.7", NOW - 12 * MINUTE, NOW, True, "")
ELSEWHERE = Session(
    OTHER, "phone", "Safari on iPhone", "2001:db8:85a3::8a2e:370:7334", NOW - 2 * DAY, NOW - 47 * MINUTE, False, ""
)
NAMELESS = Session(OTHER, "password", "", "198.51.100.23", NOW - DAY, NOW - 2 * MINUTE, False, "")
IN_THE_APP = Session(OTHER, "phone", "Chrome on Android", "192.0.2.8", NOW - 60 * MINUTE, NOW - MINUTE, False, ID)
STRONG: dict[str, Any] = {
    "strength": "strong", "why": "strong.why", "lets": ["login", "settings", "move"], "left": None, "may_return": False,
    "may_test": False, "is_paper": False, "is_legacy": False, "is_shared": False, "is_posted": False, "is_guest": False,
}  # fmt: skip
GOOD = {**STRONG, "strength": "good", "why": "good.why", "lets": ["login", "settings"]}
SPARE = {**STRONG, "strength": "spare", "why": "spare.why", "lets": ["login", "rescue"], "left": 7}
PIXEL = Given(
    **{**STRONG, "may_test": True}, id=ID, kind="phone", icon="phone", may_move=True,
    label="Anna’s Pixel 8", state="active",
    added=NOW - 90 * DAY, last_used=NOW - 3 * MINUTE,
    number="", ends=0, is_over=False,
)  # fmt: skip
TABLET = Given(
    **STRONG, id=OTHER, kind="phone", icon="phone", may_move=True,
    label="Tablet 2019 Küche, ganz hinten in der Schublade", state="suspended", added=NOW - 400 * DAY, last_used=None,
    number="", ends=0, is_over=False,
)  # fmt: skip
APP = Given(
    **GOOD, id=OTHER, kind="totp", icon="dial", may_move=False, label="Authenticator app", state="active",
    added=NOW - DAY, last_used=None,
    number="", ends=0, is_over=False,
)  # fmt: skip
KEYPAD = Given(
    **{**STRONG, "why": "strong.blind", "is_posted": True}, id=OTHER, kind="card", icon="card", may_move=False,
    label="Challenge card SOFT-00017", state="active",
    added=NOW - DAY, last_used=None, number="", ends=0, is_over=False,
)  # fmt: skip
SHARED = Given(**{**vars(KEYPAD), "is_shared": True})
KEY = Given(
    **{**STRONG, "why": "strong.touched"}, id=OTHER, kind="passkey", icon="key", may_move=False,
    label="Passkey, Chrome on Windows", state="active",
    number="", ends=0, is_over=False,
    added=NOW - DAY, last_used=NOW - MINUTE,
)  # fmt: skip
LIST = Given(
    **SPARE, id=OTHER, kind="recovery", icon="list", may_move=False, label="Recovery codes", state="locked",
    added=NOW - DAY, last_used=NOW - MINUTE,
    number="", ends=0, is_over=False,
)  # fmt: skip
SPARES = Given(**{**vars(LIST), "state": "active"})
WAYS = (
    Given(id=ID, kind="phone", icon="phone", how="approve", name="Anna’s Pixel 8", why="", is_asked=True, left=None),
    Given(id=OTHER, kind="totp", icon="dial", how="type", name="Authenticator app", why="", is_asked=False, left=None),
    Given(id=OTHER, kind="recovery", icon="list", how="type", name="Recovery codes", why="", is_asked=False, left=3),
    Given(id=OTHER, kind="phone", icon="phone", how="approve", name="Tablet", why="suspended", is_asked=False,
          left=None),
)
PRINTED = Given(
    **{**SPARE, "left": None, "is_paper": True}, id=OTHER, kind="codecard", icon="list", may_move=False,
    label="Code card", state="active",
    added=NOW - 20 * DAY, last_used=NOW - DAY, number="4821 7730", ends=NOW + DAY, is_over=False,
)  # fmt: skip
LEGACY = Given(**{
    **vars(PRINTED), "kind": "printedcard", "label": "Printed code card", "ends": 0, "is_legacy": True,
    "strength": "good",
})  # fmt: skip
KINDS = [{"name": name, "icon": icon} for name, icon in (("totp", "dial"), ("codecard", "list"), ("recovery", "list"))]
SECRET = ScanSecret(
    "otpauth://totp/Twolatch:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Twolatch&algorithm=SHA1&digits=6&period=30",
    "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
)
CODES = KeepCodes(tuple(f"{n}K3M-Q9XD-2WPB{n}" for n in range(10)))
PRINTS = KeepCard(
    "4821 7730", tuple(f"{'ABCDEFGH'[at // 28]}{2 + at % 8}{'JKMNPQRSTVWXYZ'[at % 14]}" for at in range(224))
)
MOVE = f"/security/authenticators/{ID}/move"
