"""`twolatch card`, as an operator types it: a whole file or nothing, and a report that names each key."""

import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from twolatch.faces.commands.words import command_line
from twolatch.protocol.pskc.writing import NewKey, write

SUITE, OLD = "OCRA-1:HOTP-SHA256-8:QN08", "OCRA-1:HOTP-SHA1-6:QN08"
KEY = bytes(range(16))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("TWOLATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TWOLATCH_DATABASE", f"sqlite:///{tmp_path}/t.db")
    monkeypatch.setenv("TWOLATCH_KEY_FILE", str(tmp_path / "key"))
    assert run("migrate").exit_code == 0
    assert run("user", "add", "carla", "--password", "linden tree 42 kites").exit_code == 0
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(), list(arguments))


def file_of(folder: Path, *keys: NewKey, name: str = "box.xml") -> str:
    (folder / name).write_bytes(write(keys, KEY, os.urandom(48 + 16 * len(keys))))
    return str(folder / name)


def key(number: int, suite: str = SUITE) -> NewKey:
    return NewKey(f"C-{number}", suite, bytes([number]) * 32)


def listed() -> list[list[str]]:
    return [line.split()[:3] for line in run("card", "list").output.splitlines()]


def test_a_box_is_imported_once_and_known_the_second_time(site: Path) -> None:
    box = file_of(site, key(1), key(2))
    done = run("card", "import", box, "--key", KEY.hex())
    assert (done.exit_code, "Imported: 2 new, 0 known already, 0 refused." in done.output) == (0, True)
    again = run("card", "import", file_of(site, key(1), key(2), key(3)), "--key", KEY.hex())
    assert "Imported: 1 new, 2 known already, 0 refused." in again.output
    assert [line[1] for line in listed()] == ["stocked"] * 3


def test_the_key_may_be_two_peoples_halves_and_lie_in_files(site: Path) -> None:
    box, half = file_of(site, key(1)), os.urandom(16)
    other = bytes(one ^ another for one, another in zip(half, KEY, strict=True))
    for name, part in (("a", half), ("b", other)):
        (site / name).write_text(part.hex() + "\n")
    assert run("card", "import", box, "--key-file", str(site / "a")).exit_code == 1
    done = run("card", "import", box, "--key-file", str(site / "a"), "--key-file", str(site / "b"))
    assert (done.exit_code, "1 new" in done.output) == (0, True)
    assert run("card", "import", box, "--key", "xyz").exit_code == 2
    assert run("card", "import", box, "--key", "00", "--key", "0000").exit_code == 2


def test_one_refused_key_refuses_the_file_unless_that_is_said(site: Path) -> None:
    box = file_of(site, key(1), key(2, OLD), key(3, "OCRA-1:HOTP-SHA256-8:QA08"))
    done = run("card", "import", box, "--key", KEY.hex())
    assert done.exit_code == 1
    assert re.search(r"line \d+ +C-2 +refused: its suite is old", done.output)
    assert re.search(r"line \d+ +C-3 +refused: its suite is not on the list", done.output)
    assert "--skip-refused takes the 1." in done.output
    assert listed() == []
    done = run("card", "import", box, "--key", KEY.hex(), "--skip-refused")
    assert (done.exit_code, listed()) == (0, [["C-1", "stocked", "Twolatch"]])


def test_nothing_is_overwritten_and_no_key_serves_two_cards(site: Path) -> None:
    run("card", "import", file_of(site, key(1)), "--key", KEY.hex())
    other_key = NewKey("C-1", SUITE, bytes(32))
    other_serial = NewKey("C-9", SUITE, bytes([1]) * 32)
    for again, why in ((other_key, "with another key"), (other_serial, "card of another serial")):
        done = run("card", "import", file_of(site, again), "--key", KEY.hex())
        assert (done.exit_code, why in done.output) == (1, True)
    twice = run("card", "import", file_of(site, key(5), NewKey("C-5", SUITE, bytes(32))), "--key", KEY.hex())
    assert (twice.exit_code, "there twice" in twice.output) == (1, True)
    assert [line[0] for line in listed()] == ["C-1"]


def test_a_file_that_cannot_be_believed_leaves_nothing(site: Path) -> None:
    box = site / "box.xml"
    data = Path(file_of(site, key(1), key(2))).read_bytes()
    box.write_bytes(data.replace(b"<ValueMAC>", b"<ValueMAC>AAAA"))
    done = run("card", "import", str(box), "--key", KEY.hex())
    assert (done.exit_code, "Nothing was imported: box.xml, line" in done.output) == (1, True)
    assert listed() == []
    assert run("card", "import", str(site / "nowhere.xml")).exit_code == 2


def test_the_travels_of_a_card(site: Path) -> None:
    run("card", "import", file_of(site, key(1), key(2)), "--key", KEY.hex())
    assert "nobody has this name" in run("card", "assign", "C-1", "dora").output
    assert "no card has this serial" in run("card", "assign", "C-7", "carla").output
    assert "checks its PIN by itself" in run("card", "assign", "C-1", "carla", "--pin", "4711").output
    assert run("card", "assign", "C-1", "carla", "--hold").output == "C-1 is reserved, for carla.\n"
    assert "on its way to this client already" in run("card", "assign", "C-2", "carla").output
    assert run("card", "mark", "C-1", "stocked").exit_code == 0
    assert run("card", "assign", "C-1", "carla", "--hold").exit_code == 0
    assert run("card", "ship", "C-1").output == "C-1 is shipped.\n"
    assert "cannot go there" in run("card", "ship", "C-1").output
    assert "cannot go there" in run("card", "mark", "C-1", "active").output
    assert run("card", "mark", "C-1", "lost").exit_code == 0
    assert "cannot go there" in run("card", "mark", "C-1", "stocked").output
    assert run("card", "mark", "C-1", "gone").exit_code == 2
    assert listed() == [["C-1", "lost", "carla"], ["C-2", "stocked", "Twolatch"]]
    assert [line.split()[0] for line in run("card", "list", "--state", "lost").output.splitlines()] == ["C-1"]
    assert '"state": "lost"' in run("card", "list", "--json").output


def test_a_card_that_mixes_its_pin_in_needs_it_from_the_operator(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWOLATCH_LEGACY_CARDS", "true")
    mixed = NewKey("C-1", "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1", bytes(range(20)))
    run("card", "import", file_of(site, mixed), "--key", KEY.hex())
    assert "give the PIN" in run("card", "assign", "C-1", "carla").output
    assert run("card", "assign", "C-1", "carla", "--pin", "4711").exit_code == 0


def test_soft_cards_are_made_and_answer(site: Path) -> None:
    folder = str(site / "cards")
    made = run("card", "make", str(site / "soft.xml"), "--count", "2", "--pin", "4711", "--folder", folder)
    key_of_file = made.output.strip().rpartition("--key ")[2]
    assert run("card", "import", str(site / "soft.xml"), "--key", key_of_file).exit_code == 0
    assert [line[0] for line in listed()] == ["SOFT-00001", "SOFT-00002"]
    right = run("card", "respond", "402917", "--serial", "SOFT-00002", "--pin", "4711", "--folder", folder)
    assert re.fullmatch(r"\d{8}\n", right.output)
    tries = (("402917", "", "4711", 3), ("402917", "X", "4711", 3), ("402917", "SOFT-00001", "4712", 5),
             ("40", "SOFT-00001", "4711", 2))  # fmt: skip
    for number, serial, pin, code in tries:
        done = run("card", "respond", number, "--serial", serial, "--pin", pin, "--folder", folder)
        assert done.exit_code == code
    shutil.rmtree(folder)
    assert run("card", "respond", "402917", "--folder", folder).exit_code == 3
    assert run("card", "make", str(site / "x.xml"), "--pin", "12", "--folder", folder).exit_code == 2
