"""Regions out of their files: the examples that come along, and everything an operator may get wrong."""

import shutil
from pathlib import Path

import pytest

from twolatch.app import regions_of
from twolatch.regions import BadRegions, addresses, read, shipped
from twolatch.regions.model import Line
from twolatch.regions.reading import SHIPPED
from twolatch.settings import Settings

ISO = 249  # countries of ISO 3166-1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "regions"))


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    file = folder / f"{name}.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_five_regions_come_along_in_their_order_and_say_that_they_are_examples() -> None:
    regions = shipped().every
    assert [one.id for one in regions] == ["us-canada", "europe", "asia", "australia", "japan"]
    assert all(one.is_sample for one in regions)


def test_every_country_of_the_world_is_served_by_exactly_one_region_and_has_an_address_form() -> None:
    every = [country for one in shipped().every for country in one.countries]
    assert len(every) == len(set(every)) == ISO
    assert all(addresses.form(country) for country in every)


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("NL", "europe"),
        ("ca", "us-canada"),
        ("JP", "japan"),
        ("HK", "asia"),
        ("NZ", "australia"),
        ("ZZ", "europe"),
        ("", "europe"),
    ],
)
def test_a_country_finds_its_region_and_an_unknown_one_the_region_for_the_rest(country: str, region: str) -> None:
    assert shipped().of_country(country).id == region


def test_telephones_are_free_and_direct_and_say_which_language_is_spoken() -> None:
    for one in shipped().every:
        assert any(phone.kind is Line.DIRECT for phone in one.phones)
    asia, japan = shipped().by_id("asia"), shipped().by_id("japan")
    assert asia
    assert {phone.says for phone in asia.phones} == {"廣東話", "普通话"}
    assert japan
    assert [post.language for post in japan.posts] == ["en", "ja"]
    assert japan.posts[1].lines[1].startswith("〒")


def test_a_telephone_link_holds_nothing_but_what_is_dialled() -> None:
    dialled = {phone.dialled for one in shipped().every for phone in one.phones}
    assert "+61255500142" in dialled
    assert all(number.lstrip("+").isdigit() for number in dialled)


def test_the_site_puts_its_own_name_on_the_label() -> None:
    assert shipped("Lindenbank").every[0].post.lines[0] == "Lindenbank"


def test_the_clients_own_region_is_shown_first() -> None:
    regions = shipped()
    shown = regions.beginning_with(regions.of_country("JP"))
    assert [one.id for one in shown] == ["japan", "us-canada", "europe", "asia", "australia"]


def test_an_operator_puts_his_own_folder_in_their_place(folder: Path) -> None:
    for file in folder.iterdir():
        if file.stem != "europe":
            file.unlink()
    (folder / "europe.toml").write_text(
        (folder / "europe.toml").read_text(encoding="utf-8").replace("sample = true\n", ""), encoding="utf-8"
    )
    regions = regions_of(Settings(regions=folder, site_name="Lindenbank"))
    assert [one.id for one in regions.every] == ["europe"]
    assert not regions.every[0].is_sample
    assert regions.of_country("JP").id == "europe"


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("asia", "order = 3", "order = three", "asia.toml"),
        ("asia", "order = 3", 'order = "3"', "`order` is a whole number"),
        ("asia", "order = 3", "order = 3\nrest = true", "exactly one region"),
        ("europe", "rest = true\n", "", "exactly one region"),
        ("europe", "rest = true", 'rest = "yes"', "`rest` is true or false"),
        ("europe", '"NL"', '"JP"', "JP stands in"),
        ("europe", '"NL"', '"Nederland"', "Nederland"),
        ("europe", 'paper = "A4"', 'paper = "A5"', "`paper` is one of A4, Letter"),
        ("europe", 'paper = "A4"', 'papier = "A4"', "`papier` is unknown"),
        ("europe", 'zone = "Europe/Zurich"', 'zone = "Zurich"', "`zone`"),
        ("europe", 'zone = "Europe/Zurich"', 'zone = "../../etc/passwd"', "`zone`"),
        ("europe", 'calendar = "CH-ZG"', 'calendar = "Swiss"', "`calendar`"),
        ("europe", 'calendar = "CH-ZG"', 'calendar = "CH-QQ"', "CH-QQ"),
        ("europe", 'calendar = "CH-ZG"', 'calendar = "CH"\nweekend = [0]', "`weekend`"),
        ("europe", 'calendar = "CH-ZG"', 'calendar = "CH"\nweekend = [1, 2, 3, 4, 5]', "`weekend`"),
        ("europe", 'calendar = "CH-ZG"', 'calendar = "CH"\nclosed_on = ["2026-12-24"]', "`closed_on`"),
        ("europe", 'calendar = "CH-ZG"', 'calendar = "CH"\nholidays = ["birthdays"]', "birthdays"),
        ("europe", 'en = "Europe"', 'fr = "Europe"', "`[name]`"),
        ("europe", 'number = "0808 157 0142"', 'number = "call me"', "call me"),
        ("europe", 'number = "0808 157 0142"', 'numbr = "0808"', "`phone.numbr` is unknown"),
        ("europe", '"CH-6300 Musterstadt"', r'"CH-6300\u0007"', "lines"),
        ("europe", '"CH-6300 Musterstadt"', '"' + "x" * 81 + '"', "lines"),
        ("europe", '"Beispielstrasse 28"', ", ".join(f'"{n}"' for n in range(9)), "2 to 9 lines"),
    ],
)
def test_what_is_wrong_in_a_file_stops_the_start_and_is_said(
    folder: Path, name: str, old: str, new: str, told: str
) -> None:
    with pytest.raises(BadRegions) as fault:
        regions_of(Settings(regions=changed(folder, name, old, new)))
    assert told in str(fault.value)


def test_a_folder_that_is_missing_empty_or_far_too_large_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing", tmp_path / "empty", folder / "asia.toml"):
        with pytest.raises(BadRegions, match="no folder with"):
            read(path, "")
    (folder / "asia.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(BadRegions, match="larger than"):
        read(folder, "")
    (folder / "asia.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadRegions, match=r"asia\.toml"):
        read(folder, "")
    (folder / "asia.toml").rename(folder / "As ia.toml")
    with pytest.raises(BadRegions, match="small letters"):
        read(folder, "")
