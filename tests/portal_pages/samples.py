"""Every page of the portal in every state, with the contexts that the heads of the templates describe."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace as Given
from typing import Any

from tests.portal_pages.facts import (
    APP,
    ASKED,
    BEGIN,
    CARD,
    CELLS,
    CODE,
    CODES,
    COUNTRIES,
    DAY,
    DIGITS,
    ELSEWHERE,
    FOREIGN,
    HERE,
    ID,
    IN_THE_APP,
    KEY,
    KEYPAD,
    KEYPAD_NUMBER,
    KINDS,
    LEGACY,
    MAKE,
    MOVE,
    NAMELESS,
    NOW,
    NUMBER,
    OTHER,
    PAPER,
    PHONE,
    PIXEL,
    POSTED,
    PRINTED,
    PRINTS,
    SCAN,
    SECRET,
    SENT,
    SHARED,
    SIX,
    SOFT,
    SPARES,
    TABLET,
    WAITING,
    WAYS,
    refusal,
)
from tests.portal_pages.plastic import PLASTIC
from tests.portal_pages.samples_beside import beside
from twolatch.faces.portal.contact_pages import region_shown
from twolatch.faces.portal.rendering import Frame, Renderer
from twolatch.faces.prompts import set_up_shown
from twolatch.regions import shipped
from twolatch.texts.catalogue import Texts
from twolatch.words.shapes import (
    AnswerNumber,
)

Sample = tuple[str, str, bool, dict[str, Any]]  # template, place, signed in?, context


def _home(**changes: Any) -> dict[str, Any]:
    entry = {"banner": None, "can_activate": True, "needs_desk": False, "card": None, "printed": None}
    empty = {"phones": [], "ending": [], "running_out": None, "accounts": 0, "keys_only": False}
    return {**entry, **empty, "session": HERE, "others": 0, "done": None, "speaking": [], **changes}


def _bridging(**changes: Any) -> dict[str, Any]:
    return {"ends": NOW + 8 * DAY, "ready": [], "cards": ["codecard"], "can_activate": True, "card": None, **changes}


def _security(**changes: Any) -> dict[str, Any]:
    entry = {"banner": None, "can_activate": True, "needs_desk": False, "card": None, "printed": None}
    empty = {"refused": None, "refused_id": "", "done": None, "authenticators": [], "sessions": [HERE], "kinds": KINDS}
    empty["standing"] = "single"
    empty["keys_only"] = None
    empty |= {"may_share": False, "has_phone": True}
    return {**entry, **empty, **changes}


def _share(**changes: Any) -> dict[str, Any]:
    return {"prompt": None, "ask": "", "name": "", "refused": None, "tries_left": None, **changes}


def _add(kind: str, icon: str, refused: Given | None = None) -> dict[str, Any]:
    return {"kind": kind, "icon": icon, "refused": refused}


def _set_up(kind: str, icon: str, shown: dict[str, Any], **more: Any) -> dict[str, Any]:
    there = {"one": ID, "kind": kind, "icon": icon, "expires": NOW + 800_000, "user_name": "anna"}
    return {**there, "shown": shown, "asks": PAPER, "ends": 0, "refused": None, "tries_left": None, **more}


def _activate(stage: str, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "refused": None, "met": "", "moving": "", "renew": "/activate/begin", **more}


def _lost(stage: str, **more: Any) -> dict[str, Any]:
    return {"stage": stage, "name": "", "label": "", "days": 7, "refused": None, "choices": [], **more}


def _step_up(way: str, **more: Any) -> dict[str, Any]:
    here = f"/step-up?to=remove&id={ID}"
    empty = {"refused": None, "prompt": None, "number": None, "scan": None, "tries_left": None, "ways": WAYS}
    return {"way": way, "reason": "remove", "here": here, "begin": here, "ask": OTHER, **empty, **more}


def _problem(status: int, code: str, retry_after: int | None = None) -> dict[str, Any]:
    named = {"request_id": "4bf92f3577b34da6a3ce929d0e0e4736", "again": "/login" if status == 503 else ""}
    return {"status": status, "code": code, "retry_after": retry_after, **named}


def _password(**changes: Any) -> dict[str, Any]:
    return {"forced": False, "least": 8, "most": 256, "refused": None, "name": "anna", **changes}


def _keys_only(**changes: Any) -> dict[str, Any]:
    return {"is_on": False, "many": 1, "needs_key": False, "refused": None, **changes}


def _second(
    prompt: dict[str, Any] | None,
    refused: Given | None = None,
    number: dict[str, Any] | None = None,
    ways: Sequence[Given] = (),
) -> dict[str, Any]:
    return {"prompt": prompt, "state": prompt and ID, "refused": refused, "number": number, "scan": prompt and SCAN,
            "tries_left": 2 if refused else None, "ways": ways}  # fmt: skip


PAPERS = [
    Given(id=ID, kind="statement", period="2026-10", size=48_200),
    Given(id=OTHER, kind="statement", period="2026-Q3", size=1_204_000),
    Given(id=OTHER, kind="tax_form", period="2025", size=120),
]
ACCOUNT = Given(
    id=ID, number="A1002003", label="Savings", state="open", is_holder=True, papers=PAPERS,
    closed_at=0, read_until=0, asked_at=0, cancel_until=0,
)
JOINT = Given(
    id=OTHER, number="JOINT-7", label="", state="open", is_holder=False, papers=[], closed_at=0, read_until=0,
    asked_at=0, cancel_until=0,
)
CLOSE_ASKED = Given(**{**vars(ACCOUNT), "state": "asked", "asked_at": NOW - DAY // 2, "cancel_until": NOW + DAY // 2})
WAITS = Given(**{**vars(CLOSE_ASKED), "state": "waiting", "asked_at": NOW - 3 * DAY, "cancel_until": NOW - 2 * DAY})
GONE = Given(**{**vars(WAITS), "state": "closed", "closed_at": NOW - DAY, "read_until": NOW + 2555 * DAY})
OWED = (
    Given(id=ID, name="730017742", duty="send_back", settled="", settled_at=0, is_mine=True),
    Given(id=OTHER, name="Code card", duty="shred", settled="", settled_at=0, is_mine=True),
)
SETTLED = tuple(
    Given(**{**vars(card), "settled": how, "settled_at": NOW - DAY})
    for card, how in zip(OWED, ("returned", "shredded"), strict=True)
)


def _close(**changes: Any) -> dict[str, Any]:
    base = {"account": ACCOUNT, "others": [JOINT], "is_last": False, "cards": OWED, "may_type": True, "refused": None}
    return {**base, "years": 7, "access": "password", "hours": 24, "settled_hours": 24, **changes}


def _closing(account: Given, **changes: Any) -> dict[str, Any]:
    empty = {"into": "", "cards": (), "lacks_key": False, "may_cancel": False, "lost_costs": 2000, "currency": "USD"}
    return {"account": account, "refused": None, "done": None, **empty, **changes}


def _trial(stage: str, at: str = "", **more: Any) -> dict[str, Any]:
    rungs = [Given(name="push", result="ok"), Given(name="scan", result="no"), Given(name="code", result="")]
    here = "/security/test?at=push"
    empty = {"prompt": None, "number": None, "scan": None, "tries_left": None, "refused": None, "next": "scan"}
    facts = {"stage": stage, "why": "", "at": at, "ask": ID, "here": here, "anew": "/security/test", "rungs": rungs}
    return {**facts, "phone": "Pixel 8", "is_woken": True, "is_quiet": False, **empty, **more}

def _contact(country: str) -> dict[str, Any]:
    regions = shipped().beginning_with(shipped().of_country(country))
    where = {"country": country, "countries": COUNTRIES, "mine": regions[0].id if country else ""}
    return {"regions": [region_shown(Texts(), "nl", one) for one in regions], "all_samples": bool(country), **where}


def _help_return(country: str, access: str) -> dict[str, Any]:
    region = region_shown(Texts(), "nl", replace(shipped().of_country(country), is_sample=False))
    where = {"country": country, "countries": COUNTRIES}
    return {"regions": [region], "all_samples": False, "access": access, **where}


SPEAKING = {
    "called": "Sanne", "number": 11, "code": "K7M-2QP", "channel": "phoned_in", "since": NOW - 240_000, "is_mine": True,
}  # fmt: skip
LINES = [
    {"at": NOW - 60_000, "key": "diary.desk.case.opened", "phone": "", "agent": "Sanne (11)", "address": ""},
    {
        "at": NOW - 3_600_000, "key": "diary.login.session.started", "phone": "Pixel 8", "agent": "Firefox on Linux",
        "address": "192.0.2.7",
    },
]  # fmt: skip


def _support(**more: Any) -> dict[str, Any]:
    return {"found": None, "mine": [], "is_in": False, "refused": None, **more}


SAMPLES: dict[str, Sample] = {
    "accounts": ("accounts", "accounts", True, {"accounts": [ACCOUNT, JOINT], "done": None}),
    "accounts-closing": (
        "accounts", "accounts", True, {"accounts": [CLOSE_ASKED, WAITS, GONE], "done": "closing_cancelled"},
    ),
    "close": ("close", "close", True, _close()),
    "close-last": ("close", "close", True, _close(others=[], is_last=True, cards=())),
    "close-last-mail": ("close", "close", True, _close(others=[], is_last=True, cards=(), access="mail_link")),
    "close-last-key": (
        "close", "close", True,
        _close(is_last=True, cards=(), access="passkey", may_type=False, refused=refusal("closing.needs_key")),
    ),
    "close-number": ("close", "close", True, _close(refused=refusal("closing.number"))),
    "close-not": ("close", "close", True, _close(refused=refusal("closing.needs_second"), may_type=False, cards=())),
    "closing-open": ("closing", "closing", True, _closing(ACCOUNT)),
    "closing-asked": ("closing", "closing", True, _closing(CLOSE_ASKED, may_cancel=True, cards=OWED, into="B2001")),
    "closing-waiting": ("closing", "closing", True, _closing(WAITS, cards=OWED)),
    "closing-key": ("closing", "closing", True, _closing(WAITS, cards=SETTLED, lacks_key=True)),
    "closing-late": ("closing", "closing", True, _closing(WAITS, cards=SETTLED, refused=refusal("closing.too_late"))),
    "closing-closed": ("closing", "closing", True, _closing(GONE, cards=SETTLED)),
    "closed": ("closed", "closed", True, {"accounts": [GONE], "read_until": NOW + 2555 * DAY}),
    "reading-sent": ("reading_link", "second", False, {"stage": "sent", "token": "", "refused": None}),
    "reading-ask": ("reading_link", "reading_link", False, {"stage": "ask", "token": "t", "refused": None}),
    "reading-over": (
        "reading_link", "reading_link", False,
        {"stage": "over", "token": "t", "refused": refusal("reading.link_over")},
    ),
    "over-reading": ("over", "login", False, {"code": "reading.over", "retry_after": None}),
    "accounts-none": ("accounts", "accounts", True, {"accounts": [], "done": None}),
    "login": ("login", "login", False, {"refused": None, "name": "", "ended": False}),
    "login-ended": ("login", "login", False, {"refused": None, "name": "", "ended": True}),
    "login-wrong": ("login", "login", False, {"refused": refusal("login.wrong"), "name": "anna", "ended": False}),
    "login-wait": ("login", "login", False, {"refused": refusal("login.wait", 120), "name": "anna", "ended": False}),
    "second": ("second", "second", False, _second(WAITING)),
    "second-digits": ("second", "second", False, _second(DIGITS)),
    "second-again": ("second", "second", False, _second(DIGITS, refusal("limit.challenges", 90))),
    "second-number": ("second", "second", False, _second(WAITING, None, NUMBER)),
    "second-number-wrong": ("second", "second", False, _second(WAITING, refusal("typed.wrong"), NUMBER)),
    "second-answer": ("second", "second", False, _second(CARD)),
    "second-code": ("second", "second", False, _second(PAPER)),
    "second-code-wrong": ("second", "second", False, _second(PAPER, refusal("typed.wrong"))),
    "second-ways": ("second", "second", False, _second(DIGITS, ways=WAYS)),
    "second-code-ways": ("second", "second", False, _second(SIX, ways=WAYS)),
    "second-cells": ("second", "second", False, _second(CELLS)),
    "second-cells-wrong": ("second", "second", False, _second(CELLS, refusal("typed.wrong"))),
    "second-key": ("second", "second", False, _second(ASKED)),
    "second-key-wrong": ("second", "second", False, _second(ASKED, refusal("ceremony.wrong"))),
    "second-approved": ("second", "second", False, _second(None)),
    "over-denied": ("over", "login", False, {"code": "login.denied", "retry_after": None}),
    "over-run-out": ("over", "login", False, {"code": "login.run_out", "retry_after": None}),
    "over-not-me": ("over", "login", False, {"code": "login.not_me", "retry_after": None}),
    "home-banner": ("home", "home", True, _home(banner=Given(code=CODE, claimed=False, met=""))),
    "home-banner-begin": ("home", "home", True, _home(banner=BEGIN, done="activation_cancelled")),
    "home-banner-claimed": ("home", "home", True, _home(banner=Given(code=None, claimed=True, met=""))),
    "home-dismissed": ("home", "home", True, _home(others=1)),
    "home-speaking": ("home", "home", True, _home(speaking=[SPEAKING])),
    "home-needs-desk": ("home", "home", True, _home(needs_desk=True, can_activate=False)),
    "home-keys-only": ("home", "home", True, _home(phones=["Passkey"], can_activate=False, keys_only=True)),
    "home-protected": ("home", "home", True, _home(phones=["Anna’s Pixel 8"], can_activate=False, others=2)),
    "home-ending": (
        "home", "home", True,
        _home(phones=["Code card"], ending=[{"label": "Code card", "ends": NOW + DAY, "narrows": 0}]),
    ),
    "home-narrowing": (
        "home", "home", True,
        _home(phones=["Temporary code"],
              ending=[{"label": "Temporary code", "ends": NOW + 11 * DAY, "narrows": NOW + DAY}]),
    ),
    "bridging": ("bridging", "bridging", True, _bridging()),
    "bridging-card": ("bridging", "bridging", True, _bridging(card={"serial": "T70A1B2C3D4"})),
    "bridging-ready": ("bridging", "bridging", True, _bridging(ready=["Code card"], cards=[], can_activate=False)),
    "bridging-over": ("bridging", "bridging", True, _bridging(ends=0, cards=[], can_activate=False)),
    "over-elsewhere": ("over", "login", False, {"code": "login.elsewhere", "retry_after": None}),
    "activate-begin": ("activate", "activate", True, _activate("begin")),
    "activate-code": ("activate", "activate", True, _activate("code", code=CODE)),
    "activate-confirm": (
        "activate", "activate", True,
        _activate("confirm", phone=PHONE, expires=NOW + 200_000, tries_left=None),
    ),
    "activate-confirm-wrong": (
        "activate", "activate", True,
        {**_activate("confirm", phone=FOREIGN, expires=NOW + 20_000, tries_left=1),
         "refused": refusal("activation.wrong_number")},
    ),
    "activate-finish": ("activate", "activate", True, _activate("finish", phone=PHONE)),
    "activate-active": ("activate", "activate", True, _activate("active", label="Pixel 8")),
    "activate-over": ("activate", "activate", True, _activate("over", why="expired")),
    "activate-over-tried": ("activate", "activate", True, _activate("over", why="burned", met="code.burned")),
    "activate-code-misnamed": ("activate", "activate", True, _activate("code", code=CODE, met="name.wrong")),
    "activate-code-tried": ("activate", "activate", True, _activate("code", code=CODE, met="phone.already_here")),
    "activate-refused": ("activate", "activate", True, _activate("refused", code_of_refusal="activation.already")),
    "over-reported": ("over", "login", False, {"code": "login.phone_reported", "retry_after": None}),
    "lost": ("lost", "lost", False, _lost("ask")),
    "lost-wrong": ("lost", "lost", False, _lost("ask", name="anna", refused=refusal("login.wrong"))),
    "lost-which": ("lost", "lost", False, _lost("which", choices=[("Pixel 8", "a.1.b"), ("Tablet", "c.1.d")])),
    "lost-done": ("lost", "lost", False, _lost("done", label="Pixel 8")),
    "lost-over": ("lost", "lost", False, _lost("over", refused=refusal("lost.nothing"))),
    "found": ("found", "found", False, {"name": "", "refused": None}),
    "found-late": ("found", "found", False, {"name": "anna", "refused": refusal("found.too_late")}),
    "move": ("move", "move", True, {"authenticator": PIXEL, "seconds": 300}),
    "move-code": ("activate", "activate", True, _activate("code", code=CODE, moving="Anna’s Pixel 8", renew=MOVE)),
    "move-confirm": (
        "activate", "activate", True,
        _activate("confirm", phone=PHONE, expires=NOW + 200_000, tries_left=None, moving="Anna’s Pixel 8"),
    ),
    "move-active": ("activate", "activate", True, _activate("active", label="Pixel 11", moving="Anna’s Pixel 8")),
    "move-over": (
        "activate", "activate", True,
        _activate("over", why="expired", moving="Pixel 8", renew=MOVE),
    ),
    "security": (
        "security", "security", True,
        _security(authenticators=[PIXEL, TABLET], sessions=[HERE, ELSEWHERE, IN_THE_APP, NAMELESS], done="renamed"),
    ),
    "security-stopped": (
        "security", "security", True,
        _security(authenticators=[
            Given(**{**vars(PIXEL), "state": "locked"}),
            Given(**{**vars(TABLET), "state": "reported", "may_return": True}),
        ], standing="out"),
    ),
    "security-empty": ("security", "security", True, _security(can_activate=False, needs_desk=True)),
    "security-banner": ("security", "security", True, _security(banner=Given(code=CODE, claimed=False, met=""))),
    "security-name-empty": (
        "security", "security", True,
        _security(authenticators=[PIXEL], refused=refusal("name.empty"), refused_id=ID, can_activate=False),
    ),
    "security-card": ("security", "security", True, _security(authenticators=[PRINTED])),
    "security-card-over": (
        "security", "security", True, _security(authenticators=[Given(**{**vars(PRINTED), "is_over": True})]),
    ),
    "security-shared": (
        "security", "security", True,
        _security(authenticators=[PIXEL, SHARED], may_share=True, standing="sound", done="shared"),
    ),
    "security-guest": (
        "security", "security", True,
        _security(authenticators=[Given(**{**vars(SHARED), "is_guest": True})], may_share=True),
    ),
    "share": ("share", "share", True, _share()),
    "share-person": ("share", "share", True, _share(name="bram", refused=refusal("share.person"))),
    "share-number": ("share", "share", True, _share(prompt=KEYPAD_NUMBER, ask=ID)),
    "share-wrong": (
        "share", "share", True,
        _share(prompt=KEYPAD_NUMBER, ask=ID, refused=refusal("typed.wrong"), tries_left=2),
    ),
    "unshare": ("unshare", "unshare", True, {"authenticator": SHARED, "refused": None}),
    "unshare-last": ("unshare", "unshare", True, {"authenticator": SHARED, "refused": refusal("share.last")}),
    "remove-shared": ("remove", "remove", True, {"authenticator": SHARED, "loss": "weaker"}),
    "security-printed": (
        "security", "security", True, _security(authenticators=[LEGACY], printed=POSTED, standing="single"),
    ),
    "home-printed": ("home", "home", True, _home(printed=POSTED)),
    "printed": ("printed", "printed", True, {"refused": None, "card": POSTED}),
    "printed-none": ("printed", "printed", True, {"refused": refusal("card.none"), "card": None}),
    "set-up-printed": (
        "set_up", "set_up", True, _set_up("printedcard", "list", {"shape": "again"}, asks=CELLS),
    ),
    "add-codecard": ("add", "add", True, _add("codecard", "list")),
    "add-not-needed": ("add", "add", True, _add("codecard", "list", refusal("set_up.not_needed"))),
    "set-up-codecard": (
        "set_up", "set_up", True,
        _set_up("codecard", "list", set_up_shown(PRINTS), asks=CELLS, ends=NOW + 21 * DAY),
    ),
    "set-up-codecard-wrong": (
        "set_up", "set_up", True,
        _set_up("codecard", "list", set_up_shown(PRINTS), asks=CELLS, ends=NOW + 21 * DAY,
                refused=refusal("typed.wrong"), tries_left=4),
    ),
    "step-up-cells": ("step_up", "step_up", True, _step_up("phone", prompt=CELLS)),
    "security-several": (
        "security", "security", True,
        _security(authenticators=[PIXEL, APP, SPARES], done="added", standing="sound"),
    ),
    "add-totp": ("add", "add", True, _add("totp", "dial")),
    "login-key-unknown": (
        "login", "login", False, {"refused": refusal("login.key_unknown"), "name": "", "ended": False},
    ),
    "security-key": (
        "security", "security", True,
        _security(authenticators=[KEY], keys_only={"is_on": False, "many": 1}),
    ),
    "security-keys-only": (
        "security", "security", True,
        _security(authenticators=[KEY], keys_only={"is_on": True, "many": 1}, done="keys_only_on"),
    ),
    "keys-only": ("keys_only", "keys_only", True, _keys_only(many=2)),
    "keys-only-one": ("keys_only", "keys_only", True, _keys_only()),
    "keys-only-on": ("keys_only", "keys_only", True, _keys_only(is_on=True)),
    "keys-only-needs": (
        "keys_only", "keys_only", True, _keys_only(needs_key=True, refused=refusal("keys_only.needs_key")),
    ),
    "add-passkey": ("add", "add", True, _add("passkey", "key")),
    "set-up-passkey": ("set_up", "set_up", True, _set_up("passkey", "key", MAKE)),
    "step-up-key": ("step_up", "step_up", True, _step_up("phone", prompt=ASKED)),
    "add-recovery": ("add", "add", True, _add("recovery", "list")),
    "add-refused": ("add", "add", True, _add("recovery", "list", refusal("set_up.needs_another"))),
    "set-up-totp": ("set_up", "set_up", True, _set_up("totp", "dial", {**set_up_shown(SECRET), "qr": CODE.qr})),
    "set-up-recovery": ("set_up", "set_up", True, _set_up("recovery", "list", set_up_shown(CODES))),
    "set-up-again": (
        "set_up", "set_up", True,
        _set_up("recovery", "list", {"shape": "again"}, refused=refusal("typed.wrong"), tries_left=2),
    ),
    "home-keypad": ("home", "home", True, _home(others=1, card=SENT)),
    "security-keypad": ("security", "security", True, _security(authenticators=[PIXEL, KEYPAD], card=SENT)),
    "keypad": ("card", "card", True, {"refused": None, "card": SENT, "is_due": False}),
    "keypad-due": ("card", "card", True, {"refused": None, "card": SENT, "is_due": True}),
    "keypad-none": ("card", "card", True, {"refused": refusal("card.none"), "card": None, "is_due": False}),
    "soft-card": ("soft_card", "soft_card", False, {"card": SOFT, "others": [SOFT.serial, "SOFT-00018"]}),
    "soft-card-none": ("soft_card", "soft_card", False, {"card": None, "others": []}),
    "set-up-keypad": ("set_up", "set_up", True, _set_up("card", "card", set_up_shown(AnswerNumber("402917", 8)))),
    "set-up-keypad-wrong": (
        "set_up", "set_up", True,
        _set_up("card", "card", set_up_shown(AnswerNumber("402917", 8)), refused=refusal("typed.wrong"), tries_left=4),
    ),
    "set-up-over": ("set_up_over", "security", True, {"refused": refusal("set_up.over")}),
    "remove-posted": ("remove", "remove", True, {"authenticator": KEYPAD, "loss": "bare"}),
    "remove-paper": ("remove", "remove", True, {"authenticator": LEGACY, "loss": "bare"}),
    "remove-app": ("remove", "remove", True, {"authenticator": APP, "loss": ""}),
    "remove": ("remove", "remove", True, {"authenticator": PIXEL, "loss": "bare"}),
    "remove-out": ("remove", "remove", True, {"authenticator": PIXEL, "loss": "out"}),
    "pause": ("pause", "pause", True, {"authenticator": PIXEL, "loss": "out", "days": 7}),
    "pause-app": ("pause", "pause", True, {"authenticator": APP, "loss": "spares", "days": 7}),
    "trial-none": ("trial", "trial", True, _trial("none")),
    "trial-begin": ("trial", "trial", True, _trial("begin", refused=refusal("limit.trials", 90))),
    "trial-push": ("trial", "trial", True, _trial("waits", "push", prompt=WAITING, is_woken=False)),
    "trial-scan": ("trial", "trial", True, _trial("waits", "scan", prompt=WAITING, scan=SCAN)),
    "trial-code": ("trial", "trial", True, _trial("waits", "code", prompt=WAITING, number=NUMBER, next="end")),
    "trial-works": ("trial", "trial", True, _trial("works", "push")),
    "trial-over": ("trial", "trial", True, _trial("over", "code", why="expired", next="end")),
    "trial-end": ("trial", "trial", True, _trial("end")),
    **beside(ID, WAYS, {"phone": WAITING, "card": CARD, "key": ASKED}, NUMBER, SCAN, refusal("confirm.too_weak")),
    "step-up-begin": ("step_up", "step_up", True, _step_up("begin", refused=refusal("login.expired"))),
    "step-up-nothing": ("step_up", "step_up", True, _step_up("begin", ways=WAYS[3:])),
    "step-up-phone": ("step_up", "step_up", True, _step_up("phone", prompt=DIGITS)),
    "step-up-number": ("step_up", "step_up", True, _step_up("phone", prompt=WAITING, number=NUMBER)),
    "step-up-answer": ("step_up", "step_up", True, _step_up("phone", prompt=CARD)),
    "step-up-approved": ("step_up", "step_up", True, _step_up("phone")),
    "step-up-password": ("step_up", "step_up", True, _step_up("password", refused=refusal("login.wrong"))),
    "password": ("password", "password", True, _password()),
    "password-common": ("password", "password", True, _password(refused=refusal("password.common"))),
    "password-forced": ("password", "password", False, _password(forced=True)),
    "suspend": ("suspend", "suspend", False, {"stage": "ask", "label": "Pixel 8"}),
    "suspend-done": ("suspend", "suspend", False, {"stage": "done", "label": "Pixel 8"}),
    "suspend-over": ("suspend", "suspend", False, {"stage": "over", "label": ""}),
    "logged-out": ("logged_out", "logged_out", False, {}),
    "problem-404": ("problem", "home", False, _problem(404, "page.not_found")),
    "problem-403": ("problem", "home", False, _problem(403, "request.forged")),
    "problem-413": ("problem", "home", False, _problem(413, "request.too_large")),
    "problem-429": ("problem", "home", False, _problem(429, "limit.login_address", 600)),
    "problem-500": ("problem", "home", False, _problem(500, "server.fault")),
    "problem-503": ("problem", "home", False, _problem(503, "server.busy", 2)),
    "support": ("support", "support", False, _support()),
    "support-real": ("support", "support", False, _support(found=SPEAKING | {"is_mine": None})),
    "support-mine": ("support", "support", True, _support(found=SPEAKING, mine=[SPEAKING], is_in=True)),
    "support-other": ("support", "support", True, _support(found=SPEAKING | {"is_mine": False}, is_in=True)),
    "support-none": ("support", "support", True, _support(refused=refusal("agent.unknown"), is_in=True)),
    "diary": ("diary", "diary", True, {"lines": LINES, "older": 17, "is_first": False}),
    "diary-empty": ("diary", "diary", True, {"lines": [], "older": 0, "is_first": True}),
    "contact": ("contact", "contact", False, _contact("JP")),
    "contact-anywhere": ("contact", "contact", True, _contact("")),
    "help-return": ("help_return", "help_return", False, _help_return("JP", "password")),
    "help-return-here": ("help_return", "help_return", True, _help_return("NL", "mail_link")),
    **PLASTIC,
}  # fmt: skip


def drawn(renderer: Renderer, name: str, language: str) -> str:
    """The page `name` in `language`."""
    template, place, is_signed_in, context = SAMPLES[name]
    marks = {
        "suspend": {"token": f"{ID}.1797953541000.q83vEjRWeJCrze8SNFZ4kA"},
        "step_up": {"to": "remove", "id": ID},
        **{key: {"id": ID} for key in ("move", "hand_over", "confirm", "close", "closing")},
        "reading_link": {"token": "t"},
        "return": {"id": ID},
        "returning": {"id": ID},
    }
    person = "Anna de Vries" if is_signed_in else None
    frame = Frame(language, "the-form-token", place, NOW, person, marks.get(place, {}), template == "closed")
    return renderer.page(template, frame, **context)
