"""The product against `vectors/*.json`, which `vectors/make.py` computes from the page without our code."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import to_builtins

from twolatch.protocol import activation, answer, challenge, codes, keys, ocra, octets, pins, requests, scan

VECTORS = Path(__file__).parents[2] / "vectors"
Case = dict[str, Any]
h = bytes.fromhex


def cases(name: str, kind: str) -> Any:
    found = json.loads((VECTORS / f"{name}.json").read_text())[kind]
    return pytest.mark.parametrize("case", found, ids=lambda case: case.get("says", "")[:60])


def private(hexed: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(hexed, 16), ec.SECP256R1())


def test_the_committed_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, VECTORS / "make.py", tmp_path], check=True)
    made = {path.name: path.read_text() for path in tmp_path.glob("*.json")}
    assert made == {path.name: path.read_text() for path in VECTORS.glob("*.json") if path.name in made}
    assert len(made) == 17


@cases("notation", "lp")
def test_parts_get_their_length(case: Case) -> None:
    assert octets.lp(*case["parts"]).hex() == case["bytes"]


@cases("notation", "good")
def test_base64url_is_read_and_written(case: Case) -> None:
    assert octets.b64u(h(case["bytes"])) == case["text"]
    assert octets.unb64u(case["text"], len(h(case["bytes"]))).hex() == case["bytes"]


@cases("notation", "bad")
def test_base64url_of_another_form_is_refused(case: Case) -> None:
    with pytest.raises(octets.Malformed):
        octets.unb64u(case["text"])


@cases("session_id", "made")
def test_a_session_id_is_made(case: Case) -> None:
    assert codes.session_id(h(case["random"])) == case["session_id"]


@cases("session_id", "good")
def test_a_typed_session_id_is_read(case: Case) -> None:
    assert codes.read_session_id(case["typed"]) == case["session_id"]


@cases("session_id", "bad")
def test_a_mistyped_session_id_is_found_out(case: Case) -> None:
    assert codes.read_session_id(case["typed"]) is None


@cases("link", "good")
def test_a_scanned_link_is_read(case: Case) -> None:
    link = codes.read_link(case["url"])
    assert link == codes.Link(case["id"], h(case["secret"]), h(case["kfp"]))
    assert link.url(case["base"]) == case["url"]
    assert codes.link_base(case["url"]) == case["base"]
    assert link.code == case["code"]
    assert codes.keys_fingerprint(h(case["signing_key"]), h(case["pin_key"])).hex() == case["kfp"]


@cases("link", "bad")
def test_what_is_no_link_is_not_read(case: Case) -> None:
    assert codes.read_link(case["url"]) is None
    assert codes.link_base(case["url"]) is None


def transcript(case: Case) -> activation.Transcript:
    raw = {"public_key", "ephemeral_key", "server_ephemeral_key", "signing_key", "pin_key", "epoch"}
    names = activation.Transcript.__dataclass_fields__
    return activation.Transcript(**{name: h(case[name]) if name in raw else case[name] for name in names})


@cases("activation", "good")
def test_an_activation_reaches_the_same_values(case: Case) -> None:
    public, ephemeral = h(case["public_key"]), h(case["ephemeral_key"])
    text = activation.claim_text(case["host"], case["code"], public, ephemeral)
    assert text.hex() == case["claim_text"]
    assert keys.verify(public, text, h(case["claim_signature"]))
    tr = transcript(case)
    assert tr.digest.hex() == case["tr"]
    assert activation.claimed_text(tr).hex() == case["claimed_text"]
    assert keys.verify(tr.signing_key, activation.claimed_text(tr), h(case["signature"]))
    for own, other in (
        ("ephemeral_private", "server_ephemeral_key"),
        ("server_ephemeral_private", "ephemeral_key"),
    ):
        z = keys.ecdh(private(case[own]), h(case[other]))
        assert z.hex() == case["z"]
        assert activation.shared_secret(z, tr).hex() == case["s"]
        assert activation.six_digits(z, tr) == case["sas"]
    assert keys.public_point(private(case["private_key"])) == public


@cases("activation", "bad")
def test_an_activation_with_a_changed_message_is_refused(case: Case) -> None:
    tr = transcript(case)
    assert not keys.verify(tr.signing_key, activation.claimed_text(tr), h(case["signature"]))


@cases("mask", "good")
def test_the_right_pin_unmasks_the_secret(case: Case) -> None:
    p = pins.stretch(case["pin"], h(case["salt"]), case["iterations"])
    m = pins.mask_key(h(case["k_mask"]), p)
    assert (p.hex(), m.hex()) == (case["p"], case["m"])
    assert pins.masked(m, h(case["s"])).hex() == case["ms"]
    assert pins.masked(m, h(case["ms"])).hex() == case["s"]


@cases("mask", "bad")
def test_a_wrong_pin_unmasks_another_secret_without_complaint(case: Case) -> None:
    p = pins.stretch(case["pin"], h(case["salt"]), case["iterations"])
    secret = pins.masked(pins.mask_key(h(case["k_mask"]), p), h(case["ms"]))
    assert len(secret) == 32
    assert secret.hex() != case["s"]


def response(case: Case) -> bytes:
    decision = answer.Decision.of(case["decision"])
    assert decision.wire == case["decision"]
    fields = case["host"], case["device"], case["challenge"], h(case["challenge_hash"])
    return answer.response_text(*fields, decision, case["digits"], h(case["epoch"]), case["seq"])


def tag(case: Case, m: bytes) -> bytes:
    z = keys.ecdh(private(case["pin_private"]), h(case["ephemeral_key"]))
    return answer.pin_tag(h(case["s"]), z, h(case["ephemeral_key"]), m)


def is_signed(case: Case, m: bytes) -> bool:
    text = answer.answer_text(m, h(case["ephemeral_key"]), h(case["tag"]))
    return keys.verify(h(case["public_key"]), text, h(case["signature"]))


@cases("answer", "good")
def test_an_answer_is_made_and_checked(case: Case) -> None:
    m = response(case)
    assert m.hex() == case["m"]
    assert answer.unlock_challenge(m).hex() == case["unlock_challenge"]
    assert is_signed(case, m)
    if case["tag"]:
        assert keys.ecdh(private(case["ephemeral_private"]), h(case["pin_key"])).hex() == case["z"]
        assert tag(case, m).hex() == case["tag"]


@cases("answer", "bad")
def test_a_changed_answer_is_found_out(case: Case) -> None:
    m = response(case)
    assert is_signed(case, m) == case["signature_ok"]
    right = keys.same(tag(case, m), h(case["tag"])) if case["tag"] else False
    assert right == case["tag_ok"]
    assert not (case["signature_ok"] and case["tag_ok"])


def requested(case: Case) -> bytes:
    if case["kind"] == "stream":
        return requests.stream_text(case["host"], case["device"], case["nonce"])
    head = case["host"], case["device"], case["method"], case["path"], case["nonce"]
    return requests.request_text(*head, case["body"].encode())


@cases("request", "good")
def test_a_signed_request_is_checked(case: Case) -> None:
    assert requested(case).hex() == case["text"]
    assert keys.verify(h(case["public_key"]), requested(case), h(case["signature"]))


@cases("request", "bad")
def test_a_changed_request_is_found_out(case: Case) -> None:
    assert not keys.verify(h(case["public_key"]), requested(case), h(case["signature"]))


@cases("challenge", "good")
def test_a_challenge_is_read(case: Case) -> None:
    raw = h(case["bytes"])
    assert raw.decode() == case["text"]
    assert sha256(raw).hexdigest() == case["hash"]
    assert keys.verify(h(case["signing_key"]), challenge.signed_text(raw), h(case["signature"]))
    read = challenge.decode(raw)
    assert to_builtins(read) == case["fields"]
    assert challenge.encode(read) == raw


@cases("challenge", "bad")
def test_a_challenge_of_wrong_form_or_signature_is_refused(case: Case) -> None:
    raw = h(case["bytes"])
    signed = keys.verify(h(case["signing_key"]), challenge.signed_text(raw), h(case["signature"]))
    assert signed == case["signature_ok"]
    try:
        challenge.decode(raw)
        formed = True
    except octets.Malformed:
        formed = False
    assert formed == case["form_ok"]
    assert not (signed and formed)


@cases("pins", "good")
def test_a_pin_may_be_used(case: Case) -> None:
    assert pins.weakness(case["pin"], case["user"]) is None


@cases("pins", "bad")
def test_a_weak_pin_is_refused_with_the_reason(case: Case) -> None:
    assert pins.weakness(case["pin"], case["user"]) == case["weakness"]


def test_the_list_of_common_pins_is_the_published_one() -> None:
    published = json.loads((VECTORS / "pins.json").read_text())["common"]
    assert frozenset(published) == pins.COMMON
    assert all(pins.weakness(pin, "") == "common" for pin in published)


@cases("ocra", "good")
def test_ocra_answers_as_its_specification_prints(case: Case) -> None:
    given = ocra.response(
        case["suite"], h(case["key"]), case["question"], case["second"],
        counter=case["counter"], pin_hash=h(case["pin_hash"]), time=case["time"],
    )  # fmt: skip
    assert given == case["response"]


@cases("ocra", "offline")
def test_a_phone_without_network_answers_the_portals_number(case: Case) -> None:
    assert ocra.offline_response(h(case["secret"]), case["number"]) == case["response"]


@cases("ocra", "bad")
def test_ocra_of_another_form_is_refused(case: Case) -> None:
    with pytest.raises(octets.Malformed):
        ocra.response(case["suite"], bytes(32), case["question"])


def test_parts_that_do_not_fit_the_suite_are_refused() -> None:
    for wrong in ({"counter": -1}, {"counter": 1 << 64}, {"pin_hash": bytes(19)}):
        with pytest.raises(octets.Malformed):
            ocra.response("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", bytes(32), "1234", **wrong)  # type: ignore[arg-type]
    with pytest.raises(octets.Malformed):
        ocra.response("OCRA-1:HOTP-SHA256-8:QN08-S064", bytes(32), "1234", session=bytes(65))
    whole = ocra.response("OCRA-1:HOTP-SHA256-0:QN08-S064", bytes(32), "1234", session=b"here")
    assert whole == ocra.response("OCRA-1:HOTP-SHA256-0:QN08-S064", bytes(32), "1234", session=bytes(60) + b"here")
    assert len(whole) == 64


@cases("scan", "good")
def test_the_code_of_a_login_is_made_and_read(case: Case) -> None:
    made = scan.made_now(h(case["key"]), case["challenge"], case["time"] * 1000 + 999)
    assert made.mac.hex() == case["mac"]
    assert made.url("https://phone.example.com/") == case["link"]
    assert scan.read_scan(f" {case['link']}\n") == made
    assert scan.scan_base(case["link"]) == "https://phone.example.com"


@cases("scan", "bad")
def test_what_is_no_code_of_a_login_is_not_read(case: Case) -> None:
    assert scan.read_scan(case["link"]) is None
    assert scan.scan_base(case["link"]) is None
