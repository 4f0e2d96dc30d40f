"""Bodies from outside: what is read, and what is refused before anybody thinks about it."""

from typing import Any

import msgspec
import pytest
from msgspec import ValidationError

from twolatch.protocol import messages
from twolatch.protocol.codes import new_id
from twolatch.protocol.labels import clean_label, is_plain
from twolatch.protocol.octets import b64u

ID = new_id(bytes(range(200, 216)))
POINT, SIGNATURE, HASH, EPOCH = b64u(b"\x04" * 65), b64u(bytes(64)), b64u(bytes(32)), b64u(bytes(16))
DEVICE = {"platform": "android", "model": "Pixel 8", "browser": "Chrome 140", "app": "twolatch-web/0.1.0"}
CLAIM: dict[str, Any] = {
    "version": 1,
    "code": "000000000000",
    "user_name": "",
    "public_key": POINT,
    "ephemeral_key": POINT,
    "device": DEVICE,
    "holds": [],
    "signature": SIGNATURE,
}
UNLOCK = {
    "kind": "assertion",
    "credential": "AA",
    "client_data": "AA",
    "authenticator_data": "AA",
    "signature": "AA",
    "attestation": "",
}
ANSWER: dict[str, Any] = {
    "device": ID,
    "challenge": ID,
    "hash": HASH,
    "decision": "approve",
    "confirmation": "",
    "epoch": EPOCH,
    "seq": 1,
    "scheme": "pin",
    "ephemeral_key": POINT,
    "tag": HASH,
    "unlock": None,
    "signature": SIGNATURE,
}


def read(shape: type[Any], body: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(body), type=shape)


@pytest.mark.parametrize("code", ["0123456789AB", f"{ID}.{b64u(bytes(16))}"])
def test_a_claim_is_read(code: str) -> None:
    assert read(messages.Claim, CLAIM | {"code": code}).code == code


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"code": "0123-4567-89AB"},
        {"code": "0123456789ab"},
        {"code": "0123456789AB\n"},
        {"code": ID},
        {"version": "1"},
        {"version": 0},
        {"public_key": POINT[:-1]},
        {"signature": SIGNATURE + "\n"},
        {"holds": [ID] * 21},
        {"holds": ["x"]},
        {"user_name": "an\u202ena"},
        {"user_name": "a" * 201},
        {"device": DEVICE | {"platform": "toaster"}},
        {"device": DEVICE | {"model": "x" * 65}},
        {"device": DEVICE | {"model": "two\nlines"}},
        {"device": DEVICE | {"browser": "\x1b[31mred"}},
        {"device": DEVICE | {"app": "\u2066isolated"}},
        {"device": DEVICE | {"serial": "1"}},
    ],
    ids=str,
)
def test_a_claim_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(messages.Claim, CLAIM | change)


def test_a_lone_surrogate_does_not_get_in_as_an_escape() -> None:
    body = msgspec.json.encode(CLAIM).replace(b"Pixel 8", b"Pixel\\ud800")
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(body, type=messages.Claim)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"confirmation": "042871"},
        {"decision": "deny", "ephemeral_key": "", "tag": ""},
        {"decision": "not_me", "ephemeral_key": "", "tag": "", "scheme": "unlock"},
        {"scheme": "unlock", "ephemeral_key": "", "tag": "", "unlock": UNLOCK},
    ],
    ids=str,
)
def test_an_answer_is_read(change: dict[str, Any]) -> None:
    assert read(messages.Answer, ANSWER | change).seq == 1


@pytest.mark.parametrize(
    "change",
    [
        {"tag": ""},
        {"ephemeral_key": ""},
        {"ephemeral_key": "", "tag": ""},
        {"decision": "deny"},
        {"decision": "not_me", "ephemeral_key": "", "tag": "", "unlock": UNLOCK},
        {"unlock": UNLOCK},
        {"scheme": "unlock"},
        {"scheme": "unlock", "ephemeral_key": "", "tag": ""},
        {"decision": "maybe"},
        {"confirmation": "12345"},
        {"confirmation": "12345६"},
        {"confirmation": "123456\n"},
        {"seq": 0},
        {"seq": 1 << 53},
        {"seq": True},
        {"hash": HASH[:-1]},
        {"challenge": ID.upper()},
    ],
    ids=str,
)
def test_an_answer_whose_proof_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(messages.Answer, ANSWER | change)


def test_a_stream_is_for_one_to_twenty_devices() -> None:
    device = {"device": ID, "signature": SIGNATURE}
    assert len(read(messages.StreamRequest, {"nonce": "n", "devices": [device] * 20}).devices) == 20
    for count in (0, 21):
        with pytest.raises(ValidationError):
            read(messages.StreamRequest, {"nonce": "n", "devices": [device] * count})


def test_a_refusal_without_numbers_does_not_mention_them() -> None:
    bare = messages.Problem("urn:twolatch:code.unknown", "code.unknown", 404, "No such code", "", "")
    assert b"retry_after" not in msgspec.json.encode(bare)
    assert b'"tries_left":0' in msgspec.json.encode(msgspec.structs.replace(bare, tries_left=0))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Pixel 8", "Pixel 8"),
        ("a\x00b\x1bc\x9bd", "a\ufffdb\ufffdc\ufffdd"),
        ("evil\u202emoc.live", "evil\ufffdmoc.live"),
        ("\ud800", "\ufffd"),
        ("حاسوب", "حاسوب"),
        ("x" * 11, "x" * 9 + "…"),
        ("x" * 10, "x" * 10),
        ("two\nlines\u2028more", "two\ufffdlines…"),
    ],
)
def test_texts_of_strangers_are_made_harmless(text: str, shown: str) -> None:
    limit = 10 if text.startswith(("x", "two")) else 40
    assert clean_label(text, limit) == shown
    assert is_plain(clean_label(text, limit))


def test_a_line_end_after_a_value_is_not_overlooked() -> None:
    for shape, body in (
        (messages.Nonce, {"nonce": "abc\n"}),
        (messages.SignedBytes, {"bytes": "AA\n", "signature": SIGNATURE}),
        (messages.StreamDevice, {"device": ID[:-1] + "\n", "signature": SIGNATURE}),
    ):
        with pytest.raises(ValidationError):
            read(shape, body)
