"""Passkeys and security keys: the vectors of the specification, and a key that lies in one field after another."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.authenticator import AT, BE, BS, P256, UP, UV, Edwards, Key, Lies, Rsa, b64u, unb64u
from twolatch.kinds import ceremony
from twolatch.kinds.ceremony import Response
from twolatch.kinds.kind import Asked, Owner, Performed, Rank, Record, Signs, Site, Trait, Typed
from twolatch.kinds.passkey import ALGORITHMS, Passkey
from twolatch.words.secret import Secret
from twolatch.words.shapes import BrowserCeremony, MakeHere
from twolatch.words.verdicts import Accepted, Foreign, Genuine, Refused

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "passkey.json").read_text())
SITE = Site(VECTORS["rp_id"], VECTORS["origin"])
KIND = Passkey(Site("localhost", "http://localhost"), "Twolatch")
ANNA = Owner("b" * 26, "anna")
FRESH = bytes(range(160))
NOW = 1_795_361_541_000
h = bytes.fromhex


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["says"])


def response(case: dict[str, Any], part: str) -> Response:
    of = case[part]
    if part == "registration":
        return Response(h(case["credential"]), h(of["client_data"]), attestation=h(of["attestation"]))
    return Response(
        h(case["credential"]), h(of["client_data"]), h(of["authenticator_data"]), h(of["signature"])
    )


@cases("good")
def test_what_the_specification_registers_is_registered(case: dict[str, Any]) -> None:
    challenge = h(case["registration"]["challenge"])
    made = ceremony.registered(
        SITE, response(case, "registration"), challenge, frozenset(ALGORITHMS), must_verify=False
    )
    assert made
    assert (made.key.hex(), made.is_verified, made.is_synced) == (case["key"], case["verified"], case["synced"])


@cases("good")
def test_what_the_specification_shows_is_believed(case: dict[str, Any]) -> None:
    of, shown = case["assertion"], response(case, "assertion")
    proof = ceremony.asserted(SITE, h(case["key"]), shown, h(of["challenge"]), must_verify=False)
    assert proof
    assert proof.is_verified == of["verified"]
    assert ceremony.is_signed(h(case["key"]), shown)
    strict = ceremony.asserted(SITE, h(case["key"]), shown, h(of["challenge"]), must_verify=True)
    assert (strict is not None) == of["verified"]


@cases("bad")
def test_a_frame_of_another_site_registers_and_shows_nothing(case: dict[str, Any]) -> None:
    made, shown = response(case, "registration"), response(case, "assertion")
    challenge, asked = h(case["registration"]["challenge"]), h(case["assertion"]["challenge"])
    assert ceremony.is_signed(h(case["key"]), shown), "the key itself is honest"
    assert ceremony.registered(SITE, made, challenge, frozenset(ALGORITHMS), must_verify=False) is None
    assert ceremony.asserted(SITE, h(case["key"]), shown, asked, must_verify=False) is None


# a whole life, at the level of the kind


def asked(purpose: Any = "login", fresh: bytes = FRESH) -> Asked:
    return Asked("c" * 26, purpose, "P", "", "", True, False, "portal", NOW + 180_000, fresh[:96])


def unborn(held: tuple[Mapping[str, Any], ...] = ()) -> Record:
    born = KIND.newborn(replace(ANNA, held=held), FRESH)
    assert isinstance(born.shown, MakeHere)
    return Record("a" * 26, ANNA.id, ANNA.name, "Key", False, born.enrolment, born.moving, Secret(born.secret))


def make(key: Key, lies: Lies | None = None, of: Record | None = None) -> Accepted | Refused:
    of = of or unborn()
    opening = KIND.begin(of, asked("test"), NOW)
    assert isinstance(opening.prompt, BrowserCeremony)
    assert opening.prompt.call == "create"
    verdict = KIND.check(of, opening.memory, Performed(key.create(opening.prompt.options, lies)), NOW)
    assert isinstance(verdict, Accepted | Refused)
    return verdict


def known(key: Key) -> Record:
    done = make(key)
    assert isinstance(done, Accepted)
    assert done.enrolment is not None
    return structs.replace(unborn(), is_proven=True, enrolment=done.enrolment, moving=done.moving)


def use(record: Record, key: Key, lies: Lies | None = None) -> tuple[Any, bool, Any]:
    """(whose it is, whether it answers this question, the verdict)"""
    opening = KIND.begin(record, asked(), NOW)
    assert isinstance(opening.prompt, BrowserCeremony)
    answer = Performed(key.get(opening.prompt.options, lies))
    verdict = KIND.check(record, opening.memory, answer, NOW)
    return KIND.origin(record, answer), KIND.concerns(opening.memory, answer), verdict


PAIRS = [P256, Edwards, Rsa]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.__name__)
def test_a_key_is_made_and_used_and_its_counter_goes_on(pair: Any) -> None:
    key = Key(pair=pair())
    record = known(key)
    assert record.moving == {"count": 1}
    assert use(record, key) == (Genuine(), True, Accepted({"count": 2}))


def test_what_it_proved_when_it_was_made_decides_what_it_is_worth() -> None:
    strong, plain = known(Key()), known(Key(verifies=False))
    assert (KIND.rank_of(strong), KIND.rank_of(plain)) == (Rank.BEST, Rank.STRONG)
    assert KIND.traits_of(strong) >= {Trait.POSSESSION, Trait.PIN_OR_BODY, Trait.BOUND, Trait.TELLS_WHOSE}
    assert KIND.traits_of(plain) == {Trait.POSSESSION, Trait.BOUND}
    assert isinstance(KIND, Signs)


def test_it_is_asked_for_what_it_can_do_and_for_nothing_else() -> None:
    for key, wish in ((Key(), "required"), (Key(verifies=False), "discouraged")):
        prompt = KIND.begin(known(key), asked(), NOW).prompt
        assert isinstance(prompt, BrowserCeremony)
        options = json.loads(prompt.options)
        assert options["userVerification"] == wish
        assert options["allowCredentials"] == [{"type": "public-key", "id": b64u(key.id), "transports": ["usb"]}]
        assert options["rpId"] == "localhost"


def test_a_key_he_has_is_not_made_again() -> None:
    key = Key()
    of = unborn((known(key).enrolment,))
    options = json.loads(KIND.shown(of).options)
    assert options["excludeCredentials"] == [{"type": "public-key", "id": b64u(key.id), "transports": ["usb"]}]
    assert make(key, of=of) == Refused(), "also when the browser did not look"
    assert isinstance(make(Key(), of=of), Accepted)


def test_the_page_that_is_loaded_again_asks_the_same() -> None:
    of = unborn()
    assert KIND.shown(of) == KIND.newborn(ANNA, FRESH).shown
    options = json.loads(KIND.shown(of).options)
    assert unb64u(options["user"]["id"]).decode() == ANNA.id
    assert unb64u(options["challenge"]) == FRESH[:32]


BAD_MAKING = {
    "another origin": Lies(client={"origin": "http://localhost.example.org"}),
    "another port": Lies(client={"origin": "http://localhost:8081"}),
    "https instead of http": Lies(client={"origin": "https://localhost"}),
    "another site's name": Lies(rp_id="example.org"),
    "a frame of another site": Lies(client={"crossOrigin": True}),
    "a frame that names its top": Lies(client={"topOrigin": "https://example.com"}),
    "another challenge": Lies(client={"challenge": b64u(bytes(32))}),
    "no challenge": Lies(client={"challenge": None}),
    "a challenge with padding": Lies(client={"challenge": b64u(FRESH[:32]) + "="}),
    "an assertion's type": Lies(client={"type": "webauthn.get"}),
    "a payment's type": Lies(client={"type": "payment.get"}),
    "no client data": Lies(raw_client=b""),
    "client data that is a list": Lies(raw_client=b"[]"),
    "client data that is deep": Lies(raw_client=b"[" * 5000),
    "client data that is large": Lies(client={"more": "x" * 20_000}),
    "nobody present": Lies(flags=UV | AT),
    "no key in it": Lies(flags=UP | UV),
    "backed up and never to be": Lies(flags=UP | UV | AT | BS),
    "an empty id": Lies(id=b""),
    "an id too long": Lies(id=bytes(1024)),
    "an id of another key": Lies(outer={"id": b64u(bytes(32))}),
    "bytes after the end": Lies(data_tail=b"\x00"),
    "an unknown algorithm": Lies(cose={3: -65535}),
    "RSA said of a point": Lies(cose={3: -257}),
    "EdDSA said of a point": Lies(cose={3: -8}),
    "another curve": Lies(cose={-1: 2}),
    "a point beside the curve": Lies(cose={-2: bytes(32), -3: bytes(32)}),
    "half a point": Lies(cose={-3: None}),
    "an attestation that is wrong": Lies(attestation={"fmt": "packed", "attStmt": {"alg": -7, "sig": bytes(70)}}),
    "an attestation nobody knows": Lies(attestation={"fmt": "lies", "attStmt": {}}),
    "none, with a statement": Lies(attestation={"attStmt": {"sig": bytes(70), "alg": -7}}),
    "no attestation": Lies(response={"attestationObject": ""}),
    "attestation that is no map": Lies(response={"attestationObject": b64u(cbor2.dumps([1, 2]))}),
    "attestation that promises much": Lies(response={"attestationObject": b64u(b"\x9b" + b"\xff" * 8)}),
    "attestation that is deep": Lies(response={"attestationObject": b64u(b"\x81" * 9000)}),
    "attestation that is large": Lies(attestation={"more": bytes(20_000)}),
    "no credential's type": Lies(outer={"type": "password"}),
    "parts that are numbers": Lies(response={"clientDataJSON": 7}),
    "parts that are no base64url": Lies(response={"clientDataJSON": "a+/="}),
    "no response": Lies(outer={"response": None}),
}


@pytest.mark.parametrize("lies", BAD_MAKING.values(), ids=BAD_MAKING)
def test_a_key_that_lies_while_it_is_made_is_not_taken(lies: Lies) -> None:
    assert make(Key(), lies) == Refused()


@pytest.mark.parametrize("bits", [1024, 8192], ids=["short", "long"])
def test_an_rsa_key_that_is_too_short_or_too_dear_is_not_taken(bits: int) -> None:
    pair = Rsa()
    n = (1 << bits - 1) + 1
    assert make(Key(pair=pair), Lies(cose={-1: n.to_bytes(bits // 8, "big")})) == Refused()
    assert make(Key(pair=pair), Lies(cose={-2: b"\x03"})) == Refused(), "and no other exponent"


STOLEN = P256()
FOREIGN = {
    "another key's signature": Lies(sign=STOLEN.sign),
    "no signature": Lies(sign=lambda _: b""),
    "a signature of zeros": Lies(sign=lambda _: bytes(8)),
    "r and s of zero": Lies(sign=lambda _: h("3006020100020100")),
    "a large signature": Lies(sign=lambda _: bytes(20_000)),
    "another id": Lies(outer={"id": b64u(bytes(32))}),
    "no id": Lies(outer={"id": ""}),
    "no credential's type": Lies(outer={"type": "password"}),
    "other data than was signed": Lies(response={"authenticatorData": b64u(bytes(37))}),
    "other client data than was signed": Lies(response={"clientDataJSON": b64u(b"{}")}),
    "a registration": Lies(response={"attestationObject": b64u(b"\xa0")}),
    "parts that are no base64url": Lies(response={"signature": "=="}),
}


@pytest.mark.parametrize("lies", FOREIGN.values(), ids=FOREIGN)
def test_what_the_key_did_not_sign_is_nobodys_and_costs_no_try(lies: Lies) -> None:
    key = Key()
    origin, _, verdict = use(known(key), key, lies)
    assert (origin, verdict) == (Foreign(), Refused())


ELSEWHERE = {
    "another challenge": Lies(client={"challenge": b64u(bytes(32))}),
    "no challenge": Lies(client={"challenge": None}),
    "a challenge with padding": Lies(client={"challenge": b64u(FRESH[:32]) + "="}),
    "a frame of another site": Lies(client={"crossOrigin": True}),
    "a frame that names its top": Lies(client={"topOrigin": "https://example.com"}),
    "a registration's type": Lies(client={"type": "webauthn.create"}),
    "client data that is a list": Lies(raw_client=b"[]"),
    "client data that is no text": Lies(raw_client=b"\xff\xfe"),
}


@pytest.mark.parametrize("lies", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_answer_to_something_else_is_none_to_this_question(lies: Lies) -> None:
    key = Key()
    assert use(known(key), key, lies) == (Genuine(), False, Refused())


WRONG = {
    "another origin": Lies(client={"origin": "https://portal-example.org"}),
    "an origin that ends the same": Lies(client={"origin": "http://evil-localhost"}),
    "an origin that begins the same": Lies(client={"origin": "http://localhost.evil.org"}),
    "an origin in other letters": Lies(client={"origin": "http://LOCALHOST"}),
    "an origin with a slash": Lies(client={"origin": "http://localhost/"}),
    "no origin": Lies(client={"origin": ""}),
    "another site's name": Lies(rp_id="example.org"),
    "nobody present": Lies(flags=UV),
    "nobody verified": Lies(flags=UP),
    "backed up and never to be": Lies(flags=UP | UV | BS),
    "bytes after the end": Lies(data_tail=b"\x00"),
    "an extension that is not there": Lies(flags=UP | UV | 128),
    "a counter that stands still": Lies(count=1),
    "a counter that goes back": Lies(count=0),
}


@pytest.mark.parametrize("lies", WRONG.values(), ids=WRONG)
def test_what_the_key_signed_and_is_wrong_all_the_same_costs_a_try(lies: Lies) -> None:
    key = Key()
    assert use(known(key), key, lies) == (Genuine(), True, Refused())


def test_a_copied_key_shows_itself_by_its_counter() -> None:
    key = Key()
    record = known(key)
    thief = key.copy()
    _, _, verdict = use(record, key)
    assert isinstance(verdict, Accepted)
    record = structs.replace(record, moving=verdict.moving)
    assert use(record, thief)[2] == Refused()


def test_a_passkey_that_is_synced_counts_nothing_and_may_be_used_again() -> None:
    key = Key(counts=False, synced=True)
    record = known(key)
    assert record.enrolment["synced"]
    assert [use(record, key)[2] for _ in range(2)] == [Accepted({"count": 0})] * 2
    assert use(record, key, Lies(flags=UP | UV | BE))[2] == Accepted({"count": 0}), "not backed up at the moment"


def test_a_key_without_pin_is_taken_without_one_and_one_with_pin_never() -> None:
    plain = Key(verifies=False)
    assert isinstance(use(known(plain), plain)[2], Accepted)
    strong = Key()
    assert use(known(strong), strong, Lies(flags=UP))[2] == Refused()


def test_nothing_but_a_ceremony_is_an_answer() -> None:
    record = known(Key())
    assert KIND.origin(record, Typed("123456")) == Foreign()
    assert KIND.origin(unborn(), Typed("123456")) == Foreign()
    assert not KIND.spoke(record, b"GET /", bytes(64))


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=200), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "type", "response", "clientDataJSON", "signature", "attestationObject", "authenticatorData"]
    ), each, max_size=6),
).map(json.dumps)))  # fmt: skip
def test_whatever_a_stranger_sends_is_refused_and_breaks_nothing(text: str) -> None:
    record, answer = known(Key()), Performed(text)
    memory = KIND.begin(record, asked(), NOW).memory
    assert KIND.origin(record, answer) == Foreign()
    assert not KIND.concerns(memory, answer)
    assert KIND.check(record, memory, answer, NOW) == Refused()
    assert KIND.check(unborn(), {"challenge": b64u(FRESH[:32]), "tries": 5}, answer, NOW) == Refused()
