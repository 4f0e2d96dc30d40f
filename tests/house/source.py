"""The house as text: its files, their syntax trees, and where in them something stands.

Every check of this room is a function from files to findings, so that it can be shown a bad file and must find it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROJECT = Path(__file__).parents[2]
HOUSE = PROJECT / "src" / "twolatch"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class File:
    """`path` is relative to the house (`login/flows.py`), or to the project for tests."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        return self.path.partition("/")[0].removesuffix(".py")

    @property
    def module(self) -> str:
        """`login.flows`; a package goes by its own name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def functions(self) -> list[tuple[str, Function]]:
        """Every function with its name; inner ones and methods are `outer.inner`."""
        return list(_functions(self.tree, ""))

    def function_at(self, line: int) -> str:
        """The outermost function around a line; empty outside of all. A method is `Class.method`."""
        around = [name for name, one in self.functions if one.lineno <= line <= (one.end_lineno or 0)]
        return min(around, key=len, default="")

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)} {what}"


def _functions(parent: ast.AST, before: str) -> Iterator[tuple[str, Function]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, Function):
            yield before + node.name, node
            yield from _functions(node, f"{before}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{before}{node.name}.")
        else:
            yield from _functions(node, before)


@cache
def house() -> tuple[File, ...]:
    """Every Python file of the product."""
    return tuple(_read(path, HOUSE) for path in sorted(HOUSE.rglob("*.py")))


@cache
def files_of_tests() -> tuple[File, ...]:
    """Every Python file of the tests."""
    return tuple(_read(path, PROJECT) for path in sorted((PROJECT / "tests").rglob("*.py")))


def _read(path: Path, home: Path) -> File:
    return File(path.relative_to(home).as_posix(), path.read_text(encoding="utf-8"))


def bad(text: str, path: str = "room/flows.py") -> list[File]:
    """A file that a check must find fault with."""
    return [File(path, text)]


def dotted(node: ast.AST) -> str:
    """`time.time` of the expression that says so; empty for anything that is not a plain chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def calls(file: File, *names: str) -> Iterator[ast.Call]:
    """Calls of functions or methods whose last name is one of these."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and _last(node.func) in names:
            yield node


def _last(function: ast.AST) -> str:
    return function.attr if isinstance(function, ast.Attribute) else dotted(function)


def texts_of(file: File) -> Iterator[tuple[int, str]]:
    """Every string that is not a docstring, with its line; the parts of an f-string as one, its holes as `{}`."""
    prose = {id(node.value) for node in ast.walk(file.tree) if isinstance(node, ast.Expr)}
    inside = {
        id(part) for node in ast.walk(file.tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    for node in ast.walk(file.tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | prose:
            yield node.lineno, node.value
