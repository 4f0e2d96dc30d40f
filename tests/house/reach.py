"""Who calls whom: from a function of the house to every function, refusal and event it can reach.

Read from the text alone, so it sees a little more than can happen (both sides of every `if`), never less of what is
called by name. Calls through `house.kinds` go through `Kind` and end here, as they should.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from tests.house.source import File, Function, dotted, house


@dataclass
class Node:
    """One function: `names` are the full names it mentions, `writes` whether it opens a writing transaction itself."""

    names: set[str] = field(default_factory=set)
    writes: bool = False


class Reach:
    def __init__(self, files: Iterable[File]) -> None:
        self.nodes: dict[str, Node] = {}
        for file in files:
            self._read(file)

    def _read(self, file: File) -> None:
        known = _known(file)
        for top in file.tree.body:
            if isinstance(top, Function):
                self._add(f"{file.module}.{top.name}", top, known)
            elif isinstance(top, ast.ClassDef):
                for part in top.body:
                    if isinstance(part, Function):
                        self._add(f"{file.module}.{top.name}.{part.name}", part, known)
            elif isinstance(top, ast.Assign | ast.AnnAssign):
                for name in _targets(top):
                    self._add(f"{file.module}.{name}", top, known)

    def _add(self, name: str, node: ast.AST, known: dict[str, str]) -> None:
        own = {**known, **_known_inside(node)}
        found = self.nodes.setdefault(name, Node())
        for each in ast.walk(node):
            chain = dotted(each) if isinstance(each, ast.Name | ast.Attribute) else ""
            first, _, rest = chain.partition(".")
            if first in own:
                found.names.add(f"{own[first]}.{rest}".rstrip("."))
            if isinstance(each, ast.Call) and dotted(each.func).endswith(("db.write", "_db.write")):
                found.writes = True

    def of(self, start: str) -> set[str]:
        """Every name that can be reached, the start included."""
        seen, waiting = {start}, [start]
        while waiting:
            for name in self.nodes.get(waiting.pop(), Node()).names:
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return seen

    def writers(self, start: str) -> set[str]:
        """The functions on the way that write to the database."""
        return {name for name in self.of(start) if name in self.nodes and self.nodes[name].writes}


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _known(file: File) -> dict[str, str]:
    """Local name -> full name, of what this file defines and imports from the house."""
    known: dict[str, str] = {}
    for node in file.tree.body:
        if isinstance(node, Function | ast.ClassDef):
            known[node.name] = f"{file.module}.{node.name}"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            known |= {name: f"{file.module}.{name}" for name in _targets(node)}
    return known | _known_inside(file.tree)


def _known_inside(node: ast.AST) -> dict[str, str]:
    known = {}
    for each in ast.walk(node):
        if isinstance(each, ast.ImportFrom) and (each.module or "").split(".")[0] == "twolatch":
            room = (each.module or "").removeprefix("twolatch").removeprefix(".")
            known |= {one.asname or one.name: f"{room}.{one.name}".lstrip(".") for one in each.names}
    return known


@cache
def of_the_house() -> Reach:
    return Reach(house())
