"""Taking in what a maker delivers: all of a file, or nothing of it. What is known already is never overwritten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from twolatch import audit
from twolatch.custody import store
from twolatch.custody.chain import note_stocked
from twolatch.custody.model import By, warranted
from twolatch.custody.store import NewCard
from twolatch.house import House
from twolatch.kinds.kind import Issued, Made, Unfit
from twolatch.protocol.pskc.reading import FoundKey, read
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.warrants import Lowering, Warrant, must_cover


class Why(StrEnum):
    """Why one key of a file was not taken."""

    NO_SERIAL = "it has no serial"
    NO_KEY = "the file holds no key for it"
    NOT_OCRA = "it is not for challenge and response (OCRA)"
    SUITE = "its suite is not on the list of accepted ones"
    LEGACY = "its suite is old: TWOLATCH_LEGACY_CARDS=true takes it"
    KEY = "its key is shorter than 128 bits"
    EXPIRED = "it has expired"
    TWICE = "its serial or its key is there twice"
    OTHER_KEY = "a card of this serial is known, with another key"
    OTHER_SERIAL = "its key belongs to a card of another serial"


_UNFIT = {Unfit.SUITE: Why.SUITE, Unfit.LEGACY: Why.LEGACY, Unfit.KEY: Why.KEY}


@dataclass(slots=True)
class Report:
    """What became of each key: serials, and (line, serial, reason). `is_kept`: the new ones are in the stock."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[tuple[int, str, Why]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_kept: bool = False


class _Nothing(Exception):
    """Some keys were refused: none of the others may stay."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A file that was read and believed, before anything of it lies in the stock. `file`: SHA-256 of it, in hex."""

    file: str
    kind: str
    fit: list[FoundKey]
    refused: list[tuple[int, str, Why]]
    notes: list[str]


def examine(
    house: House, data: bytes, given: FileKey, today: str, tell: Callable[[int, int], None] = lambda done, all_: None
) -> Lot:
    """Takes its time, and touches nothing. Raises BadFile when the file cannot be read or believed. `today` as
    `2026-11-22`."""
    package, report = read(data, given, tell), Report()
    kind = next(kind for kind in house.kinds if isinstance(kind, Issued))
    fit = [found for found in package.keys if _is_fit(kind, found, today, report)]
    return Lot(sha256(data).hexdigest(), kind.name, fit, report.refused, package.notes)


def file_key(halves: Sequence[str], passphrase: str) -> FileKey | None:
    """The maker's key in hex, or as two people's halves (joined by XOR), or a passphrase; None when it is none."""
    try:
        parts = [bytes.fromhex("".join(half.split())) for half in halves if half.strip()]
    except ValueError:
        return None
    if len({len(part) for part in parts}) > 1:
        return None
    joined = bytes(len(parts[0])) if parts else b""
    for part in parts:
        joined = bytes(one ^ other for one, other in zip(joined, part, strict=True))
    return FileKey(joined, passphrase.encode())


async def take_in(
    house: House,
    warrant: Warrant,
    data: bytes,
    given: FileKey,
    today: str,
    now: int,
    *,
    has_to_be_whole: bool = True,
    tell: Callable[[int, int], None] = lambda done, all_: None,
) -> Report:
    """Raises BadFile. Without `has_to_be_whole` what can be taken is taken, and the rest is only reported."""
    lot = examine(house, data, given, today, tell)
    report = Report()

    async def work(tx: Tx) -> None:
        nonlocal report
        report = await keep(tx, house, warrant, lot, now)
        if report.refused and has_to_be_whole:
            raise _Nothing

    try:
        await house.db.write(work)
    except _Nothing:
        return report
    report.is_kept = True
    return report


async def keep(tx: Tx, house: House, warrant: Warrant, lot: Lot, now: int) -> Report:
    """In a transaction that may hold more, such as the approval by a second person. Who wants all or nothing raises
    when something was refused."""
    by = must_cover(warrant, Lowering.STOCK_IMPORT, lot.file)
    report = Report(notes=list(lot.notes), refused=list(lot.refused))
    for found in lot.fit:
        await _take(tx, house, lot.kind, found, report, warranted(by), now)
    if report.new:
        await audit.write(
            tx, now, Event.CARDS_IMPORTED, None, file=lot.file,
            new=len(report.new), known=len(report.known), refused=len(report.refused), **by,
        )  # fmt: skip
    return report


def _is_fit(kind: Issued, found: FoundKey, today: str, report: Report) -> bool:
    why = _why_not(kind, found, today)
    if why:
        report.refused.append((found.line, found.serial, why))
    return why is None


def _why_not(kind: Issued, found: FoundKey, today: str) -> Why | None:
    if not found.serial:
        return Why.NO_SERIAL
    if not found.suite:
        return Why.NOT_OCRA
    if not found.secret:
        return Why.NO_KEY
    if found.expires and found.expires[:10] < today:
        return Why.EXPIRED
    unfit = kind.unfit(found.suite, len(found.secret))
    return _UNFIT[unfit] if unfit else None


async def foresee(house: House, lot: Lot) -> Report:
    """What `keep` would say now, and nothing is written."""
    report, keys = Report(notes=list(lot.notes), refused=list(lot.refused)), set[bytes | None]()
    for found in lot.fit:
        if found.secret in keys or found.serial in report.new:
            report.refused.append((found.line, found.serial, Why.TWICE))
        elif await _is_new(house.db, house, found, report):
            report.new.append(found.serial)
            keys.add(found.secret)
    return report


async def _take(tx: Tx, house: House, kind: str, found: FoundKey, report: Report, by: By, now: int) -> None:
    if not await _is_new(tx, house, found, report):
        return
    assert found.secret
    made = Made(found.serial, found.suite, found.secret, found.counter)
    new = NewCard(house.chance.id(), kind, found.maker, found.model, made)
    await store.insert(tx, house.keys, new, now)
    await note_stocked(tx, now, new.id, found.serial, by)
    report.new.append(found.serial)


async def _is_new(db: Database | Tx, house: House, found: FoundKey, report: Report) -> bool:
    """What is not goes into the report, with its reason."""
    assert found.secret
    card = await store.by_serial(db, found.serial)
    of_key = await store.serial_of_key(db, store.key_mac(house.keys, found.secret))
    if found.serial in report.new or (of_key in report.new and of_key is not None):
        report.refused.append((found.line, found.serial, Why.TWICE))
    elif card is None and of_key is None:
        return True
    elif of_key == found.serial:
        report.known.append(found.serial)
    else:
        report.refused.append((found.line, found.serial, Why.OTHER_KEY if card else Why.OTHER_SERIAL))
    return False
