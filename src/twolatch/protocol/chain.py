"""The audit chain: exact bytes of its lines, links and checkpoints, and what each way of tampering looks like.

Every line of the log has a number, 1 and on without gaps. With `line` the bytes that stand in an export,

    leaf(n) = SHA-256(0x00 || line)
    hash(n) = SHA-256(0x01 || hash(n-1) || u64(n) || leaf(n))          hash(0) = 32 zero bytes

A checkpoint says "line n has this hash" and is a signed note (C2SP signed-note, Ed25519). It travels to places that
whoever owns the database cannot reach. Nothing here knows the server: an export and a public key are enough.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from twolatch.protocol.octets import b64u, u64

BEGINNING = bytes(32)
HEADER = b"twolatch-audit/1"
CHECKPOINT = b"checkpoint "
MOST_LINE = 64 * 1024  # bytes
_ED25519 = b"\x01"
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError)
_NAME = re.compile(r"[!-*,-~]{1,260}")  # printable, without space and "+"
_NOTE = re.compile(
    r"(?P<text>(?P<origin>[!-*,-~]{1,260})\n(?P<number>0|[1-9][0-9]{0,18})\n(?P<hash>[A-Za-z0-9+/]{43}=)\n)"
    r"\n— (?P<name>[!-*,-~]{1,260}) (?P<signature>[A-Za-z0-9+/=]{90,100})\n"
)


class BadNote(Exception):
    """A checkpoint that is not one, or not signed by this key."""


class BadKey(Exception):
    """A text that is no public key of an audit log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Line `number` of the log `origin` has this hash (32 bytes)."""

    origin: str
    number: int
    hash: bytes

    @property
    def text(self) -> bytes:
        return f"{self.origin}\n{self.number}\n{b64encode(self.hash).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whose checkpoints count. Written `name+hash+key`, as signed notes have it."""

    name: str
    point: bytes

    @property
    def hash(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.point).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{b64encode(_ED25519 + self.point).decode()}"


def public_key(private: Ed25519PrivateKey, name: str) -> PublicKey:
    return PublicKey(name, private.public_key().public_bytes_raw())


def read_key(text: str) -> PublicKey:
    """Raises BadKey."""
    name, _, rest = text.strip().partition("+")
    shown, _, encoded = rest.partition("+")
    try:
        raw = b64decode(encoded, validate=True)
    except (NotBase64, ValueError):
        raw = b""
    if len(raw) != 33 or raw[:1] != _ED25519 or not _NAME.fullmatch(name):
        raise BadKey("a key reads name+hash+base64; `twolatch audit key` prints it")
    key = PublicKey(name, raw[1:])
    if key.hash.hex() != shown:
        raise BadKey("this key was changed on its way: its hash does not fit")
    return key


def line(number: int, at: int, event: str, user: str | None, obj: str | None, facts: str) -> bytes:
    """One event as it is hashed and exported: JSON in this order, `facts` as they are stored; `at` in ms."""
    return msgspec.json.encode(
        {"number": number, "at": at, "event": event, "user": user, "object": obj, "facts": msgspec.Raw(facts.encode())}
    )


def linked(before: bytes, number: int, content: bytes) -> bytes:
    """`hash(number)` after `before`."""
    leaf = sha256(b"\x00" + content).digest()
    return sha256(b"\x01" + before + u64(number) + leaf).digest()


def signed(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> str:
    """The note; the log's origin is the signer's name as well."""
    key = public_key(private, checkpoint.origin)
    signature = b64encode(key.hash + private.sign(checkpoint.text)).decode()
    return f"{checkpoint.text.decode()}\n— {key.name} {signature}\n"


def read_note(note: str, key: PublicKey) -> Checkpoint:
    """Raises BadNote."""
    found = _NOTE.fullmatch(note)
    if found is None or found["name"] != key.name or found["origin"] != key.name:
        raise BadNote("this is no checkpoint of this log")
    try:
        raw = _canonical(found["signature"])
        if raw[:4] != key.hash:
            raise BadNote("signed by another key")
        Ed25519PublicKey.from_public_bytes(key.point).verify(raw[4:], found["text"].encode())
    except (NotBase64, ValueError, InvalidSignature):
        raise BadNote("the signature is wrong") from None
    return Checkpoint(found["origin"], int(found["number"]), _canonical(found["hash"]))


def _canonical(text: str) -> bytes:
    """Raises ValueError where another text would mean the same bytes."""
    raw = b64decode(text, validate=True)
    if b64encode(raw).decode() != text:
        raise ValueError("base64 with a non-canonical ending")
    return raw


def exported(hash_: bytes, content: bytes) -> bytes:
    """One event's line of an export, without its end."""
    return b64u(hash_).encode() + b" " + content


def exported_note(note: str) -> bytes:
    """A checkpoint's line of an export, and of every place checkpoints are kept at."""
    return CHECKPOINT + msgspec.json.encode(note)


def notes_in(lines: Iterable[bytes]) -> Iterator[str]:
    """The checkpoints in a file that may hold other things (a system log puts a date before each)."""
    for each in lines:
        _, mark, rest = each.rpartition(CHECKPOINT)
        if mark:
            try:
                yield msgspec.json.decode(rest.strip(), type=str)
            except _NO_JSON:
                continue


@dataclass(frozen=True, slots=True)
class Sound:
    """Nothing was found wrong: `lines` events, of which the first `sworn` are under a checkpoint."""

    lines: int
    sworn: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing wrong: at which number, and how (`kind` is one of the words of `walked`)."""

    number: int
    kind: str
    text: str


@dataclass
class _Walk:
    key: PublicKey
    outside: Mapping[int, bytes]
    number: int = 0
    hash: bytes = BEGINNING
    sworn: int = 0

    def event(self, raw: bytes) -> Broken | None:
        number = self.number + 1
        stated, _, content = raw.partition(b" ")
        told = _number_of(content)
        if told is None:
            return Broken(number, "unreadable", "this line is no event and no checkpoint")
        if told != number:
            return Broken(number, "missing", f"line {told} stands where {number} belongs")
        after = linked(self.hash, number, content)
        if stated != b64u(after).encode():
            return Broken(number, "changed", "the line, or one before it, is not what was chained")
        self.number, self.hash = number, after
        known = self.outside.get(number)
        if known is not None and known != after:
            return Broken(number, "forked", "a checkpoint kept elsewhere knows another history")
        return None

    def note(self, note: str) -> Broken | None:
        try:
            checkpoint = read_note(note, self.key)
        except BadNote as fault:
            return Broken(self.number, "unsigned", str(fault))
        if checkpoint.number != self.number or checkpoint.hash != self.hash:
            return Broken(min(checkpoint.number, self.number), "rewritten", "these lines are not what was signed")
        self.sworn = self.number
        return None


def walked(lines: Iterable[bytes], key: PublicKey, outside: Iterable[Checkpoint] = ()) -> Sound | Broken:
    """Walks a whole export, its header first. `outside`: checkpoints kept elsewhere, already read with `read_note`.

    `unreadable` a line that is none · `missing` a line was taken out, put in or moved · `changed` its bytes ·
    `unsigned` a checkpoint of another key · `rewritten` lines replaced together with their hashes · `forked` another
    history than a checkpoint kept elsewhere (an older copy of the database was put back) · `shortened` the end is gone.
    """
    given = list(outside)
    walk = _Walk(key, {one.number: one.hash for one in given})
    each = iter(lines)
    if next(each, b"").rstrip(b"\n") != HEADER:
        return Broken(0, "unreadable", "this is no export of an audit log")
    for raw in each:
        content = raw.rstrip(b"\n")
        if len(content) > MOST_LINE:
            return Broken(walk.number + 1, "unreadable", f"a line of more than {MOST_LINE} bytes")
        is_note = content.startswith(CHECKPOINT)
        found = walk.note(_note(content)) if is_note else walk.event(content)
        if found:
            return found
    last = max((one.number for one in given), default=0)
    if last > walk.number:
        return Broken(walk.number + 1, "shortened", f"a checkpoint kept elsewhere knows {last} lines")
    sworn = max([walk.sworn, *(one.number for one in given)])
    return Sound(walk.number, sworn)


def _note(content: bytes) -> str:
    return next(iter(notes_in([content])), "")


def _number_of(content: bytes) -> int | None:
    try:
        return msgspec.json.decode(content, type=_Numbered).number
    except _NO_JSON:
        return None


class _Numbered(msgspec.Struct):
    number: int
