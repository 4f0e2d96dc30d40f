"""Small: short files, short functions, no folder for what has no name, no circles."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

import grimp

from tests.house.source import File, bad, files_of_tests, house

FILE_LINES = 350
TEST_LINES = 500  # a list of sentences may be longer than what they are about
FUNCTION_LINES = 40
MEDIAN_LINES = 10

# Longer than the rule, and better so.
LONG_FUNCTIONS = {
    "activation/claim.py:_make": "three literals one after another: the transcript, the phone, the answer",
}
# A word for what has no word.
DRAWERS = {"common", "core", "helper", "helpers", "lib", "manager", "managers", "misc", "service", "services", "util"}
DRAWERS |= {"utils", "tools", "shared"}
NOT_A_DRAWER = {"people/common.py": "the most common passwords"}

# Two files that import each other, one of them at the first use only.
KNOWN_CIRCLE = {"twolatch.wires.pinned_dial", "twolatch.wires.public_http"}


def long_files(files: Iterable[File], most: int = FILE_LINES) -> list[str]:
    return [f"{file.path}: {lines} lines" for file in files if (lines := len(file.text.splitlines())) > most]


def long_functions(files: Iterable[File]) -> list[str]:
    return [
        f"{file.path}:{name}"
        for file in files
        for name, one in file.functions
        if (one.end_lineno or 0) - one.lineno + 1 > FUNCTION_LINES
    ]


def median_function(files: Iterable[File]) -> float:
    return statistics.median(
        (one.end_lineno or 0) - one.lineno + 1 for file in files for _, one in file.functions
    )


def drawers(files: Iterable[File]) -> list[str]:
    return [file.path for file in files if DRAWERS & set(file.path.removesuffix(".py").split("/"))]


def circles(graph: Mapping[str, Sequence[str]]) -> list[str]:
    """Modules that can be reached from themselves."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(graph.get(start, ()))
        while waiting:
            if (one := waiting.pop()) not in seen:
                seen.add(one)
                waiting += graph.get(one, ())
        return seen

    return [module for module in graph if module in reached(module)]


def test_no_file_is_too_long_to_be_read_in_one_go() -> None:
    assert long_files(house()) == []
    assert long_files(files_of_tests(), TEST_LINES) == []


def test_no_function_is_too_long_to_be_understood_at_once() -> None:
    assert sorted(long_functions(house())) == sorted(LONG_FUNCTIONS)


def test_most_functions_are_very_short() -> None:
    assert median_function(house()) <= MEDIAN_LINES


def test_no_folder_or_file_is_named_after_nothing() -> None:
    assert drawers(house()) == list(NOT_A_DRAWER)


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = grimp.build_graph("twolatch")
    imported = {one: sorted(graph.find_modules_directly_imported_by(one)) for one in graph.modules}
    assert set(circles(imported)) == KNOWN_CIRCLE


def test_these_checks_can_fail() -> None:
    assert long_files(bad("x = 1\n" * (FILE_LINES + 1)))
    assert long_functions(bad("def f():\n" + "    x = 1\n" * FUNCTION_LINES)) == ["room/flows.py:f"]
    assert median_function(bad("def f():\n" + "    x = 1\n" * 20)) > MEDIAN_LINES
    assert drawers(bad("", "login/utils.py"))
    assert drawers(bad("", "helpers/flows.py"))
    assert circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}) == ["a", "b", "c"]
