"""Every word of the house is used: events, refusals, limits."""

import ast
import re
from collections.abc import Iterable

import pytest

from tests.house.source import File, bad, dotted, house
from twolatch.texts.catalogue import LANGUAGES, Texts
from twolatch.words import limits
from twolatch.words.events import Event
from twolatch.words.limits import LIMITS, Limit
from twolatch.words.refusals import Code, Told

EVENT = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+")
CODE = re.compile(r"[a-z_]+\.[a-z_]+")


def unused(names: Iterable[str], files: Iterable[File], before: str = "") -> list[str]:
    """Names (`Event.X` with `before` "Event") that no room but `words` mentions."""
    mentioned = {
        dotted(node)
        for file in files
        if file.room not in {"words", "texts"}
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Attribute | ast.Name)
    }
    return [name for name in names if (f"{before}.{name}" if before else name) not in mentioned]


def unwritten(names: Iterable[str], files: Iterable[File]) -> list[str]:
    """Events that are mentioned by no function that writes to the audit, itself or by `move`."""
    written: set[str] = set()
    for file in files:
        for _, one in file.functions:
            spoken = {dotted(node) for node in ast.walk(one) if isinstance(node, ast.Attribute)}
            called = {dotted(node.func) for node in ast.walk(one) if isinstance(node, ast.Call)}
            if called & {"audit.write", "move", "outcome.move"}:
                written |= spoken
    return [name for name in names if f"Event.{name}" not in written]


def test_every_audit_event_is_written_somewhere() -> None:
    assert unwritten(Event.__members__, house()) == []


def test_every_audit_event_reads_subject_object_verb_and_no_two_are_the_same() -> None:
    assert all(EVENT.fullmatch(event.value) for event in Event)
    assert len(Event.__members__) == len(set(Event))


def test_every_refusal_is_given_somewhere() -> None:
    assert unused(Code.__members__, house(), "Code") == []


@pytest.mark.parametrize("code", Code, ids=lambda code: code.code)
def test_every_refusal_has_a_status_a_listener_and_a_sentence_in_every_language(code: Code) -> None:
    assert CODE.fullmatch(code.code)
    assert 400 <= code.status < 600
    assert isinstance(code.told, Told)
    for language in LANGUAGES:
        for part in ("title", "detail", "next"):
            assert Texts().say(language, f"refusal.{code.code}.{part}")


def test_no_two_refusals_share_a_code() -> None:
    assert len({code.code for code in Code}) == len(Code.__members__)


def test_every_limit_stands_in_the_table_and_is_charged_somewhere() -> None:
    named = {name: value for name, value in vars(limits).items() if isinstance(value, Limit)}
    assert set(named.values()) == set(LIMITS)
    assert unused(named, house()) == []
    assert unused(["DIGIT_TRIES", "CONFIRM_TRIES"], house()) == []


def test_no_two_limits_share_a_counter() -> None:
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)


@pytest.mark.parametrize("limit", [limit for limit in LIMITS if limit.waits], ids=lambda limit: limit.name)
def test_waits_only_grow_and_the_last_one_locks(limit: Limit) -> None:
    assert list(limit.waits) == sorted(limit.waits)
    assert [wait for _, wait in limit.waits] == sorted(wait for _, wait in limit.waits)
    assert limit.waits[-1] == (limit.allowance, limit.window)


def test_these_checks_can_fail() -> None:
    assert unused(["A", "B"], bad("x = Code.A"), "Code") == ["B"]
    assert unwritten(["A"], bad("async def f(tx):\n    await audit.write(tx, now, Event.A, user)")) == []
    other = "x = Event.A\nasync def f(tx):\n    await audit.write(tx, now, Event.B, user)"
    assert unwritten(["A"], bad(other)) == ["A"]
