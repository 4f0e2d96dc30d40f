"""Looks at the common file after every commit, from beside, and holds it against what must be so."""

import json
from pathlib import Path
from typing import Any

import apsw

from tests.simulation import invariants
from tests.simulation.invariants import Picture
from tests.simulation.world import World
from twolatch.words.events import Event

COLUMNS = {
    "challenges": "id user_id authenticator_id purpose browser is_known state tries expires_at",
    "activations": "id user_id session_id state tries authenticator_id",
    "authenticators": "id user_id state version moving",
    "attempts": "id user_id stage challenge_id",
    "sessions": "id user_id proved authenticator_id ended_at",
}
RIGHT = {Event.CHALLENGE_APPROVED.value, Event.AUTHENTICATOR_UNLOCKED.value}
COUNTED = RIGHT | {Event.ANSWER_WRONG.value}


class Eye:
    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._file = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._wrong: dict[str, tuple[int, int]] = {}
        self._line = 0
        self._before = self._picture()
        world.on_commit, world.is_there = self.look, self.is_there

    def look(self, who: str) -> None:
        after = self._picture()
        for finding in invariants.found(self._before, after, self._world.latest)[:1]:
            self._world.fail(f"after a commit of {who}: {finding}")
        self._before = after

    def is_there(self, table: str, column: str, value: str | bytes) -> bool:
        return bool(self._rows(f"SELECT id FROM {table} WHERE {column} = ?", value))

    def is_whole(self) -> bool:
        return self._rows("PRAGMA integrity_check") == [("ok",)]

    def close(self) -> None:
        self._file.close()

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._file.execute(sql, values).fetchall()

    def _table(self, table: str) -> dict[str, dict[str, Any]]:
        names = COLUMNS[table].split()
        rows = self._rows(f"SELECT {', '.join(names)} FROM {table}")
        return {row[0]: dict(zip(names, row, strict=True)) for row in rows}

    def _picture(self) -> Picture:
        self._read_log()
        meters = dict(self._rows("SELECT key, count FROM meters WHERE key LIKE 'pin-%'"))
        return Picture(**{table: self._table(table) for table in COLUMNS}, meters=meters, wrong=dict(self._wrong))

    def _read_log(self) -> None:
        for line, event, facts in self._rows("SELECT number, event, facts FROM audit WHERE number > ?", self._line):
            self._line = line
            if event in COUNTED and (one := json.loads(facts).get("phone")):
                row, ever = self._wrong.get(one, (0, 0))
                self._wrong[one] = (0, ever) if event in RIGHT else (row + 1, ever + 1)
