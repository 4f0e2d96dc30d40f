"""The committed description is what the program would write, and speaks of every address and refusal there is."""

import inspect
import json

import pytest
import schemathesis

from tests.house.reach import of_the_house
from twolatch.faces.api import openapi
from twolatch.faces.api.operations import ANYWHERE, OPERATIONS, Operation
from twolatch.faces.api.phone import BASE, routes
from twolatch.protocol import account, messages
from twolatch.words.refusals import Code

# What the text of a handler could reach, and the moment never lets happen.
NEVER = {
    # Every phone may look whether it was activated.
    "get /activations/current": {
        "PHONE_LOCKED",
        "PHONE_REPORTED",
        "PHONE_SUSPENDED",
        "PHONE_REMOVED",
        "PHONE_UNCONFIRMED",
    },
    "get /challenges": {"PHONE_UNCONFIRMED"},  # may look before the portal confirmed
    "post /tests": {"LOGIN_ANOTHER"},  # a test waits beside everything
    "post /scans": {"PHONE_UNCONFIRMED"},  # as for challenges
    # A phone's approval that fails too often locks the phone itself; and only what is printed runs out.
    # And a card that becomes two users' answers in the portal.
    "post /answers": {"WAY_CLOSED", "LOGIN_RUN_OUT", "SHARE_NONE", "SHARE_PERSON", "SHARE_TEMPORARY", "SHARE_WEAKER"},
    "get /push": {"PHONE_UNCONFIRMED"},
    "post /push/test": {"PHONE_UNCONFIRMED"},
    "put /push": {"PHONE_UNCONFIRMED"},  # as for challenges
    "delete /push": {"PHONE_UNCONFIRMED"},
    # Only signing in, leaving and testing need a phone that may answer.
    "post /session": {"PHONE_UNCONFIRMED"},
    "get /overview": {"PHONE_UNCONFIRMED"},
    "delete /sessions/{id}": {"PHONE_UNCONFIRMED"},
    "get /diary": {"PHONE_UNCONFIRMED", "NOT_FOUND"},  # the newest page is always there
    "get /diary/{before}": {"PHONE_UNCONFIRMED"},
    "get /device": {"PHONE_UNCONFIRMED"},
    "put /device": {"PHONE_UNCONFIRMED"},
    "post /sign-in": {"LOGIN_ANOTHER"},  # the phone's own question waits beside those of browsers
    "post /device/leave": {"LOGIN_ANOTHER"},
    "post /transfer": {"LOGIN_ANOTHER"},
    "put /transfer": {"PHONE_UNCONFIRMED"},
    "post /transfer/confirm": {"PHONE_UNCONFIRMED"},
    "delete /transfer": {"PHONE_UNCONFIRMED"},
    # Who was replaced learns it here.
    "get /transfer": {"PHONE_LOCKED", "PHONE_REPORTED", "PHONE_SUSPENDED", "PHONE_UNCONFIRMED"},
    # Who was silenced may still say goodbye.
    "delete /session": {"PHONE_LOCKED", "PHONE_REPORTED", "PHONE_SUSPENDED", "PHONE_REMOVED", "PHONE_UNCONFIRMED"},
    "delete /device": {"PHONE_LOCKED", "PHONE_REPORTED", "PHONE_SUSPENDED", "PHONE_REMOVED"},
}


ANSWERS_TOO = {"protocol.account.Label"}  # the same shape goes in and comes out


def named(struct: type) -> str:
    return f"{struct.__module__}.{struct.__name__}".removeprefix("twolatch.")


def handlers() -> dict[str, str]:
    """`get /site` -> `faces.api.phone.get_site`, of every route."""
    found = {}
    for route in routes():
        function = getattr(route.endpoint, "handler", route.endpoint)
        for method in (route.methods or set()) - {"HEAD"}:
            name = f"{function.__module__.removeprefix('twolatch.')}.{function.__name__}"
            found[f"{method.lower()} {route.path.removeprefix(BASE)}"] = name
    return found


def key(one: Operation) -> str:
    return f"{one.method.lower()} {one.path}"


def refusals_reached(handler: str) -> set[str]:
    before = "words.refusals.Code."
    return {name.removeprefix(before) for name in of_the_house().of(handler) if name.startswith(before)}


def test_the_committed_description_is_what_the_structs_say() -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.text()


def test_every_address_is_described_and_every_description_has_an_address() -> None:
    assert sorted(map(key, OPERATIONS)) == sorted(handlers())


@pytest.mark.parametrize("one", OPERATIONS, ids=key)
def test_every_refusal_a_handler_can_give_is_listed_and_no_other(one: Operation) -> None:
    reached = refusals_reached(handlers()[key(one)]) | {code.name for code in ANYWHERE}
    listed = {code.name for code in (*one.refusals, *ANYWHERE)}
    assert listed == reached - NEVER.get(key(one), set())


@pytest.mark.parametrize("one", OPERATIONS, ids=key)
def test_signed_requests_are_marked_as_such(one: Operation) -> None:
    reached = of_the_house().of(handlers()[key(one)])
    assert one.is_signed == ("faces.api.signed.phone_of" in reached)


@pytest.mark.parametrize("one", OPERATIONS, ids=key)
def test_bodies_are_read_with_the_struct_that_is_described(one: Operation) -> None:
    reached = of_the_house().of(handlers()[key(one)])
    bodies = {named(each.body) for each in OPERATIONS if each.body} - ANSWERS_TOO
    own = {named(one.body)} - ANSWERS_TOO if one.body else set()
    assert bodies & of_the_house().nodes[handlers()[key(one)]].names == own
    assert ("faces.api.bodies.decode" in reached) == (one.body is not None)


def test_every_message_of_the_protocol_is_described() -> None:
    described = json.loads(openapi.FILE.read_text())["components"]["schemas"]
    structs = {
        name
        for room in (messages, account)
        for name, one in inspect.getmembers(room, inspect.isclass)
        if one.__module__ == room.__name__ and hasattr(one, "__struct_fields__")
    }
    assert structs <= set(described)


def test_every_code_in_the_description_is_a_code_of_the_house() -> None:
    listed = {code for one in OPERATIONS for code in one.refusals}
    assert listed < set(Code)


def test_other_people_can_read_the_description() -> None:
    schemathesis.openapi.from_dict(json.loads(openapi.FILE.read_text())).validate()


def test_a_missing_refusal_would_be_found() -> None:
    claim = next(one for one in OPERATIONS if one.path == "/activations/claim")
    assert {code.name for code in claim.refusals} - {"CODE_USED"} != refusals_reached(handlers()[key(claim)])
