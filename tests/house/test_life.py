"""Life is a table, and every state of it can be reached."""

from collections.abc import Iterable, Mapping

from tests.house.source import File, bad, calls, dotted, house
from twolatch.activation.model import Stage as ActivationStage
from twolatch.authenticators.model import (
    HELD,
    MAY_NOT_ANSWER,
    NEXT,
    OVER,
    Authenticator,
    Challenge,
    Purpose,
    Stage,
    State,
    silence_of,
)

FIRST = State.CLAIMED


def reachable(table: Mapping[str, Iterable[str]], first: str) -> set[str]:
    seen, waiting = {first}, [first]
    while waiting:
        for after in table.get(waiting.pop(), ()):
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


def dead_ends(table: Mapping[str, Iterable[str]], last: str) -> set[str]:
    return {state for state in table if last not in reachable(table, state)}


def states_entered(files: Iterable[File]) -> set[str]:
    """`State.X` that some flow moves an authenticator to: handed to `move`, or set by `replace` or a new row."""
    found = set()
    for file in files:
        if file.room == "custody":
            continue  # its states are those of cards
        for call in calls(file, "move", "replace", "Authenticator"):
            values = [*call.args, *(each.value for each in call.keywords if each.arg == "state")]
            found |= {dotted(value).removeprefix("State.") for value in values if dotted(value).startswith("State.")}
    return found


def test_every_state_has_its_line_and_can_be_reached() -> None:
    assert set(NEXT) == set(State)
    assert reachable(NEXT, FIRST) == set(State)


def test_a_removed_authenticator_stays_removed_and_every_other_can_be_removed() -> None:
    assert NEXT[State.REMOVED] == frozenset()
    assert dead_ends(NEXT, State.REMOVED) == set()


def test_some_flow_really_moves_an_authenticator_into_every_state() -> None:
    assert states_entered(house()) == {state.name for state in State}


def test_nobody_comes_to_life_but_by_proof_or_by_an_operator() -> None:
    """From claimed there is no way past the first answer; from what was stopped only back to active."""
    assert State.ACTIVE not in NEXT[State.CLAIMED]
    stopped = {State.LOCKED, State.REPORTED, State.SUSPENDED}
    assert {state for state in State if State.ACTIVE in NEXT[state]} == {State.UNPROVEN, *stopped}


def test_only_what_the_client_himself_reported_may_answer_to_come_back_and_nothing_else() -> None:
    def one(state: State) -> Authenticator:
        return Authenticator("id", "user", "phone", "", state, {}, b"", {}, 0, "", 0, 0)

    def asked(purpose: Purpose) -> Challenge:
        return Challenge("id", "user", "id", purpose, b"", False, {}, {}, Stage.PENDING, 0, b"", 0, 0, 0)

    for state, code in MAY_NOT_ANSWER.items():
        heard = {purpose for purpose in Purpose if silence_of(one(state), asked(purpose)) is None}
        assert heard == ({Purpose.RETURN} if state is State.REPORTED else set())
        assert silence_of(one(state), None) is code


def test_nothing_that_was_stopped_gets_weaker_by_being_reported() -> None:
    assert {state for state in State if State.REPORTED in NEXT[state]} == {State.ACTIVE}


def test_who_is_not_active_or_about_to_prove_himself_may_not_answer() -> None:
    assert set(MAY_NOT_ANSWER) == set(State) - {State.ACTIVE, State.UNPROVEN}
    assert set(NEXT) - {State.CLAIMED, State.UNPROVEN, State.REMOVED} == HELD


def test_every_ended_challenge_can_tell_why() -> None:
    assert set(OVER) == set(Stage) - {Stage.PENDING}


def test_every_stage_of_code_and_challenge_is_named_by_some_flow() -> None:
    text = "\n".join(file.text for file in house() if file.room in {"activation", "authenticators", "login"})
    for stages in (Stage, ActivationStage):
        for stage in stages:
            assert f"Stage.{stage.name}" in text or f"'{stage.value}'" in text


def test_these_checks_can_fail() -> None:
    assert reachable({"a": ["b"], "b": [], "lost": ["a"]}, "a") == {"a", "b"}
    assert dead_ends({"a": ["b"], "b": [], "z": []}, "b") == {"z"}
    assert states_entered(bad("async def f(tx):\n    await move(tx, house, one, user, State.LOCKED, event, now)")) == {
        "LOCKED"
    }
