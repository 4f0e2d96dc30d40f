"""`twolatch card` and `twolatch carrier`, as an operator without a desk types them: a card there and back again."""

import csv
import io
import re
from pathlib import Path

import pytest

from tests.custody.test_card_command import KEY, file_of, key, run, site  # noqa: F401  a fixture

HOME = ("--country", "NL", "--street", "Keizersgracht 1", "--postcode", "1015 CN", "--city", "Amsterdam")


@pytest.fixture
def stock(site: Path) -> Path:  # noqa: F811
    """Two cards, and an account of carla's."""
    run("card", "import", file_of(site, key(1), key(2)), "--key", KEY.hex())
    assert run("account", "add", "C4001", "--holder", "carla").exit_code == 0
    return site


def ordered() -> str:
    done = run("card", "order", "carla", "--account", "C4001", *HOME)
    found = re.match(r"(P-\w{4}-\w{4}) is ordered, expected \d{4}-\d\d-\d\d\.", done.output)
    assert found, done.output
    return found[1]


def ledger() -> list[tuple[str, str, str, str]]:
    rows = csv.DictReader(io.StringIO(run("card", "fees").output))
    return [(row["what"], row["account"], row["amount"], row["cause"]) for row in rows]


def test_a_card_there_and_back_again(stock: Path) -> None:
    number = ordered()
    assert "Keizersgracht 1 / 1015 CN AMSTERDAM" in run("card", "orders").output
    done = run("card", "ship", "C-1", "--order", number, "--carrier", "Post", "--tracking", "3S 123")
    assert done.output == "C-1 is shipped.\n"
    assert run("card", "orders").output == ""
    assert "lies at the client's door" in run("carrier", "move", "C-1").output
    announced = run("card", "return", "C-1", "--reason", "damage", "--region", "europe").output
    back = announced.partition(":")[0]
    assert re.fullmatch(r"R-\w{4}-\w{4}", back)
    assert "picked up" in run("carrier", "move", back).output
    assert "Scan it" in run("carrier", "move", "C-1").output
    assert run("card", "overdue").output == ""
    assert run("card", "receive", back).exit_code == 0
    assert "Not done" in run("card", "receive", "C-1").output
    assert "Not done" in run("card", "destroy", "C-1").output
    assert run("card", "inspect", "C-1", "--found", "battery").exit_code == 0
    assert run("card", "destroy", "C-1").exit_code == 0
    assert ledger() == [("held", "C4001", "20.00", ""), ("released", "C4001", "20.00", "battery")]
    way = [line.split()[2].rpartition(":")[2] for line in run("card", "way", "C-1").output.splitlines()]
    assert way[0] == "stocked"
    assert way[-4:] == ["received", "inspected", "released", "destroyed"]
    assert run("carrier", "move", "C-1").exit_code == 1


def test_what_cannot_be_is_said_and_not_done(stock: Path) -> None:
    number = ordered()
    assert "on its way to this client already" in run("card", "order", "carla", "--account", "C4001", *HOME).output
    assert run("card", "cancel", number).output == f"{number} is taken back.\n"
    assert "was shipped, cancelled or ended" in run("card", "cancel", number).output
    assert "no order has this number" in run("card", "ship", "C-1", "--order", "P-0000-0000").output
    assert "holds no such open account" in run("card", "order", "carla", "--account", "X1", *HOME).output
    assert "not complete" in run("card", "order", "carla", "--account", "C4001", *HOME[:-2]).output
    for wrong in (("return", "C-1", "--reason", "boredom", "--region", "europe"), ("inspect", "C-1", "--found", "x"),
                  ("fees", "--since", "yesterday")):  # fmt: skip
        assert run("card", *wrong).exit_code == 2
    assert run("card", "way", "C-9").exit_code == 1
    assert run("account", "equity", "C4001", "1000000").output == "C4001 is worth 1000000.\n"
    assert run("account", "equity", "NONE", "1").exit_code == 1
