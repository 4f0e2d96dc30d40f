"""Running a flow from the command line: the house is opened, one wish is done, the house is closed."""

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeVar

import typer
from pydantic import ValidationError

from twolatch.settings import Settings, load

if TYPE_CHECKING:
    from twolatch.house import House

T = TypeVar("T")
FAILED = 1


def fail(text: str, code: int = FAILED) -> NoReturn:
    typer.secho(text, fg=typer.colors.RED, err=True)
    raise typer.Exit(code)


@contextmanager
def settings_faults() -> Iterator[list[tuple[str, str]]]:
    """What is wrong with settings that are loaded in this block: name and reason of each."""
    faults: list[tuple[str, str]] = []
    try:
        yield faults
    except ValidationError as fault:
        faults += [(f"TWOLATCH_{'_'.join(map(str, each['loc'])).upper()}", each["msg"]) for each in fault.errors()]
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        faults.append(("a settings file", str(fault)))


def settings_or_fail() -> Settings:
    """The settings, or what is wrong with them and where to change it."""
    with settings_faults() as faults:
        return load()
    fail("These settings cannot be used:\n" + "\n".join(f"  {name}: {reason}" for name, reason in faults))


def in_house(wish: "Callable[[House], Awaitable[T]]") -> T:
    """Opens the house of this site for one wish. Faults that an operator can mend are told in a sentence."""
    from twolatch.app import NotMigrated, built_house
    from twolatch.house import WrongClock, WrongKey
    from twolatch.storage.db import StorageFault

    async def run() -> T:
        async with built_house(settings_or_fail(), alone=True) as house:
            return await wish(house)

    try:
        return asyncio.run(run())
    except (NotMigrated, WrongKey, StorageFault) as fault:
        fail(str(fault))
    except WrongClock as fault:
        fail(f"Nothing was done: {fault}. Set it right, or see `twolatch clock show`.")
