"""Which history of a database this process goes by.

A standby that was promoted, or a copy that was put back in the same place, may know less than was acknowledged: used
codes are unused there, ended sessions live. So a connection that meets another history than the first one did is
refused until somebody has looked (the fence), and the requests of that moment are told to come back.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from twolatch.storage.faults import OtherHistory

# The timeline of the log as it is written now: that of the last checkpoint lags behind a promotion by minutes.
FACTS = (
    "CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline,"
    " (SELECT system_identifier::text FROM pg_control_system()) AS cluster,"
    " (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS base"
)


class History:
    """Of one pool. The first connection says which it is."""

    def __init__(self) -> None:
        self._ours: tuple[str, str, str] | None = None
        self._is_forked = asyncio.Event()

    @property
    def timeline(self) -> str:
        """In decimal figures; another one since a standby was promoted or a log was replayed up to a point."""
        return str(int(self._ours[0], 16)) if self._ours else ""

    def must_be_ours(self, facts: Mapping[str, Any]) -> None:
        """Of a new connection. Raises OtherHistory."""
        met = (str(facts["timeline"]), str(facts["cluster"]), str(facts["base"]))
        self._ours = self._ours or met
        if met != self._ours:
            self._is_forked.set()
            raise OtherHistory("this PostgreSQL has another history than the one we know: it waits for the fence")

    async def forked(self) -> None:
        """Returns when a connection was refused for its history."""
        await self._is_forked.wait()

    def follow(self, other: "History") -> None:
        """Somebody has looked at it through `other`: from now on it is ours."""
        self._ours = other._ours
        self._is_forked.clear()
