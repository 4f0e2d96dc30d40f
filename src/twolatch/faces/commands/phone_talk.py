"""What `twolatch phone` says, and what it tells the shell."""

import json
import sys
from dataclasses import asdict
from enum import IntEnum
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from twolatch.client.outcomes import Refused
from twolatch.protocol.labels import clean_label

T = TypeVar("T")


class Exit(IntEnum):
    """What the shell is told."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    NOTHING = 3
    CODE = 4
    WRONG = 5
    OVER = 6
    PHONE = 7
    BUSY = 8
    AWAY = 9


# By the whole code first, then by its subject (the part before the dot).
_EXITS = {
    "phone.already_here": Exit.CODE,
    "phone.already_elsewhere": Exit.CODE,
    "phone.too_old": Exit.CODE,
    "phone.none": Exit.NOTHING,
    "code": Exit.CODE,
    "answer.wrong": Exit.WRONG,
    "activation.wrong_number": Exit.WRONG,
    "activation": Exit.OVER,
    "move": Exit.CODE,
    "challenge": Exit.OVER,
    "phone": Exit.PHONE,
    "limit": Exit.BUSY,
    "pin": Exit.USAGE,
    "digits": Exit.USAGE,
    "number": Exit.USAGE,
    "picture": Exit.USAGE,
    "scan": Exit.OVER,
    "user": Exit.USAGE,
}


class Talk:
    """What a command says: sentences for people, or one JSON object for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """A sentence; programs get none. It is never broken: a link in two pieces leads nowhere."""
        if not self.as_json:
            self._out.print(text, markup=False, soft_wrap=True)

    def show(self, table: Table) -> None:
        """A table; programs get none."""
        if not self.as_json:
            self._out.print(table)

    def result(self, **fields: Any) -> None:
        """The one JSON object of a command that ended well."""
        if self.as_json:
            sys.stdout.write(json.dumps({"ok": True, **fields}) + "\n")

    def refuse(self, refused: Refused, status: Exit | None = None) -> NoReturn:
        """Passes on what the server, or the phone itself, had to say, and ends."""
        if self.as_json:
            said = {name: value for name, value in asdict(refused).items() if value not in ("", None)}
            sys.stdout.write(json.dumps({"ok": False, **said}) + "\n")
        else:
            self._explain(refused)
        raise typer.Exit(exit_of(refused) if status is None else status)

    def or_refuse(self, outcome: T | Refused) -> T:
        """The outcome; a refusal ends the command."""
        return self.refuse(outcome) if isinstance(outcome, Refused) else outcome

    def _explain(self, refused: Refused) -> None:
        sentences = [refused.title, refused.detail, refused.next]
        if refused.tries_left is not None:
            sentences.append(f"Tries left: {refused.tries_left}.")
        if refused.retry_after is not None:
            sentences.append(f"Try again in {refused.retry_after} seconds.")
        for sentence in filter(None, sentences):
            self.err.print(clean_label(sentence, 1000), markup=False, soft_wrap=True)


def exit_of(refused: Refused) -> Exit:
    """The exit code for a refusal."""
    if refused.code in _EXITS:
        return _EXITS[refused.code]
    if refused.status in (429, 503):
        return Exit.BUSY
    return _EXITS.get(refused.code.split(".")[0], Exit.FAULT)
