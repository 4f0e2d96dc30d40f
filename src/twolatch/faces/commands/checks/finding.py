"""What a check finds: a code for programs, one plain sentence, and the one thing to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from twolatch.settings import Settings


class Severity(StrEnum):
    BAD = "bad"  # people cannot get in, or are not protected
    WARNING = "warning"  # it works, and not for everybody, or not for long
    NOTE = "note"  # may well be meant


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` never changes its meaning: docs/operations/doctor.md names them all."""

    code: str
    severity: Severity
    says: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Round:
    """What the doctor was asked: these settings, at this moment (ms), for `workers` processes on each of `nodes`
    (HOST:PORT; none named: this machine alone, at `port`). A letter goes to `mail_to`, where one is named."""

    settings: Settings
    now: int
    workers: int = 1
    port: int = 8080
    nodes: tuple[str, ...] = ()
    mail_to: str = ""

    @property
    def is_real(self) -> bool:
        """For people, and no rehearsal on this machine."""
        return self.settings.portal_url.startswith("https:")


def bad(code: str, says: str, remedy: str) -> Finding:
    return Finding(code, Severity.BAD, says, remedy)


def warning(code: str, says: str, remedy: str) -> Finding:
    return Finding(code, Severity.WARNING, says, remedy)


def note(code: str, says: str, remedy: str) -> Finding:
    return Finding(code, Severity.NOTE, says, remedy)
