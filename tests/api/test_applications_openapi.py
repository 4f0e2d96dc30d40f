"""The applications' API is described as it is: every address, every body, every refusal."""

import json

import msgspec
import pytest
import schemathesis

from tests.house.reach import of_the_house
from twolatch.faces.api import applications_openapi as described
from twolatch.faces.api.applications import BASE, routes
from twolatch.faces.api.applications_openapi import OPERATIONS
from twolatch.faces.api.operations import ANYWHERE, Operation
from twolatch.protocol import applications as messages
from twolatch.words.refusals import Code

# What the text of a handler could reach, and the moment never lets happen.
NEVER = {
    "post /sessions": {"NOT_FOUND"},  # it was made a moment ago
}


def handlers() -> dict[str, str]:
    found = {}
    for route in routes():
        function = getattr(route.endpoint, "handler", route.endpoint)
        for method in (route.methods or set()) - {"HEAD"}:
            name = f"{function.__module__.removeprefix('twolatch.')}.{function.__name__}"
            found[f"{method.lower()} {route.path.removeprefix(BASE)}"] = name
    return found


def key(one: Operation) -> str:
    return f"{one.method.lower()} {one.path}"


def test_the_committed_description_is_what_the_structs_say() -> None:
    assert described.FILE.read_text(encoding="utf-8") == described.text()


def test_every_address_is_described_and_every_description_has_an_address() -> None:
    assert sorted(map(key, OPERATIONS)) == sorted(handlers())


@pytest.mark.parametrize("one", OPERATIONS, ids=key)
def test_every_refusal_a_handler_can_give_is_listed_and_no_other(one: Operation) -> None:
    before = "words.refusals.Code."
    names = of_the_house().of(handlers()[key(one)])
    reached = {name.removeprefix(before) for name in names if name.startswith(before)}
    anywhere = {code.name for code in ANYWHERE}
    assert {code.name for code in one.refusals} | anywhere == (reached | anywhere) - NEVER.get(key(one), set())


@pytest.mark.parametrize("one", OPERATIONS, ids=key)
def test_every_operation_but_the_description_takes_a_key(one: Operation) -> None:
    reached = of_the_house().of(handlers()[key(one)])
    assert (one.path != "/openapi.json") == ("faces.api.applications.application_of" in reached)
    told = described.document()["paths"][one.path][one.method.lower()]
    assert bool(told["security"]) == (one.path != "/openapi.json")


@pytest.mark.parametrize("one", OPERATIONS, ids=key)
def test_no_operation_looks_at_a_cookie(one: Operation) -> None:
    reached = of_the_house().of(handlers()[key(one)])
    assert not reached & {"faces.web.who_is", "faces.web.visit_of", "faces.web.form_of", "sessions.flows.bearer"}


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.body], ids=key)
def test_bodies_are_read_with_the_struct_that_is_described(one: Operation) -> None:
    assert one.body
    names = of_the_house().nodes[handlers()[key(one)]].names
    assert f"protocol.applications.{one.body.__name__}" in names


def test_every_reason_and_action_of_the_house_is_described() -> None:
    from twolatch.authorizations.model import Action, Answer, Reason

    schema = json.loads(described.FILE.read_text())["components"]["schemas"]["Authorization"]["properties"]
    assert set(schema["reason"]["enum"]) == {reason.value for reason in Reason}
    assert set(schema["answer"]["enum"]) == {answer.value for answer in Answer}
    assert set(schema["action"]["enum"]) == {action.value for action in Action}


def test_other_people_can_read_the_description() -> None:
    schemathesis.openapi.from_dict(json.loads(described.FILE.read_text())).validate()


def test_a_key_is_not_printed_with_a_ticket() -> None:
    ticket = "A" * 43
    assert ticket not in repr(msgspec.json.decode(f'{{"ticket": "{ticket}"}}', type=messages.TicketExchange))


def test_every_code_in_the_description_is_a_code_of_the_house() -> None:
    assert {code for one in OPERATIONS for code in one.refusals} < set(Code)
