"""`twolatch doctor` as an operator and a program read it."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from tests.house.source import HOUSE, PROJECT
from tests.site import Site
from twolatch.faces.commands.checks import names
from twolatch.faces.commands.words import command_line

SEVERITIES = {"bad", "warning", "note"}
LINE = re.compile(r"^\| ([a-z_., ]+) \| (bad|warning|note) \|", re.M)


Said = Callable[..., Result]


@pytest.fixture
def said(made: Site, monkeypatch: pytest.MonkeyPatch) -> Said:
    """The command at the made site, in this process; `environment` are settings."""
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, **environment: str) -> Result:
        return CliRunner().invoke(command_line(), ["doctor", *words], env=environment)

    return run


def test_a_rehearsal_that_is_well_ends_with_nothing_bad(made: Site, said: Said) -> None:
    done = said("--port", str(made.port))
    assert done.exit_code == 0, done.stdout
    assert "node.silent" in done.stdout


def test_programs_read_codes_and_the_exit_status(made: Site, said: Said) -> None:
    done = said("--json", "--port", str(made.port), TWOLATCH_PORTAL_NAM="x")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [one for one in told["findings"] if one["severity"] == "bad"] == [
        {
            "check": "names of settings",
            "code": "settings.unknown",
            "severity": "bad",
            "says": "There is no setting TWOLATCH_PORTAL_NAM; it changes nothing.",
            "remedy": "Did you mean TWOLATCH_PORTAL_NAME?",
        }
    ]


def test_settings_that_cannot_be_read_are_findings_too(said: Said, tmp_path: Path) -> None:
    done = said("--json", TWOLATCH_TIME_ZONE="Middle/Earth", TWOLATCH_SESSION_HOURS="0")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {one["code"] for one in told["findings"]} == {"settings.invalid"}
    named = {one["says"].partition(":")[0] for one in told["findings"]}
    assert named == {"TWOLATCH_TIME_ZONE", "TWOLATCH_SESSION_HOURS"}
    (tmp_path / "broken.toml").write_text("site_name = ")
    done = said(TWOLATCH_CONFIG=str(tmp_path / "broken.toml"))
    assert (done.exit_code, "settings.invalid" in done.stdout) == (1, True)


def test_warnings_count_when_they_are_asked_to(made: Site, said: Said) -> None:
    wanted = {"TWOLATCH_LEGACY_CARDS": "true"}
    assert said("--port", str(made.port), **wanted).exit_code == 0
    assert said("--port", str(made.port), "--strict", **wanted).exit_code == 1


def test_a_node_without_a_port_is_a_mistake_of_the_one_who_asks(said: Said) -> None:
    assert said("--node", "somewhere").exit_code == 2


def test_what_commands_read_for_themselves_is_no_mistyped_setting() -> None:
    """Every variable that an option of a command names, by the options themselves."""

    def variables(command: Any) -> set[str]:
        own = {str(option.envvar) for option in command.params if option.envvar}
        return own.union(*(variables(each) for each in getattr(command, "commands", {}).values()))

    assert len(variables(get_command(command_line()))) >= 5
    assert variables(get_command(command_line())) <= names.known()


def codes() -> dict[str, str]:
    """Every code that the checks can give, with its severity."""
    found = {}
    for file in (HOUSE / "faces" / "commands" / "checks").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SEVERITIES:
                assert isinstance(node.args[0], ast.Constant)
                found[node.args[0].value] = node.func.id
    return found


def test_the_page_names_every_code_with_its_severity() -> None:
    page = (PROJECT / "docs" / "operations" / "doctor.md").read_text(encoding="utf-8")
    listed = {code: severity for names, severity in LINE.findall(page) for code in names.split(", ")}
    assert listed == codes()


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_is_met_in_a_test(code: str) -> None:
    here = Path(__file__).parent
    assert any(f'"{code}"' in file.read_text(encoding="utf-8") for file in here.glob("*.py")), code
