"""Whatever a stranger sends to the phone's API, he gets one of the described answers and never a fault."""

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

from tests.api.conftest import Ask
from twolatch.faces.api import openapi
from twolatch.faces.api.operations import OPERATIONS, Operation
from twolatch.words.refusals import Code, Told

DESCRIBED = schemathesis.openapi.from_dict(json.loads(openapi.FILE.read_text()))
TOLD = {code.code: code.told for code in Code}
# A well-formed request of a stranger is refused all the same, and rightly.
TOO_POLITE = [check for check in CHECKS.get_all() if check.__name__ == "positive_data_acceptance"]
# Too large is a refusal too, which that check does not know (413).
TOO_LARGE = [check for check in CHECKS.get_all() if check.__name__ == "negative_data_rejection"]


def send(ask: Ask, case: Case) -> httpx.Response:
    headers = {name: str(value).encode("latin-1", "replace") for name, value in (case.headers or {}).items()}
    body: dict[str, Any] = {}
    if case.media_type:
        body = {"content": json.dumps(case.body, default=str).encode("utf-8", "surrogatepass")}
        headers.setdefault("Content-Type", case.media_type.encode())
    return ask(case.method, case.path, headers=headers, **body)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not fitting"])
@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_strangers_get_only_what_is_described(ask: Ask, one: Operation, mode: GenerationMode) -> None:
    if mode is GenerationMode.NEGATIVE and not (one.body or one.is_signed):
        return  # nothing in it could be wrong
    requests = DESCRIBED[one.path][one.method].as_strategy(generation_mode=mode)

    @given(case=requests)
    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def ask_it(case: Case) -> None:
        answer = send(ask, case)
        assert answer.status_code < 500
        unfit = TOO_LARGE if answer.status_code == 413 else []
        case.validate_response(answer, excluded_checks=TOO_POLITE + unfit)
        if answer.status_code >= 400:
            assert TOLD[answer.json()["code"]] is Told.ANYONE, answer.json()["code"]

    ask_it()


def test_the_description_is_served_as_it_was_committed(ask: Ask) -> None:
    answer = ask("GET", "/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == openapi.FILE.read_bytes()


def test_a_stranger_learns_the_code_and_a_sentence_in_his_language(ask: Ask) -> None:
    answer = ask("GET", "/challenges", headers={"Accept-Language": "nl"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "nl"
    assert answer.json()["code"] == "request.nonce"
