"""What `twolatch doctor` looks at. Each check gets one round's question and tells what it found; it changes nothing.

A check that breaks is a finding too: the others still speak.
"""

from collections.abc import Callable, Iterable, Iterator

from twolatch.faces.commands.checks import clock, inner, keeping, machine, names, proxies, reaching, shown
from twolatch.faces.commands.checks.finding import Finding, Round, bad, warning
from twolatch.settings import Settings

Look = Callable[[Round], Iterable[Finding]]


def all_checks(settings: Settings) -> Iterator[tuple[str, Look]]:
    """Each with the name it goes by on the screen, the outer ones last: they may have to wait for others."""
    yield "addresses", names.addresses
    yield f"master key {settings.key_provider or settings.key_file}", keeping.key
    yield "database", keeping.database
    yield "what is in it", inner.inside
    yield "clock", clock.clock
    yield "names of settings", names.spelling
    yield "password hash", machine.password_hash
    yield "this machine", machine.machine
    yield "disks", machine.disks
    yield f"regions {settings.regions or '(examples)'}", shown.regions
    yield "portal's files", shown.portal
    yield "phone app's files", shown.phone_app
    yield f"mail {settings.mail.partition('@')[2] or settings.mail}", reaching.mail
    yield "push", reaching.push
    yield "signals", reaching.signals
    yield "traces", reaching.traces
    yield "places for checkpoints", reaching.sinks
    yield "running processes", machine.processes
    yield "the way to them", proxies.way


def found(look: Look, asked: Round) -> list[Finding]:
    try:
        return list(look(asked))
    except Exception as fault:
        broke = f"This look broke off: {type(fault).__name__}: {fault}"
        return [warning("doctor.broke", broke, "Report it, with the version that `twolatch --version` says.")]


def unreadable(faults: Iterable[tuple[str, str]]) -> list[Finding]:
    """Settings that cannot be used: name and reason of each."""
    remedy = "See docs/operations/settings.md for what is allowed. Nothing starts until then."
    return [bad("settings.invalid", f"{name}: {reason}.", remedy) for name, reason in faults]
