"""Secrets cannot be printed, by nobody and in no way."""

import ast
import copy
import json
import pickle
import re
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from tests.house.source import File, bad, dotted, house
from twolatch.words.secret import Secret

WORD = "correct horse battery"

SECRETIVE = re.compile(r"(password|secret|token|browser_token|pin|sealed|memory|master|private)")
# Plain values under such a name, and why nothing prints them.
PLAIN = {
    "activation/codes.py:Scanned.secret": "lives for one claim, inside activation",
    "activation/flows.py:Confirmed.token": "goes straight into a cookie",
    "authenticators/model.py:Authenticator.secret": "Authenticator writes its own repr",
    "authenticators/model.py:Challenge.memory": "Challenge writes its own repr",
    "kinds/kind.py:Opening.memory": "is sealed where it is kept; its digits stand in the portal",
    "kinds/phone.py:PhoneKeys.pin": "a key of the library, which shows nothing of itself",
    "login/model.py:Collected.browser_token": "goes straight into a cookie",
    "login/model.py:Collected.token": "goes straight into a cookie",
    "login/step_up.py:Proved.token": "goes straight into a cookie",
    "notices/store.py:Due.sealed": "is sealed",
    "people/model.py:User.password": "User writes its own repr",
    "protocol/account.py:AppSession.token": "AppSession writes its own repr",
    "protocol/account.py:SignIn.password": "SignIn writes its own repr",
    "protocol/codes.py:Link.secret": "Link writes its own repr",
    "sessions/store.py:NewSession.token": "is SHA-256 of the token",
}
SHOWS = {"dataclass", "Struct", "msgspec.Struct", "BaseSettings"}


@pytest.mark.parametrize(
    "show",
    [repr, str, "{}".format, "{0!r}".format, "%s".__mod__, "{:>40}".format, lambda secret: repr([secret])],
)
def test_a_secret_shows_nothing_of_itself(show: Callable[[Secret[str]], str]) -> None:
    assert WORD not in show(Secret(WORD))


@pytest.mark.parametrize(
    "keep",
    [json.dumps, msgspec.json.encode, msgspec.msgpack.encode, pickle.dumps, copy.copy, copy.deepcopy, hash, vars, iter],
)
def test_a_secret_lets_nobody_copy_or_keep_it(keep: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        keep(Secret(WORD))


def test_a_secret_is_not_compared_in_a_time_that_tells_where_it_differs() -> None:
    with pytest.raises(TypeError):
        assert Secret(WORD) == Secret(WORD)


def test_a_traceback_with_its_locals_shows_no_secret() -> None:
    def fails(password: Secret[str]) -> None:
        raise ValueError(password)

    try:
        fails(Secret(WORD))
    except ValueError as fault:
        told = "".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format())
    assert "Secret(…)" in told
    assert WORD not in told.replace(repr(WORD), "").replace(f'"{WORD}"', "")


def shown_secrets(files: Iterable[File]) -> list[str]:
    """Fields of data classes and structs that are called like a secret and would be printed with their object."""
    return [
        f"{file.path}:{owner.name}.{field.target.id}"
        for file in files
        for owner in ast.walk(file.tree)
        if isinstance(owner, ast.ClassDef) and _prints_its_fields(owner)
        for field in owner.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if SECRETIVE.fullmatch(field.target.id) and "Secret[" not in ast.unparse(field.annotation)
        if not (isinstance(field.value, ast.Call) and "repr=False" in ast.unparse(field.value))
    ]


def _prints_its_fields(owner: ast.ClassDef) -> bool:
    marks = [dotted(each.func) if isinstance(each, ast.Call) else dotted(each) for each in owner.decorator_list]
    return bool(SHOWS & {*marks, *map(dotted, owner.bases)})


def test_nothing_called_like_a_secret_is_printed_with_its_object() -> None:
    assert sorted(shown_secrets(house())) == sorted(PLAIN)


def test_these_checks_can_fail() -> None:
    shown = "@dataclass(frozen=True)\nclass User:\n    password: str"
    hidden = "@dataclass(frozen=True)\nclass User:\n    password: str = field(repr=False)"
    typed = "@dataclass(frozen=True)\nclass User:\n    password: Secret[str]"
    assert [len(shown_secrets(bad(text))) for text in (shown, hidden, typed)] == [1, 0, 0]
    assert WORD in repr([WORD])
