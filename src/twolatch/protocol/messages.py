"""Every JSON body of the phone's conversation (docs/protocol.md). Unknown fields are refused.

Byte strings travel as base64url text (b64u) whose length is checked here; their canonical form is checked by
`octets.unb64u` where they are read. All raise `msgspec.ValidationError` on decoding what does not fit.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from twolatch.protocol.answer import WireDecision
from twolatch.protocol.labels import is_plain
from twolatch.protocol.shapes import (
    Bytes16,
    Bytes32,
    Bytes64,
    Bytes65,
    Code,
    Confirmation,
    DeviceText,
    Host,
    Id,
    MaybeBytes32,
    MaybeBytes65,
    MaybeUserName,
    Millis,
    NonceText,
    Seconds,
    Sentence,
    Seq,
    Short,
    SixDigits,
    SomeBytes,
    UserName,
)

Link = Annotated[str, Meta(max_length=500)]
Scheme = Literal["pin", "unlock"]
Platform = Literal["android", "ios", "desktop", "other"]
ActivationState = Literal["claimed", "confirmed", "active", "burned", "expired", "cancelled"]
TransferState = Literal["none", "issued", "claimed", "confirmed", "moved", "over"]
EndState = Literal["approved", "denied", "not_me", "expired", "superseded", "locked"]
AnswerState = Literal["approved", "denied", "not_me"]


class DeviceInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """What the phone says of itself; shown in the portal, so nothing in it may turn a line round."""

    platform: Platform
    model: DeviceText
    browser: DeviceText
    app: DeviceText

    def __post_init__(self) -> None:
        if not all(map(is_plain, (self.model, self.browser, self.app))):
            raise ValueError("a device text holds a control character")


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST activations/claim`: turn a code into a device."""

    version: Annotated[int, Meta(ge=1, le=1000)]
    code: Code
    user_name: MaybeUserName
    public_key: Bytes65
    ephemeral_key: Bytes65
    device: DeviceInfo
    holds: Annotated[list[Id], Meta(max_length=20)]
    signature: Bytes64

    def __post_init__(self) -> None:
        if not is_plain(self.user_name):
            raise ValueError("the user name holds a control character")


class SignedBytes(Struct, frozen=True, forbid_unknown_fields=True):
    """A challenge: its exact bytes and the server's signature. Also the answer to `POST tests`."""

    bytes: SomeBytes
    signature: Bytes64


class Claimed(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a claim. `expires` in ms: until then the portal must confirm; `epoch` is 16 bytes."""

    device: Id
    activation: Id
    expires: Millis
    ephemeral_key: Bytes65
    signing_key: Bytes65
    pin_key: Bytes65
    epoch: Bytes16
    user: UserName
    display: Short
    site: Short
    test: SignedBytes
    signature: Bytes64


class Unlock(Struct, frozen=True, forbid_unknown_fields=True):
    """A WebAuthn ceremony: the assertion, or in the answer to an activation's test the registration."""

    kind: Literal["assertion", "registration"]
    credential: SomeBytes
    client_data: SomeBytes
    authenticator_data: SomeBytes
    signature: SomeBytes
    attestation: SomeBytes


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST answers`. A proof belongs to an approval and only there: whoever denies proves nothing."""

    device: Id
    challenge: Id
    hash: Bytes32
    decision: WireDecision
    confirmation: Confirmation
    epoch: Bytes16
    seq: Seq
    scheme: Scheme
    ephemeral_key: MaybeBytes65
    tag: MaybeBytes32
    unlock: Unlock | None
    signature: Bytes64

    def __post_init__(self) -> None:
        by_pin = self.decision == "approve" and self.scheme == "pin"
        by_unlock = self.decision == "approve" and self.scheme == "unlock"
        if (bool(self.ephemeral_key), bool(self.tag), self.unlock is not None) != (by_pin, by_pin, by_unlock):
            raise ValueError("the proof does not fit decision and scheme")


class AnswerResult(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an answer. The phone stores the new epoch before it shows success."""

    challenge: Id
    state: AnswerState
    epoch: Bytes16


class Scan(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST scans`: the code of a login, read off the portal's page. `time` in seconds, as the code has it."""

    challenge: Id
    time: Seconds
    mac: Bytes16


class Scanned(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer: the challenge, and what the phone's own answer carries as its `confirmation`."""

    bytes: SomeBytes
    signature: Bytes64
    confirmation: Bytes16


class Ended(Struct, frozen=True, forbid_unknown_fields=True):
    """A challenge that ended in the last ten minutes; `at` in ms."""

    challenge: Id
    state: EndState
    at: Millis


class Waiting(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET challenges`."""

    waiting: list[SignedBytes]
    ended: list[Ended]


class CurrentActivation(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET activations/current`."""

    state: ActivationState


class Claimant(Struct, frozen=True, forbid_unknown_fields=True):
    """The phone that claimed the code of a transfer, as the old phone shows it."""

    platform: Platform
    model: DeviceText
    browser: DeviceText
    address: Short
    same_address: bool


class Transfer(Struct, frozen=True, forbid_unknown_fields=True):
    """How moving to a new phone stands. `expires` in ms, 0 when nothing runs.

    `link` and `code` are the two forms of one code while it is `issued`; `picture` is the link's QR code: its modules
    as bits, dark ones set, row after row, `side` in each. From `claimed` on there is a `claimant`, and `tries_left` for
    its six digits.
    """

    state: TransferState
    expires: Millis
    link: Link
    code: Short
    side: int
    picture: SomeBytes
    claimant: Claimant | None
    tries_left: int


class TransferNumber(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST transfer/confirm`: the six digits that the new phone shows."""

    number: SixDigits


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET site`. `host` is what signatures here name; `push_key` is empty without push.

    `pin_min` and `pin_max` in code points after NFC; `iterations` are those a new PIN is stretched with; `code_minutes`
    is how long a code lives; `stores` is where the app can be had: `apple`, `google`, `360`, `baidu`, or nowhere.
    """

    version: int
    name: Short
    host: Host
    portal: Short
    push_key: MaybeBytes65
    pin_min: int
    pin_max: int
    iterations: int
    typed_needs_name: bool
    languages: list[Annotated[str, Meta(max_length=20)]]
    color: Annotated[str, Meta(max_length=7)]
    logo: Short
    code_minutes: int
    support: Short
    stores: dict[Annotated[str, Meta(max_length=20)], Annotated[str, Meta(max_length=500)]]


class Nonce(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET nonce`."""

    nonce: NonceText


class StreamDevice(Struct, frozen=True, forbid_unknown_fields=True):
    """One device that wants to hear of its changes; in an event only `device` is there."""

    device: Id
    signature: Bytes64


class StreamRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST stream`, for all devices of an app in one connection."""

    nonce: NonceText
    devices: Annotated[list[StreamDevice], Meta(min_length=1, max_length=20)]


class PushSubscription(Struct, frozen=True, forbid_unknown_fields=True):
    """`PUT push`: where to wake this phone (RFC 8030), and the keys to encrypt for it (RFC 8291)."""

    endpoint: Annotated[str, Meta(pattern="^https://", max_length=1000)]
    p256dh: Bytes65
    auth: Bytes16


class PushState(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `GET push`. `off` to a phone that has told its address: the address has died, make a new one."""

    state: Literal["on", "off"]


class Problem(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A refusal (RFC 9457). `code` is for programs, the sentences for people; `retry_after` in seconds. `instance`
    names the request, for whoever looks into the log."""

    type: Short
    code: Annotated[str, Meta(pattern=r"^[a-z_]+\.[a-z_]+$(?!\n)", max_length=60)]
    status: int
    title: Sentence
    detail: Sentence
    next: Sentence
    retry_after: int | None = None
    tries_left: int | None = None
    instance: Short = ""
