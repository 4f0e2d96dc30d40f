"""The commands on the operator's pages exist, with their options: on a bad day nobody looks for the right one."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.house.source import PROJECT
from twolatch.faces.commands.words import command_line

PAGES = sorted((PROJECT / "docs" / "operations").glob("*.md"))
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.M | re.S)
INLINE = re.compile(r"`((?:[A-Z_]+=\S+ )*twolatch [^`]+)`")
SETTING = re.compile(r"[A-Z_]+=")


def said_on(text: str) -> list[list[str]]:
    """Words of each `twolatch ...` of a page; comments, settings before it and what it is piped into are left out."""
    lines = [line for block in BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    found = []
    for line in [*lines, *INLINE.findall(text)]:
        try:
            words = shlex.split(line.strip().replace("...", "WORD"), comments=True)
        except ValueError:  # half of a quoted script of another program
            continue
        while words and SETTING.match(words[0]):
            words.pop(0)
        if words and words[0] == "twolatch":
            found.append([word for word in words[1:] if word not in {"|", ">", "&"}])
    return found


def wrong(words: list[str]) -> str:
    """What of these words is none of ours; empty where all is right."""
    command: Any = get_command(command_line())
    rest = list(words)
    while (known := getattr(command, "commands", {})) and rest and not rest[0].startswith("-"):
        if (name := rest.pop(0)) not in known:
            return name
        command = known[name]
    options = {each for option in command.params for each in (*option.opts, *option.secondary_opts)}
    return next((w for w in rest if w.startswith("--") and w.partition("=")[0] not in options | {"--help"}), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_can_be_said(page: Path) -> None:
    assert [" ".join(words) for words in said_on(page.read_text(encoding="utf-8")) if wrong(words)] == []


def test_the_page_for_bad_days_says_what_to_do() -> None:
    page = (PROJECT / "docs" / "operations" / "disaster.md").read_text(encoding="utf-8")
    said = {" ".join(words[:2]) for words in said_on(page)}
    assert {"keys move", "keys rotate", "fence", "restore /backup/2026-11-28", "code issue", "audit verify"} <= said


def test_these_checks_can_fail() -> None:
    page = "```sh\nA=1 twolatch key move x   # no such word\n```\n`twolatch backup --quick F`, `twolatch fence`"
    assert [wrong(words) for words in said_on(page)] == ["key", "--quick", ""]
