"""Whoever changes the audit log is found out, whatever he changes."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twolatch.protocol import chain

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = chain.public_key(PRIVATE, "portal.example.com/audit")
SIGNED_AT = (4, 9)
Lines = list[bytes]


def log(count: int = 10, *, mark: str = "", private: Ed25519PrivateKey = PRIVATE) -> Lines:
    """An export of `count` events; `mark` makes another history."""
    lines, before = [chain.HEADER], chain.BEGINNING
    for number in range(1, count + 1):
        content = chain.line(number, 1_790_000_000_000 + number, "login:attempt:open", f"u{mark}", None, '{"a":1}')
        before = chain.linked(before, number, content)
        lines.append(chain.exported(before, content))
        if number in SIGNED_AT:
            lines.append(chain.exported_note(chain.signed(chain.Checkpoint(KEY.name, number, before), private)))
    return lines


def outside(lines: Lines) -> list[chain.Checkpoint]:
    return [chain.read_note(note, KEY) for note in chain.notes_in(lines)]


def test_an_untouched_log_is_sound() -> None:
    assert chain.walked(log(), KEY, outside(log())) == chain.Sound(10, 9)


def test_an_empty_log_is_sound() -> None:
    assert chain.walked([chain.HEADER], KEY) == chain.Sound(0, 0)


EVENT_3 = 3  # its index: the header is 0


def swapped(lines: Lines) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def repeated(lines: Lines) -> None:
    lines.insert(4, lines[3])


def taken_out(lines: Lines) -> None:
    del lines[3]


def cut_in(lines: Lines) -> None:
    lines[3] = lines[3][:-5]


def rehashed(lines: Lines) -> None:
    """Line 3 changed, and every hash after it made to fit."""
    before = chain.BEGINNING
    number = 0
    for at, raw in enumerate(lines):
        if raw.startswith((chain.HEADER, chain.CHECKPOINT)):
            continue
        number += 1
        content = raw.partition(b" ")[2]
        content = content.replace(b'"a":1', b'"a":2') if number == 3 else content
        before = chain.linked(before, number, content)
        lines[at] = chain.exported(before, content)


@pytest.mark.parametrize(
    ("tamper", "number", "kind"),
    [
        (swapped, 2, "missing"),
        (repeated, 4, "missing"),
        (taken_out, 3, "missing"),
        (cut_in, 3, "unreadable"),
        (rehashed, 4, "rewritten"),
    ],
)
def test_each_way_of_tampering_is_named_with_its_first_number(
    tamper: Callable[[Lines], None], number: int, kind: str
) -> None:
    lines = log()
    tamper(lines)
    found = chain.walked(lines, KEY)
    assert isinstance(found, chain.Broken)
    assert (found.number, found.kind) == (number, kind)


def test_no_bit_of_an_event_can_be_flipped() -> None:
    for at in range(len(log()[EVENT_3])):
        for bit in range(8):
            lines = log()
            raw = bytearray(lines[EVENT_3])
            raw[at] ^= 1 << bit
            lines[EVENT_3] = bytes(raw)
            found = chain.walked(lines, KEY)
            assert isinstance(found, chain.Broken), (at, bit)
            assert found.number == 3


def test_no_bit_of_a_checkpoint_can_be_flipped() -> None:
    at_line = 1 + SIGNED_AT[0]
    for at in range(len(chain.CHECKPOINT), len(log()[at_line])):
        for bit in range(8):
            lines = log()
            raw = bytearray(lines[at_line])
            raw[at] ^= 1 << bit
            lines[at_line] = bytes(raw)
            assert isinstance(chain.walked(lines, KEY), chain.Broken), (at, bit)


def test_a_cut_end_is_seen_by_who_kept_a_checkpoint_elsewhere() -> None:
    kept = outside(log())
    short = log()[:8]
    assert chain.walked(short, KEY) == chain.Sound(6, 4)  # by itself it tells nothing: that is why they go away
    found = chain.walked(short, KEY, kept)
    assert isinstance(found, chain.Broken)
    assert (found.number, found.kind) == (7, "shortened")


def test_another_history_is_seen_by_who_kept_a_checkpoint_elsewhere() -> None:
    """An older copy was put back and written on, signed by the very same key."""
    found = chain.walked(log(mark="x"), KEY, outside(log()))
    assert isinstance(found, chain.Broken)
    assert (found.number, found.kind) == (4, "forked")


def test_checkpoints_of_another_key_do_not_count() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    found = chain.walked(log(private=other), KEY)
    assert isinstance(found, chain.Broken)
    assert (found.number, found.kind) == (4, "unsigned")


def test_another_logs_checkpoint_does_not_count() -> None:
    foreign = chain.signed(chain.Checkpoint("portal.example.org/audit", 1, bytes(32)), PRIVATE)
    with pytest.raises(chain.BadNote):
        chain.read_note(foreign, KEY)


def test_what_is_no_export_is_refused() -> None:
    for lines in ([], [b""], [b"twolatch-audit/2"], [b"x" * 100_000], log()[1:]):
        found = chain.walked(lines, KEY)
        assert isinstance(found, chain.Broken)
        assert found.kind == "unreadable"


def test_a_line_without_end_is_refused() -> None:
    found = chain.walked([chain.HEADER, b"a" * (chain.MOST_LINE + 1)], KEY)
    assert isinstance(found, chain.Broken)
    assert found.kind == "unreadable"


def test_checkpoints_are_found_in_a_system_log_too() -> None:
    [_, *_, note] = [line for line in log() if line.startswith(chain.CHECKPOINT)]
    mixed = [b"Nov 22 12:00:00 host sshd: hello", b"<85>1 - host twolatch 7 checkpoint - " + note, b"checkpoint {no"]
    assert [chain.read_note(each, KEY).number for each in chain.notes_in(mixed)] == [9]


def test_a_key_is_written_and_read() -> None:
    assert chain.read_key(str(KEY)) == KEY
    for bad in ("", "x", str(KEY)[:-4], str(KEY).replace("portal", "porta1"), f"{KEY.name}+{KEY.hash.hex()}+AAAA"):
        with pytest.raises(chain.BadKey):
            chain.read_key(bad)
