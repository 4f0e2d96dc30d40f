"""An account: what a client holds, who may see it, and its papers. Rules without IO."""

import re
from dataclasses import dataclass
from enum import StrEnum

NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,19}")
_FILE = re.compile(r"([A-Z0-9][A-Z0-9-]{3,19})_(statement|tax-form)_([0-9]{4}(?:-(?:0[1-9]|1[0-2]|Q[1-4]))?)\.pdf")
_HEAD, _END, _TAIL = re.compile(rb"%PDF-[12]\.[0-9]"), b"%%EOF", 1024
# What makes a reader do something instead of showing something. Looked for as written: what a packed object hides is
# stopped by the headers a document is served with.
_ACTS = (b"/JavaScript", b"/JS ", b"/JS(", b"/JS<", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/SubmitForm")


class State(StrEnum):
    OPEN = "open"
    ASKED = "asked"  # its closing was asked for, and may still be taken back
    WAITING = "waiting"  # for cards that have to come back
    CLOSED = "closed"


# Back to open only within the day; what is closed stays closed.
NEXT = {
    State.OPEN: frozenset({State.ASKED}),
    State.ASKED: frozenset({State.OPEN, State.WAITING, State.CLOSED}),
    State.WAITING: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}


class Kind(StrEnum):
    """Of a document."""

    STATEMENT = "statement"
    TAX_FORM = "tax_form"


@dataclass(frozen=True, slots=True)
class Account:
    """One row, as this client sees it: `is_holder` tells whether he may close it. Times in ms."""

    id: str
    number: str
    label: str
    state: State
    created_at: int
    is_holder: bool = False
    asked_at: int = 0
    cancel_until: int = 0
    closed_at: int = 0
    read_until: int = 0  # 0: its papers are shown without end
    goes_into: str = ""  # the account that stays, where two become one
    equity: int = 0  # in whole units, as the operator's books said last

    def may_cancel(self, now: int) -> bool:
        return self.state is State.ASKED and now < self.cancel_until

    def is_due(self, now: int) -> bool:
        """Whether time alone keeps it no longer: the day is over, or it waits for cards."""
        return self.state is State.WAITING or (self.state is State.ASKED and self.cancel_until <= now)


@dataclass(frozen=True, slots=True)
class Document:
    """What a list shows of it; the content is opened one at a time. `size` in bytes, `period` as in its file's name."""

    id: str
    account: str
    number: str
    kind: Kind
    period: str
    size: int
    created_at: int

    @property
    def file_name(self) -> str:
        return f"{self.number}_{self.kind.value.replace('_', '-')}_{self.period}.pdf"


@dataclass(frozen=True, slots=True)
class FileName:
    number: str
    kind: Kind
    period: str


def read_file_name(name: str) -> FileName | None:
    """`A1234567_statement_2025-11.pdf`, `A1234567_tax-form_2025.pdf`; None for any other name."""
    found = _FILE.fullmatch(name)
    return FileName(found[1], Kind(found[2].replace("-", "_")), found[3]) if found else None


def is_pdf(content: bytes) -> bool:
    return bool(_HEAD.match(content)) and _END in content[-_TAIL:]


def acts(content: bytes) -> bool:
    """Whether it would run, start, send or carry something."""
    return any(word in content for word in _ACTS)
