"""`twolatch rehearse`: a crowd and races at the operator's own site, and at no other."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.people import Town
from tests.site import Site, site_settings


def rehearsed(site: Site, *words: str) -> Any:
    return json.loads(site.run("rehearse", words[0], f"localhost:{site.port}", *words[1:], "--json"))


def of_the_rehearsal(site: Site) -> list[dict[str, Any]]:
    users = [json.loads(line) for line in site.run("user", "list", "--json", "--most", "100000").splitlines()]
    return [user for user in users if user["name"].startswith("rehearsal-")]


def test_a_crowd_logs_in_with_phones_of_its_own_and_is_locked_out_when_it_is_over(sqlite_site: Site) -> None:
    before = len(of_the_rehearsal(sqlite_site))
    told = rehearsed(sqlite_site, "load", "--clients", "3", "--at-once", "2", "--seconds", "300", "--most", "5")
    assert told["clients"] == 3
    assert (told["activation"]["done"], told["activation"]["errors"]) == (2, {}), "one went ahead"
    assert (told["login"]["done"], told["login"]["errors"]) == (5, {})
    steps = told["login"]["steps"]
    assert {"password", "phone answers", "answer to portal", "let in", "whole login"} <= set(steps)
    assert all(took["n"] == 5 for name, took in steps.items() if name != "phone looks")
    assert steps["whole login"]["p50"] > steps["password"]["p50"] > 0
    crowd = of_the_rehearsal(sqlite_site)
    assert len(crowd) == before + 3
    assert all(user["locked"] for user in crowd)


def test_so_many_a_second_arrive_and_the_result_can_be_read(sqlite_site: Site) -> None:
    said = sqlite_site.run(
        "rehearse", "load", f"localhost:{sqlite_site.port}", "--clients", "2", "--per-second", "2", "--seconds", "1"
    )
    assert "whole login" in said
    assert "refused: none" in said


def test_whatever_is_used_once_has_one_winner(site: Site) -> None:
    told = rehearsed(site, "race", "--times", "16")
    assert [each["what"] for each in told["races"]] == ["claim", "approval", "session", "code", "cells"]
    assert [(each["won"], each["kept"]) for each in told["races"]] == [(1, 1)] * 5, told
    assert all(sum(each["refused"].values()) == 15 for each in told["races"])


def test_settings_of_another_site_than_the_one_that_is_named_are_not_used(sqlite_site: Site) -> None:
    """The environment of the real site lies about in the operator's shell."""
    before = len(of_the_rehearsal(sqlite_site))
    with pytest.raises(subprocess.CalledProcessError) as failed:
        sqlite_site.run("rehearse", "load", "test.example.org")
    assert f"localhost:{sqlite_site.port}" in failed.value.stderr
    assert len(of_the_rehearsal(sqlite_site)) == before


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
async def test_at_the_site_of_somebody_else_one_client_goes_ahead_and_no_other(town: Town, tmp_path: Path) -> None:
    """Own settings, own database and own key, and the addresses of a stranger: he sees one login of a name that he
    never heard of."""
    port = town.site.port
    own = Site(tmp_path, site_settings(tmp_path, f"sqlite:///{tmp_path}/own.db", port), port)
    own.run("migrate")
    wrong = "FROM audit WHERE user_id IS NULL AND event = 'login:password:wrong'"
    before = await town.count(wrong)
    for words in (["load", "--clients", "5"], ["race", "--times", "5"]):
        with pytest.raises(subprocess.CalledProcessError) as failed:
            rehearsed(own, *words)
        assert "no other was sent" in failed.value.stderr
    assert await town.count(wrong) - before == 2
    assert all(user["locked"] for user in of_the_rehearsal(own))
