"""The applications' API as OpenAPI 3.1, written from the very structs that read and write it.

`applications.json` beside this file is what sites serve; `python -m twolatch.faces.api.applications_openapi` writes it
anew. Tests hold it against the routes, and the refusals listed here against those the handlers can reach.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from twolatch import __version__
from twolatch.faces.api.openapi import described, name_of, path_parts, ref_to, refusals_of
from twolatch.faces.api.operations import BODY, Operation
from twolatch.protocol import applications as messages
from twolatch.protocol.messages import Problem
from twolatch.words.refusals import Code

FILE = Path(__file__).with_name("applications.json")
KEYED = (Code.API_KEY, Code.API_SCOPE)

_ABOUT = """Who is signed in, and what he may do, for applications beside the portal. docs/applications.md tells the
whole way with an example.

Every request carries `Authorization: Bearer KEY`. Refusals are `application/problem+json` (RFC 9457) with a stable
`code`. Besides those listed, an unknown address gives `page.not_found` (404) and another method `request.method`
(405)."""

OPERATIONS = (
    Operation(
        "POST", "/hand-overs", "Ask who sits at a browser that you send to the portal",
        messages.HandOverWish, messages.HandOver, (*KEYED, *BODY, Code.RETURN_UNKNOWN),
    ),
    Operation(
        "POST", "/sessions", "Exchange a ticket for a session's name, once",
        messages.TicketExchange, messages.KnownSession,
        (*KEYED, *BODY, Code.TICKET_OVER, Code.SESSION_ENDED),
    ),
    Operation(
        "GET", "/sessions/{id}", "Whose session it is, and what proved it",
        None, messages.KnownSession, (*KEYED, Code.NOT_FOUND, Code.SESSION_ENDED),
    ),
    Operation(
        "DELETE", "/sessions/{id}", "The client left your application: know the session no more",
        None, messages.Forgotten, (*KEYED, Code.NOT_FOUND),
    ),
    Operation(
        "POST", "/authorizations", "May this session do that, for so much? An allowed amount counts at once",
        messages.AuthorizationWish, messages.Authorization,
        (
            *KEYED, *BODY, Code.RETURN_UNKNOWN, Code.AMOUNT, Code.CURRENCY, Code.NOT_FOUND, Code.KEY_AGAIN,
            Code.AUTHORIZATIONS,
        ),
    ),
    Operation(
        "GET", "/authorizations/{id}", "How it stands now: ask after the client came back",
        None, messages.Authorization, (*KEYED, Code.NOT_FOUND),
    ),
    Operation(
        "POST", "/authorizations/{id}/release", "It was not carried out: it counts no more",
        None, messages.Authorization, (*KEYED, Code.NOT_FOUND),
    ),
    Operation(
        "PUT", "/documents/{file}", "Hand in a statement or a tax form; sent again it changes nothing",
        None, messages.DocumentKept,
        (
            *KEYED, *BODY, Code.DOCUMENT_NAME, Code.DOCUMENT_ACCOUNT, Code.DOCUMENT_OVER, Code.DOCUMENT_UNFIT,
        ),
    ),
    Operation("GET", "/openapi.json", "This description", None, None, ()),
)  # fmt: skip


def document() -> dict[str, Any]:
    """The whole description. The same program writes the same text, byte for byte."""
    structs = [each for one in OPERATIONS for each in (one.body, one.answer) if each]
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Twolatch: the applications' API",
            "version": __version__,
            "description": re.sub(r"(?<!\n)\n(?!\n)", " ", _ABOUT),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1", "description": "on the portal's host"}],
        "paths": paths,
        "components": {
            "schemas": described([*structs, Problem]),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The application's key."}},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": name_of(one), "summary": one.wish, "responses": _responses(one)}
    told["security"] = [{"key": []}] if Code.API_KEY in one.refusals else []
    if parameters := [*path_parts(one), *([_IDEMPOTENCY] if one.body is messages.AuthorizationWish else [])]:
        told["parameters"] = parameters
    if one.body:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref_to(one.body)}}}
    if one.path.startswith("/documents/"):
        told["requestBody"] = _PAPER
    return told


_PAPER = {
    "required": True,
    "description": "The PDF itself. `file` is ACCOUNT_statement_PERIOD.pdf or ACCOUNT_tax-form_PERIOD.pdf, its period "
    "2025, 2025-Q3 or 2025-11.",
    "content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}},
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "8 to 64 visible ASCII signs, new for each new request. Sent again with the same body it gives the "
    "same answer and takes nothing from the limits; with another body it is refused.",
    "schema": {"type": "string", "pattern": "^[!-~]{8,64}$"},
}


def _responses(one: Operation) -> dict[str, Any]:
    if one.answer is None:
        told: dict[str, Any] = {"description": "OpenAPI 3.1."}
        schema: dict[str, Any] = {"type": "object"}
    else:
        told = {"description": " ".join((one.answer.__doc__ or "").partition("\n\n")[0].split())}
        schema = ref_to(one.answer)
    return {"200": {**told, "content": {"application/json": {"schema": schema}}}, **refusals_of(one)}


def text() -> str:
    return msgspec.json.format(msgspec.json.encode(document()), indent=1).decode() + "\n"


@cache
def _kept() -> bytes:
    return FILE.read_bytes()


async def get_description(request: Request) -> Response:
    return Response(_kept(), media_type="application/json", headers={"cache-control": "no-cache"})


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
