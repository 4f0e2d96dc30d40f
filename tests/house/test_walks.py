"""The pages speak of functions that exist, and the settings page of every setting."""

import importlib
import re
from pathlib import Path

import pytest

from tests.house.source import PROJECT, house
from twolatch.settings import SECRETS, STRENGTHS, Settings

DOCS = PROJECT / "docs"
WALKS = sorted((DOCS / "walks").glob("*.md"))
PAGES = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
ROOMS = {file.room for file in house()}
NAME = re.compile(r"`([a-z_]+(?:\.\w+)+)`")
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
SETTING = re.compile(r"^\| `(TWOLATCH_[A-Z0-9_]+)` \| (.+?) \| .{10,} \|$", re.M)


def names_in(text: str) -> list[str]:
    """Every `room.file.function` (or `room.file.Class.method`) of a page."""
    return [name for name in NAME.findall(text) if name.partition(".")[0] in ROOMS and not name.endswith(".py")]


def exists(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module("twolatch." + ".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def broken_links(page: Path) -> list[str]:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    return [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_function_a_page_names_exists(page: Path) -> None:
    assert [name for name in names_in(page.read_text(encoding="utf-8")) if not exists(name)] == []


@pytest.mark.parametrize("page", WALKS, ids=lambda page: page.stem)
def test_a_walk_goes_through_enough_rooms_to_be_followed(page: Path) -> None:
    names = names_in(page.read_text(encoding="utf-8"))
    assert len(set(names)) >= 20
    assert {name.partition(".")[0] for name in names} >= {"faces", "authenticators", "people", "sessions"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_link_of_a_page_leads_nowhere(page: Path) -> None:
    assert broken_links(page) == []


def shown_default(value: object) -> str:
    if value is None or value in ("", (), {}):
        return "empty"
    if value == STRENGTHS:
        return "see [strength](../applications.md#how-much-by-what-proof)"
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`"


def test_the_settings_page_names_every_setting_with_its_default() -> None:
    page = dict(SETTING.findall((DOCS / "operations" / "settings.md").read_text(encoding="utf-8")))
    known = {f"TWOLATCH_{name.upper()}": shown_default(field.default) for name, field in Settings.model_fields.items()}
    assert {name: page.get(name) for name in known} == known
    assert set(page) - set(known) == {"TWOLATCH_CONFIG", *(f"{name}_FILE" for name in SECRETS)}


def test_decisions_are_numbered_each_with_its_own_number_and_say_what_follows() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]  # with gaps, while somebody else writes the one between
    assert numbers[0] == 1
    assert len(set(numbers)) == len(numbers)
    for page in pages:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.M)
        assert headings == ["Context", "Decision", "Consequences"], page.name


def test_these_checks_can_fail(tmp_path: Path) -> None:
    assert names_in("`login.flows.begin`, `docs.flows.x`, `people/store.py`") == ["login.flows.begin"]
    assert exists("login.flows.begin")
    assert exists("kinds.phone.Phone.check")
    assert not exists("login.flows.begin_at_once")
    assert not exists("login.floes.begin")
    page = tmp_path / "page.md"
    page.write_text("[there](page.md) [nowhere](gone.md) [far](https://example.org/x)")
    assert broken_links(page) == ["gone.md"]
    assert SETTING.findall("| `TWOLATCH_X` | `1` | Too short |\n") == []
