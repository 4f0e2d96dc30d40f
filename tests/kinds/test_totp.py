"""The authenticator app against the RFCs' own numbers, and against two other makers' programs."""

import json
import shutil
import subprocess
from base64 import b32encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolatch.kinds.kind import Owner, Record, Typed
from twolatch.kinds.totp import STEP, Totp, hotp
from twolatch.words.secret import Secret
from twolatch.words.shapes import ScanSecret
from twolatch.words.verdicts import Accepted, Refused

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "totp.json").read_text())
KIND = Totp("Bank & Söhne: 1")

keys = st.binary(min_size=20, max_size=20)
moments = st.integers(min_value=10 * STEP, max_value=4_000_000_000_000)


def record(key: bytes, used: int = -1) -> Record:
    return Record("a" * 26, "b" * 26, "anna", "App", True, {}, {"step": used}, Secret(key))


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["says"])


def typed(key: bytes, used: int, code: str, now: int) -> Any:
    return KIND.check(record(key, used), {"tries": 3}, Typed(code), now)


@cases("hotp")
def test_counters_give_the_codes_of_rfc_4226(case: dict[str, Any]) -> None:
    assert hotp(bytes.fromhex(case["key"]), case["counter"]) == case["digits"]


@cases("good")
def test_times_give_the_codes_of_rfc_6238(case: dict[str, Any]) -> None:
    step = case["seconds"] * 1000 // STEP
    assert hotp(bytes.fromhex(case["key"]), step, 8, case["hash"]) == case["digits"]


@cases("window")
def test_a_code_counts_one_step_around_its_time(case: dict[str, Any]) -> None:
    verdict = typed(bytes.fromhex(case["key"]), case["used"], case["code"], case["now"])
    assert verdict == Accepted({"step": case["step"]})


@cases("bad")
def test_and_not_beyond_never_twice_and_never_backwards(case: dict[str, Any]) -> None:
    assert typed(bytes.fromhex(case["key"]), case["used"], case["code"], case["now"]) == Refused()


@given(keys, moments)
def test_pyotp_shows_what_is_taken(key: bytes, now: int) -> None:
    code = pyotp.TOTP(b32encode(key).decode()).at(now // 1000)
    assert typed(key, -1, code, now) == Accepted({"step": now // STEP})


@settings(max_examples=25, deadline=None)
@given(keys, moments)
def test_oathtool_shows_what_is_taken(key: bytes, now: int) -> None:
    tool = shutil.which("oathtool")
    if tool is None:
        pytest.skip("no oathtool: apt install oathtool")
    asked = [tool, "--totp", f"--now=@{now // 1000}", key.hex()]
    code = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert typed(key, -1, code, now) == Accepted({"step": now // STEP})


@given(keys, moments, st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_steps_only_ever_grow_and_none_is_taken_twice(key: bytes, now: int, offsets: list[int]) -> None:
    used, taken = -1, []
    for offset in offsets:
        step = now // STEP + offset
        verdict = typed(key, used, hotp(key, step), now)
        if isinstance(verdict, Accepted):
            assert verdict.moving["step"] > used
            used = verdict.moving["step"]
            taken.append(used)
    assert len(taken) == len(set(taken))


@given(st.binary(min_size=160, max_size=160), st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_an_app_reads_the_link_as_it_was_meant(fresh: bytes, name: str) -> None:
    born = KIND.newborn(Owner("", name), fresh)
    assert isinstance(born.shown, ScanSecret)
    read = urlsplit(born.shown.link)
    asked = parse_qs(read.query)
    label = unquote(read.path).removeprefix("/")
    assert (read.scheme, read.netloc, label) == ("otpauth", "totp", f"{KIND.issuer}:{name}")
    assert asked["issuer"] == [KIND.issuer]
    assert asked["secret"] == [born.shown.secret.replace(" ", "")] == [b32encode(born.secret).decode()]
    assert {len(group) for group in born.shown.secret.split(" ")} == {4}
    assert KIND.shown(Record("", "", name, "", False, {}, {}, Secret(born.secret))) == born.shown


def test_what_is_shown_does_not_get_into_a_log() -> None:
    born = KIND.newborn(Owner("", "anna"), bytes(160))
    assert "AAAA" not in repr(born)
    assert "AAAA" not in repr(born.shown)
