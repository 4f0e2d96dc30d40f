"""What holds for every value, not only for the published ones."""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from twolatch.protocol import activation, answer, challenge, codes, keys, octets, pins, requests

RANDOM7 = st.binary(min_size=7, max_size=9)
SIGNS = st.sampled_from(codes.ALPHABET)
TEXT = st.text(max_size=40)


@given(RANDOM7)
def test_a_session_id_is_read_as_shown(random: bytes) -> None:
    code = codes.session_id(random)
    assert codes.read_session_id(codes.show_session_id(code)) == code


@given(RANDOM7, st.integers(0, 11), SIGNS)
def test_one_wrong_character_is_always_found(random: bytes, place: int, sign: str) -> None:
    code = codes.session_id(random)
    mistyped = code[:place] + sign + code[place + 1 :]
    assert (codes.read_session_id(mistyped) is None) == (mistyped != code)


@given(RANDOM7, st.integers(0, 10))
def test_two_neighbours_exchanged_are_always_found(random: bytes, place: int) -> None:
    code = codes.session_id(random)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (codes.read_session_id(swapped) is None) == (swapped != code)


@given(st.binary(min_size=7, max_size=7), st.integers(0, 54))
def test_all_55_bits_count(random: bytes, bit: int) -> None:
    other = (int.from_bytes(random, "big") ^ 2 << bit).to_bytes(7, "big")
    assert codes.session_id(random) != codes.session_id(other)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_ids_are_ids_and_keep_their_order(first: bytes, second: bytes) -> None:
    assert codes.is_id(codes.new_id(first))
    assert (first < second) == (codes.new_id(first) < codes.new_id(second))


@given(
    *[st.binary(min_size=16, max_size=16)] * 3,
    st.sampled_from(["https://p.example", "http://p.localhost:8080/"]),
)
def test_a_link_survives_the_trip_through_a_qr_code(id: bytes, secret: bytes, kfp: bytes, base: str) -> None:
    link = codes.Link(codes.new_id(id), secret, kfp)
    assert codes.read_link(link.url(base)) == link
    assert codes.link_base(link.url(base)) == base.rstrip("/")


def test_a_link_does_not_print_its_secret() -> None:
    link = codes.Link(codes.new_id(bytes(16)), b"s" * 16, b"k" * 16)
    assert octets.b64u(link.secret) not in repr(link)


@given(st.text(max_size=60))
def test_whatever_is_scanned_nothing_breaks(text: str) -> None:
    assert codes.read_link(text) is None
    assert codes.read_session_id(text) is None or len(text) >= 12


@given(st.binary(max_size=80))
def test_base64url_comes_back(raw: bytes) -> None:
    assert octets.unb64u(octets.b64u(raw)) == raw


@given(st.text(max_size=12))
def test_no_two_texts_stand_for_the_same_bytes(text: str) -> None:
    try:
        raw = octets.unb64u(text)
    except octets.Malformed:
        return
    assert octets.b64u(raw) == text


@given(st.lists(st.binary(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_different_parts_never_give_the_same_bytes(left: list[bytes], right: list[bytes]) -> None:
    assert (octets.lp(*left) == octets.lp(*right)) == (left == right)


def test_what_cannot_be_written_is_not_signed() -> None:
    for write in (lambda: octets.lp("x" * 65_536), lambda: octets.lp("\ud800"), lambda: octets.u64(1 << 64)):
        with pytest.raises(octets.Malformed):
            write()


TRANSACTIONS = st.builds(
    challenge.Transaction,
    action=st.sampled_from(["withdrawal", "transfer", "payment"]),
    amount=st.decimals(0, 10**12 - 1, places=2).map(lambda amount: f"{amount:.2f}"),
    application=st.text(min_size=1, max_size=40),
    currency=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    payee=TEXT,
)
CHALLENGES = st.builds(
    challenge.Challenge,
    audience=st.builds(challenge.Audience, id=TEXT, name=TEXT),
    challenge=st.binary(min_size=16, max_size=16).map(codes.new_id),
    context=st.builds(
        challenge.Context,
        address=TEXT,
        application=TEXT,
        browser=TEXT,
        known_browser=st.booleans(),
        place=TEXT,
    ),
    expires=st.integers(0, 2**53 - 1),
    host=st.text(min_size=1, max_size=40),
    issued=st.integers(0, 2**53 - 1),
    nonce=st.binary(min_size=32, max_size=32).map(octets.b64u),
    started=TEXT,
    transaction=st.none() | TRANSACTIONS,
    user=st.text(min_size=1, max_size=40),
)


@given(CHALLENGES)
def test_a_challenge_comes_back_from_its_bytes(made: challenge.Challenge) -> None:
    assert challenge.decode(challenge.encode(made)) == made


@given(CHALLENGES, TEXT)
def test_two_challenges_never_share_their_bytes(made: challenge.Challenge, started: str) -> None:
    other = replace(made, started=started)
    assert (challenge.encode(made) == challenge.encode(other)) == (made == other)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_challenge_or_malformed(raw: bytes) -> None:
    with pytest.raises(octets.Malformed):
        challenge.decode(raw)


def test_a_challenge_with_a_lone_surrogate_is_not_written() -> None:
    audience = challenge.Audience("portal", "\ud800")
    context = challenge.Context("", "", "", False, "")
    id, nonce = codes.new_id(bytes(16)), octets.b64u(bytes(32))
    made = challenge.Challenge(audience, id, "none", context, 1, "h", 1, nonce, "password", None, "login", "anna", 1)
    with pytest.raises(octets.Malformed):
        challenge.encode(made)


def by_rfc_5869(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    prk, block, out = hmac.digest(salt or bytes(32), key, "sha256"), b"", b""
    for count in range(1, length // 32 + 2):
        block = hmac.digest(prk, block + info + bytes([count]), "sha256")
        out += block
    return out[:length]


@given(st.binary(max_size=70), st.binary(max_size=70), st.binary(max_size=70), st.integers(1, 100))
def test_hkdf_agrees_with_the_rfc_written_out(key: bytes, salt: bytes, info: bytes, length: int) -> None:
    assert keys.hkdf(key, salt, info, length) == by_rfc_5869(key, salt, info, length)


def test_hkdf_gives_the_first_published_result() -> None:
    okm = keys.hkdf(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert okm.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


def test_mac_and_comparison() -> None:
    published = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keys.mac(b"Jefe", b"what do ya want for nothing?").hex() == published  # RFC 4231, test case 2
    assert keys.same(b"ab", b"ab")
    assert not keys.same(b"ab", b"ac")
    assert not keys.same(b"ab", b"a")


@given(st.binary(max_size=200), st.integers(0, 511))
def test_one_changed_bit_breaks_a_signature(message: bytes, bit: int) -> None:
    private = keys.new_private()
    public, signature = keys.public_point(private), keys.sign(private, message)
    assert keys.verify(public, message, signature)
    changed = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not keys.verify(public, message, changed)
    assert not keys.verify(public, message + b"x", signature)


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_checking_a_signature_never_fails_loudly(point: bytes, signature: bytes) -> None:
    assert not keys.verify(point, b"", signature)


def test_two_parties_agree_on_a_secret_and_strangers_do_not() -> None:
    anna, server, stranger = keys.new_private(), keys.new_private(), keys.new_private()
    shared = keys.ecdh(anna, keys.public_point(server))
    assert shared == keys.ecdh(server, keys.public_point(anna))
    assert shared != keys.ecdh(stranger, keys.public_point(anna))


@pytest.mark.parametrize(
    "point",
    [
        b"",
        bytes(65),
        b"\x04" + bytes(64),
        b"\x04" + bytes(63) + b"\x01",
        b"\x02" + bytes(32),
        b"\x04" + b"\xff" * 64,
    ],
)
def test_a_point_off_the_curve_is_never_computed_with(point: bytes) -> None:
    with pytest.raises(octets.Malformed):
        keys.load_point(point)
    with pytest.raises(octets.Malformed):
        keys.ecdh(keys.new_private(), point)


def test_a_signature_for_one_purpose_serves_no_other() -> None:
    id = codes.new_id(bytes(16))
    point = keys.public_point(keys.new_private())
    m = answer.response_text("h", id, id, bytes(32), answer.Decision.APPROVE, "", bytes(16), 1)
    texts = [
        activation.claim_text("h", id, point, point),
        answer.answer_text(m, b"", b""),
        requests.request_text("h", id, "GET", "/", "n", b""),
        requests.stream_text("h", id, "n"),
        challenge.signed_text(b"{}"),
    ]
    purposes = {text.split(b"\0")[0] for text in texts}
    assert len(purposes) == len(texts)
    assert all(purpose.startswith(b"twolatch/v1/") for purpose in purposes)


def test_fields_of_fixed_length_cannot_move() -> None:
    for hash_length, epoch_length in ((31, 16), (33, 16), (32, 15), (32, 17)):
        with pytest.raises(octets.Malformed):
            answer.response_text("h", "d", "c", bytes(hash_length), answer.Decision.DENY, "", bytes(epoch_length), 1)


def test_a_decision_is_one_of_three_words() -> None:
    assert [answer.Decision.of(decision.wire) for decision in answer.Decision] == list(answer.Decision)
    with pytest.raises(octets.Malformed):
        answer.Decision.of("maybe")  # type: ignore[arg-type]


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_masking_twice_gives_the_secret_back(m: bytes, secret: bytes) -> None:
    assert pins.masked(m, pins.masked(m, secret)) == secret
    assert pins.masked(m, secret) != secret


def test_the_tag_needs_secret_server_key_and_ephemeral_key() -> None:
    e = keys.public_point(keys.new_private())
    base = answer.pin_tag(b"s" * 32, b"z" * 32, e, b"m")
    others = {
        answer.pin_tag(b"S" * 32, b"z" * 32, e, b"m"),
        answer.pin_tag(b"s" * 32, b"Z" * 32, e, b"m"),
        answer.pin_tag(b"s" * 32, b"z" * 32, keys.public_point(keys.new_private()), b"m"),
        answer.pin_tag(b"s" * 32, b"z" * 32, e, b"M"),
    }
    assert len(others | {base}) == 5
    assert len(base) == len(sha256().digest())
