"""Who is told to come back before anything is done for him: a site that takes everybody in serves nobody.

A request is in work from the moment all of it is here until its answer begins. Who sends or reads slowly, or waits on a
stream, is in nobody's way and is not counted; nor is the one who watches. Places are few: beyond them everybody
is refused, and who only begins a login already at half of them, so that those who are half way in come through.
"""

from typing import Protocol

from starlette.types import Scope

BEGINNINGS = frozenset({
    ("GET", "/login"), ("POST", "/login"), ("POST", "/login/key"), ("POST", "/lost"), ("POST", "/found"),
    ("POST", "/api/phone/v1/sign-in"),
})  # fmt: skip
HASHES = frozenset({
    ("POST", "/login"), ("POST", "/lost"), ("POST", "/found"), ("POST", "/api/phone/v1/sign-in"),
})  # fmt: skip
WATCHED = frozenset({"/livez", "/readyz"})


class Overloaded(Exception):
    """All places are taken, or a password would wait for too long. Nothing was done. `retry_after` in seconds."""

    retry_after = 2


class Queue(Protocol):
    """What comes before the password hash."""

    def is_full_behind(self, many: int) -> bool: ...


class Admission:
    """The places of one process."""

    def __init__(self, most: int, hasher: Queue) -> None:
        self._most, self._hasher = most, hasher
        self.in_work = 0
        self._for_hash = 0  # of these, who want a hash

    def place(self, scope: Scope) -> "Place":
        return Place(self, (scope["method"], scope["path"]))

    def refuses(self, wish: tuple[str, str]) -> bool:
        most = self._most // 2 if wish in BEGINNINGS else self._most
        return self.in_work >= most or (wish in HASHES and self._hasher.is_full_behind(self._for_hash))

    def count(self, wish: tuple[str, str], change: int) -> None:
        self.in_work += change
        if wish in HASHES:
            self._for_hash += change


class Place:
    """One request's. Taken once, left once, in whatever order its body and its answer come."""

    __slots__ = ("_admission", "_is_over", "_is_taken", "_wish")

    def __init__(self, admission: Admission, wish: tuple[str, str]) -> None:
        self._admission, self._wish = admission, wish
        self._is_taken = False
        self._is_over = wish[1] in WATCHED

    def ask(self) -> None:
        """Before a body is read. Raises Overloaded."""
        if not self._is_over and self._admission.refuses(self._wish):
            raise Overloaded

    def take(self) -> None:
        """Raises Overloaded."""
        if self._is_over or self._is_taken:
            return
        self.ask()
        self._is_taken = True
        self._admission.count(self._wish, 1)

    def leave(self) -> None:
        if self._is_taken and not self._is_over:
            self._admission.count(self._wish, -1)
        self._is_over = True
