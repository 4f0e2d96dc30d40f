"""What must be so after every commit: pure functions from two pictures of the database to findings."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twolatch.authenticators.model import HELD, NEXT
from twolatch.words.limits import DIGIT_TRIES, PIN_ROW

Rows = Mapping[str, Mapping[str, Any]]  # by id


@dataclass(frozen=True)
class Picture:
    """The rows that matter, by id."""

    challenges: Rows
    activations: Rows
    authenticators: Rows
    attempts: Rows
    sessions: Rows
    meters: Mapping[str, int]
    wrong: Mapping[str, tuple[int, int]]  # by authenticator: wrong answers in a row, and ever


EMPTY = Picture({}, {}, {}, {}, {}, {}, {})

CHALLENGES = {
    "pending": {"approved", "denied", "not_me", "superseded", "locked", "cancelled"},
    "approved": {"consumed", "cancelled", "not_me"},
}
ACTIVATIONS = {"issued": {"claimed", "cancelled"}, "claimed": {"active", "cancelled", "burned"}}
ATTEMPTS = {"open": {"collected", "over"}}
LIVES = {state.value: {each.value for each in after} for state, after in NEXT.items()}
HELD_WORDS = {state.value for state in HELD}


def found(before: Picture, after: Picture, now: int) -> list[str]:
    """Everything wrong. `now`: ms, of the clock that is most ahead."""
    return [
        *only_one_code_lives(after),
        *only_one_phone_is_held(after),
        *few_questions_wait(after, now),
        *nothing_comes_back(before, after),
        *each_approval_is_one_session(before, after),
        *no_session_is_more_than_was_proved(before, after),
        *counters_go_on(before, after),
        *wrong_answers_are_few_and_paid(after),
    ]


def only_one_code_lives(of: Picture) -> Iterator[str]:
    living = Counter(row["user_id"] for row in of.activations.values() if row["state"] in ACTIVATIONS)
    yield from (f"{user} has {count} living codes" for user, count in living.items() if count > 1)


def only_one_phone_is_held(of: Picture) -> Iterator[str]:
    held = Counter(row["user_id"] for row in of.authenticators.values() if row["state"] in HELD_WORDS)
    yield from (f"{user} holds {count} phones" for user, count in held.items() if count > 1)
    claimed = Counter(one for row in of.activations.values() if (one := row["authenticator_id"]))
    yield from (f"{one} came of {count} codes" for one, count in claimed.items() if count > 1)


def few_questions_wait(of: Picture, now: int) -> Iterator[str]:
    """Of one browser one, and of all that are not known one."""
    waits = [
        row
        for row in of.challenges.values()
        if row["state"] == "pending" and row["purpose"] == "login" and row["expires_at"] > now
    ]
    by_browser = Counter((row["user_id"], row["browser"]) for row in waits)
    yield from (f"{user}: {many} questions of one browser wait" for (user, _), many in by_browser.items() if many > 1)
    unknown = Counter(row["user_id"] for row in waits if not row["is_known"])
    yield from (f"{user}: {count} unknown browsers wait" for user, count in unknown.items() if count > 1)


def nothing_comes_back(before: Picture, after: Picture) -> Iterator[str]:
    """Each goes from state to state as its life allows, and nothing that is over lives again."""
    yield from _moved(before.challenges, after.challenges, "state", CHALLENGES)
    yield from _moved(before.activations, after.activations, "state", ACTIVATIONS)
    yield from _moved(before.attempts, after.attempts, "stage", ATTEMPTS)
    yield from _moved(before.authenticators, after.authenticators, "state", LIVES)
    for one, row in before.activations.items():
        if row["authenticator_id"] and after.activations[one]["authenticator_id"] != row["authenticator_id"]:
            yield f"the code {one} was claimed by a second phone"
    for one, row in before.sessions.items():
        if row["ended_at"] and not after.sessions[one]["ended_at"]:
            yield f"the session {one} lives again"


def _moved(before: Rows, after: Rows, word: str, allowed: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Steps from one commit to the next. Several works may share one: the way is looked for, not the step."""
    for one, row in before.items():
        old, new = row[word], after[one][word]
        if old != new and new not in _reached(old, allowed):
            yield f"{one} went from {old} to {new}"


def _reached(start: str, allowed: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(allowed.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += sorted(new)
    return reached


def each_approval_is_one_session(before: Picture, after: Picture) -> Iterator[str]:
    """A session is an attempt that was collected; one proved by a phone is an approval that was used up."""
    made, collected, used = Counter[str](), Counter[str](), Counter[str]()
    proved = Counter[str]()
    for one, row in after.sessions.items():
        if one not in before.sessions:
            made[row["user_id"]] += 1
            proved[row["user_id"]] += row["proved"] == "phone"
    for one, row in after.attempts.items():
        if row["stage"] == "collected" and before.attempts.get(one, {}).get("stage") != "collected":
            collected[row["user_id"]] += 1
    for one, row in after.challenges.items():
        is_new = before.challenges.get(one, {}).get("state") != "consumed"
        if row["state"] == "consumed" and row["purpose"] in {"login", "return"} and is_new:
            used[row["user_id"]] += 1
    for user, count in made.items():
        if count > collected[user]:
            yield f"{user}: {count} sessions of {collected[user]} attempts"
        if proved[user] > used[user]:
            yield f"{user}: {proved[user]} sessions of {used[user]} approvals"


def no_session_is_more_than_was_proved(before: Picture, after: Picture) -> Iterator[str]:
    """While a phone is held the password alone opens nothing, and what it opened before elsewhere is over."""
    held = {row["user_id"]: one for one, row in before.authenticators.items() if row["state"] in HELD_WORDS}
    for one, row in after.sessions.items():
        if row["proved"] == "password" and row["user_id"] in held and one not in before.sessions:
            yield f"{row['user_id']} is in by the password alone, beside the phone {held[row['user_id']]}"
    own = {row["session_id"] for row in after.activations.values() if row["state"] == "active"}
    for one, row in after.sessions.items():
        is_alive = not row["ended_at"] and row["proved"] == "password"
        if is_alive and row["user_id"] in held and one not in own:
            yield f"a session of the password alone outlived the activation of the phone of {row['user_id']}"


def counters_go_on(before: Picture, after: Picture) -> Iterator[str]:
    """Versions, sequence numbers and what was asked never fall; a change is a new version."""
    for one, row in before.authenticators.items():
        new = after.authenticators[one]
        if new["version"] < row["version"]:
            yield f"{one} has an older version"
        if (new["moving"], new["state"]) != (row["moving"], row["state"]) and new["version"] == row["version"]:
            yield f"{one} was changed without a new version"
        if new["moving"] != row["moving"] and _seq(new) < _seq(row):
            yield f"the sequence of {one} fell from {_seq(row)} to {_seq(new)}"
    for one, row in before.challenges.items():
        if after.challenges[one]["tries"] < row["tries"]:
            yield f"the tries of {one} fell"
    yield from (f"{key} fell below nothing" for key, count in after.meters.items() if count < 0)


def _seq(row: Mapping[str, Any]) -> int:
    return int(json.loads(row["moving"])["seq"])


def wrong_answers_are_few_and_paid(of: Picture) -> Iterator[str]:
    for one, (row, ever) in of.wrong.items():
        if row > PIN_ROW.allowance:
            yield f"{row} wrong answers of {one} were looked at in a row"
        if of.meters.get(f"pin-month:{one}", 0) < ever:
            yield f"{ever} wrong answers of {one}, and {of.meters.get(f'pin-month:{one}', 0)} are paid"
    for one, each in of.challenges.items():
        if each["tries"] > DIGIT_TRIES:
            yield f"{one} was tried {each['tries']} times"

