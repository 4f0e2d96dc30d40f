"""Each check of the simulation is shown something that must never be, and finds it."""

from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.invariants import EMPTY, Picture, found

NOW = 1_000
QUESTION = {
    "user_id": "anna", "authenticator_id": "phone", "purpose": "login", "browser": b"a", "is_known": 0,
    "state": "pending", "tries": 0, "expires_at": 2_000,
}  # fmt: skip
CODE = {"user_id": "anna", "session_id": "s", "state": "issued", "tries": 0, "authenticator_id": None}
PHONE = {"user_id": "anna", "state": "active", "version": 3, "moving": '{"seq": 4}'}
ATTEMPT = {"user_id": "anna", "stage": "open", "challenge_id": "q"}
SESSION = {"user_id": "anna", "proved": "phone", "authenticator_id": "phone", "ended_at": 0}


def picture(**tables: Any) -> Picture:
    return replace(EMPTY, **tables)


def one(row: dict[str, Any], **other: Any) -> dict[str, dict[str, Any]]:
    return {"x": {**row, **other}}


BAD = {
    "living codes": (EMPTY, picture(activations={"1": CODE, "2": {**CODE, "state": "claimed"}})),
    "holds 2 phones": (EMPTY, picture(authenticators={"1": PHONE, "2": {**PHONE, "state": "locked"}})),
    "came of 2 codes": (
        EMPTY,
        picture(activations={each: {**CODE, "state": "active", "authenticator_id": "p"} for each in "12"}),
    ),
    "of one browser wait": (EMPTY, picture(challenges={each: {**QUESTION, "is_known": 1} for each in "12"})),
    "unknown browsers wait": (EMPTY, picture(challenges={"1": QUESTION, "2": {**QUESTION, "browser": b"b"}})),
    "from expired": (picture(attempts=one(ATTEMPT, stage="expired")), picture(attempts=one(ATTEMPT))),
    "from consumed to approved": (
        picture(challenges=one(QUESTION, state="consumed")), picture(challenges=one(QUESTION, state="approved")),
    ),
    "from cancelled to claimed": (
        picture(activations=one(CODE, state="cancelled")), picture(activations=one(CODE, state="claimed")),
    ),
    "from removed to active": (
        picture(authenticators=one(PHONE, state="removed")), picture(authenticators=one(PHONE, version=4)),
    ),
    "by a second phone": (
        picture(activations=one(CODE, state="claimed", authenticator_id="p")),
        picture(activations=one(CODE, state="claimed", authenticator_id="q")),
    ),
    "lives again": (picture(sessions=one(SESSION, ended_at=5)), picture(sessions=one(SESSION))),
    "1 sessions of 0 attempts": (EMPTY, picture(sessions=one(SESSION))),
    "1 sessions of 0 approvals": (
        EMPTY, picture(sessions=one(SESSION), attempts=one(ATTEMPT, stage="collected")),
    ),
    "by the password alone": (
        picture(authenticators=one(PHONE)),
        picture(authenticators=one(PHONE), sessions=one(SESSION, proved="password")),
    ),
    "outlived the activation": (
        picture(authenticators=one(PHONE), sessions=one(SESSION, proved="password")),
        picture(authenticators=one(PHONE), sessions=one(SESSION, proved="password")),
    ),
    "older version": (picture(authenticators=one(PHONE)), picture(authenticators=one(PHONE, version=2))),
    "without a new version": (
        picture(authenticators=one(PHONE)), picture(authenticators=one(PHONE, moving='{"seq": 5}')),
    ),
    "sequence of x fell": (
        picture(authenticators=one(PHONE)), picture(authenticators=one(PHONE, version=4, moving='{"seq": 3}')),
    ),
    "tries of x fell": (picture(challenges=one(QUESTION, tries=2)), picture(challenges=one(QUESTION, tries=1))),
    "below nothing": (EMPTY, picture(meters={"pin-row:x": -1})),
    "were looked at in a row": (EMPTY, picture(wrong={"x": (6, 6)}, meters={"pin-month:x": 6})),
    "3 wrong answers of x, and 2 are paid": (EMPTY, picture(wrong={"x": (3, 3)}, meters={"pin-month:x": 2})),
    "was tried 4 times": (EMPTY, picture(challenges=one(QUESTION, tries=4))),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_must_never_be_is_found_and_named(what: str) -> None:
    before, after = BAD[what]
    assert [finding for finding in found(before, after, NOW) if what in finding]


def test_a_usual_login_is_nothing_to_speak_of() -> None:
    asked = picture(authenticators=one(PHONE), challenges=one(QUESTION), attempts=one(ATTEMPT))
    answered = replace(
        asked, challenges=one(QUESTION, state="approved"), authenticators=one(PHONE, version=4, moving='{"seq": 5}')
    )
    collected = replace(
        answered, challenges=one(QUESTION, state="consumed"), attempts=one(ATTEMPT, stage="collected"),
        sessions=one(SESSION),
    )  # fmt: skip
    assert found(EMPTY, asked, NOW) + found(asked, answered, NOW) + found(answered, collected, NOW) == []
