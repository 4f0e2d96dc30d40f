"""`twolatch doctor`: everything that goes wrong at first, found before people find it, each with its remedy."""

import dataclasses
import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import FAILED, settings_faults

if TYPE_CHECKING:
    from twolatch.faces.commands.checks.finding import Finding

_LOOKS = {
    "bad": ("BAD ", typer.colors.RED),
    "warning": ("warn", typer.colors.YELLOW),
    "note": ("note", typer.colors.CYAN),
}


def doctor(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of each node, as `serve` has them.")] = 1,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the server on this machine listens.")] = 8080,
    node: Annotated[list[str] | None, typer.Option(help="HOST:PORT of a running node; once for each.")] = None,
    mail_to: Annotated[str, typer.Option(help="Send a letter to this address.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: what was found, with codes.")] = False,
    strict: Annotated[bool, typer.Option(help="Warnings count as well.")] = False,
) -> None:
    """Check this site: settings, key, database, mail, machine, proxy, running nodes. Says what to do about each.

    Changes nothing. Ends with 0, or with 1 when something is bad."""
    from twolatch.faces.commands.checks import all_checks, found, unreadable
    from twolatch.faces.commands.checks.finding import Round
    from twolatch.house import Clock
    from twolatch.settings import load

    with settings_faults() as faults:
        settings = load()
    if faults:
        looked = [("settings", unreadable(faults))]
    else:
        asked = Round(settings, Clock().now(), workers, port, _nodes(node or []), mail_to)
        looked = []
        for name, look in all_checks(settings):
            looked.append((name, found(look, asked)))
            if not as_json:
                _tell(*looked[-1])
    if as_json:
        _write(looked)
    elif faults:
        _tell(*looked[0])
    _end(looked, strict=strict, is_quiet=as_json)


def _nodes(given: list[str]) -> tuple[str, ...]:
    for each in given:
        host, _, port = each.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
            raise typer.BadParameter(f"{each} is not HOST:PORT", param_hint="--node")
    return tuple(given)


def _tell(name: str, findings: "list[Finding]") -> None:
    if not findings:
        typer.echo(typer.style("ok   ", fg=typer.colors.GREEN) + name)
    for one in findings:
        mark, colour = _LOOKS[one.severity]
        typer.echo(f"{typer.style(mark, fg=colour)} {name}\n     {one.says}  [{one.code}]\n     {one.remedy}")


def _write(looked: "list[tuple[str, list[Finding]]]") -> None:
    told = {
        "checks": [name for name, _ in looked],
        "findings": [{"check": name, **dataclasses.asdict(one)} for name, findings in looked for one in findings],
    }
    typer.echo(json.dumps(told, indent=1, ensure_ascii=False))


def _end(looked: "list[tuple[str, list[Finding]]]", *, strict: bool, is_quiet: bool) -> None:
    many = Counter(one.severity.value for _, findings in looked for one in findings)
    if not is_quiet and many:
        typer.echo(f"{many['bad']} bad, {many['warning']} to look at, {many['note']} to know.", err=bool(many["bad"]))
    if many["bad"] or (strict and many["warning"]):
        raise typer.Exit(FAILED)
