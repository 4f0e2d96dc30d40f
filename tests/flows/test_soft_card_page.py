"""The page of soft cards: there in a rehearsal, and nowhere else."""

import json
import os
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from tests.people import Browser
from twolatch.app import built_edge
from twolatch.client import cards
from twolatch.house import House
from twolatch.settings import Settings
from twolatch.texts.catalogue import Texts


def browser_of(house: House, folder: Path | None) -> Browser:
    house = replace(house, settings=house.settings.model_copy(update={"soft_cards": folder}))
    stands: Any = SimpleNamespace(settings=house.settings, port=8080)
    return Browser(stands, httpx.ASGITransport(built_edge(house, Texts())))


def kept(folder: Path, serial: str) -> None:
    cards.keep(folder, cards.made(serial, "4711", os.urandom(cards.FRESH))[0])


async def test_a_site_that_names_no_folder_has_no_such_page(house: House) -> None:
    page = await browser_of(house, None).get("/soft-card")
    assert (page.status, page.says("page.not_found")) == (404, True)


async def test_the_page_holds_the_card_that_is_wished_for(house: House, tmp_path: Path) -> None:
    browser = browser_of(house, tmp_path)
    assert "There is no card here yet" in (await browser.get("/soft-card")).text
    for serial in ("T-1", "T-2"):
        kept(tmp_path, serial)
    for address, serial in (("/soft-card", "T-1"), ("/soft-card?serial=T-2", "T-2"), ("/soft-card?serial=T-3", "T-1")):
        page = await browser.get(address)
        made = json.loads(unescape(page.text).partition('data-card="')[2].partition('">')[0])
        assert made["serial"] == serial


async def test_no_other_file_can_be_read_through_it(house: House, tmp_path: Path) -> None:
    kept(tmp_path / "cards", "T-1")
    (tmp_path / "secret.card.json").write_text('{"serial": "secret"}')
    page = await browser_of(house, tmp_path / "cards").get("/soft-card?serial=..%2Fsecret")
    assert (page.status, "secret" in page.text) == (200, False)


def test_soft_cards_are_refused_anywhere_but_here() -> None:
    with pytest.raises(ValidationError, match="localhost"):
        Settings(portal_url="https://portal.example.com", soft_cards=Path("cards"))
    assert Settings(soft_cards=Path("cards")).soft_cards == Path("cards")


def test_a_wrong_pin_a_wrong_number_and_a_damaged_file_answer_nothing(tmp_path: Path) -> None:
    kept(tmp_path, "T-1")
    card = cards.load(tmp_path, "T-1")
    assert card
    assert cards.answer(card, "4712", "402917") is None
    assert len(cards.answer(card, "4711", "402917") or "") == 8
    with pytest.raises(ValueError, match="six or eight"):
        cards.answer(card, "4711", "12345")
    (tmp_path / "T-2.card.json").write_text("{")
    assert cards.load(tmp_path, "T-2") is None
    assert cards.load(tmp_path, "../T-1") is None
    assert list(cards.kept(tmp_path)) == ["T-1", "T-2"]
    assert (tmp_path / "T-1.card.json").stat().st_mode & 0o077 == 0
