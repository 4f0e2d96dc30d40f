"""Somebody else is faster, at the very moment that hurts."""

from collections.abc import Awaitable, Callable
from typing import Any

from twolatch.storage.db import Tx


class Overtaken:
    """A database in which somebody else is done between our look and our payment."""

    def __init__(self, db: Any, other: Callable[[], Awaitable[Any]]) -> None:
        self._db, self._other, self.heard = db, other, None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def write(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        if self.heard is None:
            self.heard = await self._other()
        return await self._db.write(work)
