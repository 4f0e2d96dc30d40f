"""The dashboard and the alarms ask for figures that exist: a renamed event must not leave a panel silent for ever."""

import json
import re

import pytest
import yaml

from tests.house.source import HOUSE
from twolatch.wires.metrics import Prometheus
from twolatch.words.events import Event

PAGES = HOUSE.parents[1] / "docs" / "operations"
FIGURE = re.compile(r"\btwolatch_[a-z_]+")
EVENT = re.compile(r'event=(~?)"([^"]+)"')


def questions() -> list[str]:
    board = json.loads((PAGES / "dashboard.json").read_text())
    rules = yaml.safe_load((PAGES / "alarms.yml").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return asked + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def told() -> set[str]:
    """Names of all figures, as they stand on the page."""
    from prometheus_client import REGISTRY

    Prometheus()
    endings = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
    return {f"{of.name}{end}" for of in REGISTRY.collect() for end in endings.get(of.type, [])}


def test_there_are_questions_on_both_pages() -> None:
    assert len(questions()) > 15


def test_every_figure_asked_for_is_told(told: set[str]) -> None:
    assert {name for asked in questions() for name in FIGURE.findall(asked)} <= told


def test_every_event_asked_for_exists() -> None:
    names = {event.value for event in Event}
    for is_pattern, text in (found for asked in questions() for found in EVENT.findall(asked)):
        if is_pattern:
            each = [part for part in re.sub(r"\(([^)]*)\)", "", text).split("|") if part.count(":") == 2]
            assert any(re.fullmatch(text, name) for name in names), text
            assert set(filter(lambda part: not part.endswith(":"), each)) <= names
        else:
            assert text in names


def test_the_page_names_every_figure(told: set[str]) -> None:
    page = (PAGES / "watching.md").read_text()
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in told if name.startswith("twolatch_")}
    assert ours
    assert all(f"`{name}" in page or f"`{name}{{" in page for name in ours)
