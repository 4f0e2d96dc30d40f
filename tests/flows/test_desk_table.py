"""What the desk may do, as a table: nothing is left out, and nobody gets more for proving less."""

import pytest

from tests.flows.houses import add_user
from twolatch.desk import store
from twolatch.desk.acting import verdict
from twolatch.desk.checking import plain
from twolatch.desk.model import (
    CASE_LIVES,
    NEEDS,
    NUMBER_IS_OLD,
    PROOF_LIVES,
    Action,
    Case,
    CaseState,
    Channel,
    Ended,
    Level,
    Proof,
    Reason,
    Verdict,
    Way,
    level_of,
    verdict_on,
    worth_of,
)
from twolatch.house import House
from twolatch.house.store import end_everything

NOW = 1_790_000_000_000
EASE = {Verdict.REFUSED: 0, Verdict.FOUR_EYES: 1, Verdict.ALLOWED: 2}
STOPPING = {Action.LOCK, Action.SUSPEND, Action.FAULTY}


def proof(state: Ended, worth: Level = Level.NOTHING, ended: int = NOW) -> Proof:
    return Proof("p", "c", Way.PUSH, state, "Pixel 8", "", worth, ended, ended)


@pytest.mark.parametrize("action", Action)
def test_every_wish_has_a_word_for_every_level_and_more_proof_never_gets_less(action: Action) -> None:
    assert set(NEEDS[action]) == set(Level)
    ease = [EASE[verdict_on(action, level)] for level in sorted(Level)[1:]]
    assert ease == sorted(ease)


@pytest.mark.parametrize("action", sorted(set(Action) - STOPPING))
def test_what_opens_something_is_never_allowed_to_who_proved_nothing_or_was_denied(action: Action) -> None:
    assert verdict_on(action, Level.REFUTED) is Verdict.REFUSED
    assert verdict_on(action, Level.NOTHING) is not Verdict.ALLOWED


def test_colleagues_get_nothing_opened_by_one_person() -> None:
    for action in set(Action) - STOPPING:
        assert verdict(action, Level.STRONG, is_staff=True) is not Verdict.ALLOWED, action
    for action in STOPPING:
        assert verdict(action, Level.STRONG, is_staff=True) is Verdict.ALLOWED


def test_a_denial_outweighs_every_proof_and_a_proof_gets_old() -> None:
    good = proof(Ended.PROVED, Level.STRONG)
    assert level_of([good], NOW + PROOF_LIVES - 1) is Level.STRONG
    assert level_of([good], NOW + PROOF_LIVES) is Level.NOTHING
    for bad in (Ended.DENIED, Ended.NOT_ME):
        assert level_of([good, proof(bad)], NOW) is Level.REFUTED
    for nothing in (Ended.ASKED, Ended.FAILED, Ended.EXPIRED):
        assert level_of([proof(nothing, Level.STRONG)], NOW) is Level.NOTHING


def test_a_number_counts_when_it_is_a_month_old() -> None:
    assert worth_of(Way.CALLBACK, 0, NOW) is Level.NOTHING
    assert worth_of(Way.CALLBACK, NOW - NUMBER_IS_OLD + 1, NOW) is Level.NOTHING
    assert worth_of(Way.CALLBACK, NOW - NUMBER_IS_OLD, NOW) is Level.WEAK
    assert worth_of(Way.PUSH, 0, NOW) is Level.STRONG


async def test_after_a_restore_no_case_is_open_and_no_code_is_anybodys(house: House) -> None:
    now = house.clock.now()
    client, agent = await add_user(house, "anna"), await add_user(house, "sanne")
    case = Case(
        house.chance.id(), client.id, agent.id, Reason.LOST, Channel.PHONED_IN, CaseState.OPEN, "K7M2QP", now,
        now + CASE_LIVES, 0,
    )  # fmt: skip
    assert await house.db.write(lambda tx: store.insert(tx, case))
    assert not await house.db.write(lambda tx: store.insert(tx, case)), "one open case of a client"
    assert await store.by_code(house.db, "K7M2QP", now) == case
    assert (await house.db.write(lambda tx: end_everything(tx, now)))["cases"] == 1
    assert await store.by_code(house.db, "K7M2QP", now) is None
    assert await store.open_of(house.db, agent.id, now) == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("k7m-2qp", "K7M2QP"), (" o1l 23i ", "011231"), ("K7M2Q", ""), ("K7M2QPX", ""), ("K7M-2Q<", ""),
        ("\u0661" * 6, ""),
    ],
)
def test_a_code_is_read_as_people_say_it(typed: str, kept: str) -> None:
    assert plain(typed) == kept
