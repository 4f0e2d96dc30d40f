"""The judge of the other tests is judged: a true history passes, and each kind of lie is found."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.history import Kept, KeptSession, Said, Told, Wish, broken_promises


def true_history() -> tuple[list[Said], Kept]:
    """Anna approves and gets in; Ben's answer is lost on the way, and he comes in by a code."""
    said = [
        Said("anna", Wish.APPROVAL, "c1", Told.DONE),
        Said("anna", Wish.SESSION, "t1", Told.DONE),
        Said("ben", Wish.APPROVAL, "c2", Told.NOTHING),
        Said("ben", Wish.CODE, "AAAA", Told.NOTHING),
        Said("ben", Wish.CODE, "AAAA", Told.REFUSED),
        Said("ben", Wish.CODE, "BBBB", Told.DONE),
        Said("ben", Wish.SESSION, "t3", Told.DONE),
        Said("ben", Wish.CODE, "BBBB", Told.REFUSED),
    ]
    kept = Kept(
        approved=Counter(["c1", "c3", "c4"]),
        started=Counter(["s1", "s2", "s3"]),
        consumed=Counter(["anna", "ben", "ben"]),
        sessions={
            "t1": KeptSession("s1", "anna", True),
            "t2": KeptSession("s2", "ben", True),  # of the code whose answer was lost: it was used, and says so
            "t3": KeptSession("s3", "ben", True),
        },
    )
    return said, kept


def forget_an_approval(_: list[Said], kept: Kept) -> None:
    del kept.approved["c1"]


def forget_a_session(_: list[Said], kept: Kept) -> None:
    del kept.sessions["t1"], kept.started["s1"]


def use_a_code_again(said: list[Said], _: Kept) -> None:
    said.append(Said("ben", Wish.CODE, "BBBB", Told.DONE))


def approve_again(_: list[Said], kept: Kept) -> None:
    kept.approved["c3"] += 1


def make_two_sessions_of_one_approval(_: list[Said], kept: Kept) -> None:
    kept.sessions["t9"] = KeptSession("s9", "anna", True)
    kept.started["s9"] += 1


def write_no_line_about_a_session(_: list[Said], kept: Kept) -> None:
    kept.sessions["t9"] = KeptSession("s9", "anna", False)


def write_two_lines_about_a_session(_: list[Said], kept: Kept) -> None:
    kept.started["s2"] += 1


def write_a_line_about_nothing(_: list[Said], kept: Kept) -> None:
    kept.started["s9"] += 1


LIES = [
    (forget_an_approval, "nobody knows of it"),
    (forget_a_session, "is not there"),
    (use_a_code_again, "code opened 2 sessions"),
    (approve_again, "approved 2 times"),
    (make_two_sessions_of_one_approval, "2 sessions from 1 approvals"),
    (write_no_line_about_a_session, "0 times in the audit"),
    (write_two_lines_about_a_session, "2 times in the audit"),
    (write_a_line_about_nothing, "not there"),
]


def test_a_site_that_kept_its_word_is_believed() -> None:
    assert broken_promises(*true_history()) == []


def test_who_was_told_nothing_has_nothing_to_complain_about() -> None:
    said, kept = true_history()
    said += [Said("anna", wish, "lost", told) for wish in Wish for told in (Told.NOTHING, Told.REFUSED)]
    assert broken_promises(said, kept) == []


@pytest.mark.parametrize(("lie", "word"), LIES, ids=[lie.__name__ for lie, _ in LIES])
def test_every_kind_of_broken_promise_is_found(lie: Callable[[list[Said], Kept], None], word: str) -> None:
    said, kept = true_history()
    lie(said, kept)
    found = broken_promises(said, kept)
    assert len(found) == 1, found
    assert word in found[0]
