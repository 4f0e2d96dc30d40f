"""Whatever is sealed in a table is sealed anew when the keys change."""

import re
from collections.abc import Iterable

from tests.house.source import File, bad, house
from twolatch.rotation import SEALED

CLOSED = re.compile(r"\.seal\(\s*\"([a-z_.]+)\"")


def closed(files: Iterable[File]) -> set[str]:
    """`table.column` of every value that is sealed anywhere."""
    return {where for file in files for where in CLOSED.findall(file.text)}


def test_every_sealed_column_is_sealed_anew_when_keys_change() -> None:
    assert closed(house()) == {of.where for of in SEALED}


def test_these_checks_can_fail() -> None:
    assert closed(bad('def f(keys):\n    return keys.seal(\n        "notes.text", "a", "", b"")')) == {"notes.text"}
