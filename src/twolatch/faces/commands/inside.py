"""Running a flow from the command line: the house is opened, one wish is done, the house is closed."""

import asyncio
from collections.abc import Awaitable, Callable
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


def settings_or_fail() -> Settings:
    """The settings, or what is wrong with them and where to change it."""
    try:
        return load()
    except ValidationError as fault:
        lines = [f"  TWOLATCH_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in fault.errors()]
        fail("These settings cannot be used:\n" + "\n".join(lines))
    except OSError as fault:
        fail(f"A settings file cannot be read: {fault}")


def in_house(wish: "Callable[[House], Awaitable[T]]") -> T:
    """Opens the house of this site for one wish. Faults that an operator can mend are told in a sentence."""
    from twolatch.app import NotMigrated, built_house
    from twolatch.house import WrongKey
    from twolatch.storage.db import StorageFault

    async def run() -> T:
        async with built_house(settings_or_fail(), alone=True) as house:
            return await wish(house)

    try:
        return asyncio.run(run())
    except (NotMigrated, WrongKey, StorageFault) as fault:
        fail(str(fault))
