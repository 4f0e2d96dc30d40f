"""Habits that a reader should not have to look for."""

import ast
import re
from collections.abc import Iterable

from tests.house.source import File, bad, calls, dotted, files_of_tests, house

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Tests that look again and again at another process, or play a machine that is slow: none of them waits for a person.
PATIENT = {
    "tests/site.py": "looks whether another process is ready, and stops at the first yes",
    "tests/wires/test_push.py": "plays a push service that drips for ever",
}
LOOSE = re.compile(r"#\s*(type:\s*ignore(?!\[)|noqa(?!:)|mypy:|ruff:)", re.I)


def prints(files: Iterable[File]) -> list[str]:
    return [
        file.at(call, "prints")
        for file in files
        for call in calls(file, "print", "breakpoint", "pprint")
        if dotted(call.func) in {"print", "breakpoint", "pprint", "pprint.pprint"}  # not a console, whose work it is
    ]


def swallows(files: Iterable[File]) -> list[str]:
    """`except:`, and whoever catches everything and does nothing with it."""
    found = []
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.ExceptHandler):
                everything = node.type is None or dotted(node.type) in {"Exception", "BaseException"}
                idle = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
                if node.type is None or (everything and idle):
                    found.append(file.at(node, "swallows every fault"))
    return found


def unfinished(files: Iterable[File]) -> list[str]:
    return [
        f"{file.path}:{number} {line.strip()}"
        for file in files
        for number, line in enumerate(file.text.splitlines(), 1)
        if UNFINISHED.search(line) or LOOSE.search(line)
    ]


def undescribed(files: Iterable[File]) -> list[str]:
    """Files without a first sentence about what they are for."""
    return [
        file.path for file in files if file.text.strip() and not ast.get_docstring(file.tree, clean=False)
    ]


def sleeps(files: Iterable[File]) -> list[str]:
    """Whoever sleeps for a fixed time. `sleep(0)` only lets others speak."""
    return [
        file.at(call, "sleeps")
        for file in files
        for call in calls(file, "sleep")
        if dotted(call.func) in {"time.sleep", "asyncio.sleep", "sleep"}
        and not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)
    ]


def unspoken(files: Iterable[File]) -> list[str]:
    """Tests whose name is no sentence: fewer than three words."""
    return [
        f"{file.path}:{name}"
        for file in files
        if "/test_" in file.path
        for name, _ in file.functions
        if name.startswith("test_") and len(name.split("_")) < 4
    ]


def test_nobody_ever_prints() -> None:
    assert prints(house()) == []


def test_nobody_swallows_every_fault() -> None:
    assert swallows(house()) == []


def test_nothing_is_left_unfinished_or_silenced_without_naming_what() -> None:
    assert unfinished(house()) == []


def test_every_file_says_first_what_it_is_for() -> None:
    assert undescribed(house()) == []


def test_no_test_sleeps_for_anybody() -> None:
    assert {finding.partition(":")[0] for finding in sleeps(files_of_tests())} == set(PATIENT)


def test_every_test_is_named_as_a_sentence() -> None:
    assert unspoken(files_of_tests()) == []


def test_these_checks_can_fail() -> None:
    assert prints(bad("print(1)"))
    assert swallows(bad("try:\n    f()\nexcept:\n    g()"))
    assert swallows(bad("try:\n    f()\nexcept Exception:\n    pass"))
    assert swallows(bad("try:\n    f()\nexcept Exception as fault:\n    log(fault)")) == []
    assert unfinished(bad("x = 1  # TO" + "DO later"))
    assert unfinished(bad("x = f()  # type: ig" + "nore"))
    assert undescribed(bad("x = 1"))
    assert sleeps(bad("import time\ntime.sleep(0.1)"))
    assert sleeps(bad("import asyncio\nasyncio.sleep(pause)"))
    assert sleeps(bad("import asyncio\nasyncio.sleep(0)")) == []
    assert unspoken(bad("def test_login():\n    pass", "tests/login/test_login.py"))
