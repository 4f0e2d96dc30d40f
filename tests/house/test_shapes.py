"""Ask by shape, not by kind: what a phone is, kinds know and nobody else."""

import ast
from collections.abc import Iterable

from tests.house.source import File, bad, dotted, house

WHO_MAY_ASK = {"kinds", "texts", "storage"}  # in storage a kind is a Python type; authenticators are not known there

# Who knows one kind by name. A new kind must not have to touch these.
KNOW_THE_PHONE = {
    "activation/claim.py": "the claim is the phone's own way to enrol (docs/protocol.md, section 1)",
    "app.py": "builds the shelf",
    "faces/api/bodies.py": "the phone's own API",
    "faces/api/phone.py": "the phone's own API",
}


def _is_kind(node: ast.AST) -> bool:
    """`kind`, `one.kind`, `kind.name`, `one.kind.name`, `type(kind)`."""
    if isinstance(node, ast.Call) and dotted(node.func) == "type" and node.args:
        node = node.args[0]
    return dotted(node).removesuffix(".name").rpartition(".")[2] == "kind"


def asks_by_kind(files: Iterable[File]) -> list[str]:
    found = []
    for file in files:
        if file.room in WHO_MAY_ASK:
            continue
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Compare) and any(map(_is_kind, (node.left, *node.comparators))):
                found.append(file.at(node, "compares a kind"))
            if isinstance(node, ast.Match) and _is_kind(node.subject):
                found.append(file.at(node, "matches on a kind"))
            if isinstance(node, ast.Subscript) and _is_kind(node.slice):
                found.append(file.at(node, "looks something up by kind"))
    return found


def imports_of_one_kind(files: Iterable[File]) -> list[str]:
    """Who imports a kind itself instead of the shelf or the shape of kinds."""
    return sorted(
        file.path
        for file in files
        if file.room != "kinds"
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("twolatch.kinds.")
        and node.module not in {"twolatch.kinds.kind", "twolatch.kinds.shelf"}
    )


def test_nobody_asks_which_kind_it_is() -> None:
    assert asks_by_kind(house()) == []


def test_few_know_the_phone_by_name() -> None:
    assert imports_of_one_kind(house()) == sorted(KNOW_THE_PHONE)


def test_these_checks_can_fail() -> None:
    assert asks_by_kind(bad('if one.kind == "phone":\n    pass'))
    assert asks_by_kind(bad('ok = one.kind in {"phone", "card"}'))
    assert asks_by_kind(bad('ok = kind.name != "phone"'))
    assert asks_by_kind(bad("ok = type(kind) is Phone"))
    assert asks_by_kind(bad('match one.kind:\n    case "phone":\n        pass'))
    assert asks_by_kind(bad("page = {1: 2}[one.kind]"))
    assert asks_by_kind(bad('ok = one.kind == "phone"', "kinds/shelf.py")) == []
    assert imports_of_one_kind(bad("from twolatch.kinds.phone import Phone"))
