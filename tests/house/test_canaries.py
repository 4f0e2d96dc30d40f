"""The search for planted secrets finds one in each dress: a search that finds nothing would always be content."""

import base64
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.canaries import dresses, files_below, found

SECRET = bytes(range(200, 232))
WORD = b"linden tree 42 kites"


@pytest.mark.parametrize("secret", [SECRET, WORD, SECRET[:20], SECRET[:31]])
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_a_secret_is_found_inside_whatever_was_written(secret: bytes, before: str) -> None:
    around = before.encode() + secret + b"after"
    for written in (
        around, around.hex().encode(), around.hex().upper().encode(), base64.b64encode(around),
        base64.urlsafe_b64encode(around), base64.b64encode(around[:-5]), base64.urlsafe_b64encode(around).rstrip(b"="),
        urlencode({"field": around}).encode(), b"log " + around[::-1],
    ):  # fmt: skip
        assert found({"secret": secret}, [("place", b"much " + written + b" more")]), written


def test_a_word_is_found_in_json_and_in_wide_characters() -> None:
    text = WORD.decode()
    for written in (json.dumps({"password": text}).encode(), text.encode("utf-16"), repr(WORD).encode()):
        assert found({"word": WORD}, [("place", written)])


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(SECRET[:30] + WORD[:-1])
    assert found({"secret": SECRET, "word": WORD}, files_below(tmp_path)) == []
    (tmp_path / "b").write_bytes(SECRET)
    assert found({"secret": SECRET}, files_below(tmp_path)) == ["b: secret, raw"]
    assert found({"secret": SECRET}, files_below(tmp_path, [tmp_path / "b"])) == []


def test_a_secret_that_is_too_short_is_refused_and_not_forgotten() -> None:
    with pytest.raises(AssertionError):
        found({"pin": b"7391"}, [])


def test_every_dress_is_another_one() -> None:
    assert len({look for _, look in dresses(SECRET)}) >= 11
