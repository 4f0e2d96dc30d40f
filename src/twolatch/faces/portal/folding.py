"""What a page says the same way to everybody is worked out once, when its template is loaded.

A page calls for some thirty texts and pictures, and few of them depend on who looks.
"""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from jinja2 import Environment, Template, UndefinedError, nodes
from jinja2.visitor import NodeTransformer

PIECES = "parts/pieces.html"
Said = Mapping[str, Callable[..., str]]


class FoldingEnvironment(Environment):
    """`said` are its globals whose answer depends on their arguments alone: `t("login.title")`, `asset("icon.svg")`."""

    def __init__(self, said: Said, **options: Any) -> None:
        super().__init__(**options)
        self.globals.update(said)
        self._said = said
        self._kept: dict[str, Template] = {}

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:
        """Each is loaded once: a page asks for three, and the library's own memory has a lock before it."""
        if name not in self._kept:
            self._kept[name] = super().get_template(name, parent, globals)
        return self._kept[name]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A plain dictionary: every page copies it, and a chain of two is copied ten times slower."""
        return {**self.globals, **(d or {})}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        pieces = None if name == PIECES else self.get_template(PIECES).make_module()
        folded: nodes.Template = _Folding(self._said, pieces).visit(super()._parse(source, name, filename))
        return folded


class _Folding(NodeTransformer):
    """Puts the answer in the place of a call whose arguments all stand in the template."""

    def __init__(self, said: Said, pieces: Any) -> None:
        self._said, self._pieces = said, pieces

    def visit_Call(self, call: nodes.Call) -> nodes.Node:
        self.generic_visit(call)
        if call.dyn_args or call.dyn_kwargs:
            return call
        try:
            return self._answer(call.node, [each.as_const() for each in call.args], _named(call.kwargs)) or call
        except (nodes.Impossible, UndefinedError):  # it wants something of the request as well
            return call

    def _answer(self, asked: nodes.Node, given: list[Any], named: dict[str, Any]) -> nodes.Expr | None:
        if isinstance(asked, nodes.Name) and asked.name in self._said:
            return nodes.Const(self._said[asked.name](*given, **named))
        if self._pieces and isinstance(asked, nodes.Getattr) and asked.node == nodes.Name("pieces", "load"):
            return nodes.MarkSafe(nodes.Const(str(getattr(self._pieces, asked.attr)(*given, **named))))
        return None


def _named(given: list[nodes.Keyword]) -> dict[str, Any]:
    return {each.key: each.value.as_const() for each in given}
