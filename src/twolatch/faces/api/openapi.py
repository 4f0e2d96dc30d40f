"""The phone's API as OpenAPI 3.1, written from the very structs that read and write it.

`openapi.json` beside this file is what sites serve; `python -m twolatch.faces.api.openapi` writes it anew. Tests hold
it against the routes, and the refusals listed here against those the handlers can reach.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from twolatch import __version__
from twolatch.faces.api.operations import ANYWHERE, OPERATIONS, Operation
from twolatch.protocol import messages
from twolatch.protocol.requests import DEVICE_HEADER, NONCE_HEADER, SESSION_HEADER, SIGNATURE_HEADER

FILE = Path(__file__).with_name("openapi.json")
SCHEMAS = "#/components/schemas/{name}"

_ABOUT = """Activation and approval, as docs/protocol.md describes them; formulas and their order are there.

Refusals are `application/problem+json` (RFC 9457). Every operation lists its codes; besides, an unknown address gives
`page.not_found` (404), another method `request.method` (405), and a body that takes longer than 20 seconds
`request.malformed` (400). An unknown host gets 421 and no body to read."""


def document() -> dict[str, Any]:
    """The whole description. The same program writes the same text, byte for byte."""
    structs = [each for one in OPERATIONS for each in (one.body, one.answer) if each]
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Twolatch: the phone's API",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/phone/v1", "description": "on the phone app's host"}],
        "security": [],
        "paths": paths,
        "components": {"schemas": described([*structs, messages.Problem]), "parameters": _signature_headers()},
    }


def described(structs: list[type]) -> dict[str, Any]:
    """The schemas of these messages and of all they hold, by name."""
    _, schemas = msgspec.json.schema_components(structs, ref_template=SCHEMAS)
    told: dict[str, Any] = _plain(dict(sorted(schemas.items())))
    return told


def _plain(schema: Any) -> Any:
    """Patterns in the words of JSON Schema: its `$` is the end and nothing else, and a length is said once."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _plain(each) for name, each in schema.items()}
    if isinstance(pattern := told.get("pattern"), str):
        told["pattern"] = pattern.replace(r"$(?!\n)", "$")
        if told.get("minLength", -1) == told.get("maxLength"):
            told["pattern"] = told["pattern"].replace("]*$", f"]{{{told['maxLength']}}}$")
    return told


def _operation(one: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": name_of(one), "summary": one.wish, "responses": _responses(one)}
    if one.is_signed:
        names = (DEVICE_HEADER, NONCE_HEADER, SIGNATURE_HEADER)
        asked = (*names, SESSION_HEADER) if one.is_at_home else names
        told["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in asked]
    if parts := path_parts(one):
        told.setdefault("parameters", []).extend(parts)
    if one.body:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref_to(one.body)}}}
    return told


def path_parts(one: Operation) -> list[dict[str, Any]]:
    shape = {"type": "string"}
    return [
        {"name": part, "in": "path", "required": True, "schema": shape} for part in re.findall(r"{(\w+)}", one.path)
    ]


def name_of(one: Operation) -> str:
    plain = one.path.strip("/").replace("/", "_").replace("-", "_").replace("{", "").replace("}", "")
    return f"{one.method.lower()}_{plain.removesuffix('.json')}"


def _responses(one: Operation) -> dict[str, Any]:
    return {"200": _success(one), **refusals_of(one)}


def refusals_of(one: Operation) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in (*one.refusals, *ANYWHERE):
        by_status.setdefault(code.status, []).append(code.code)
    return {str(status): _refusal(status, sorted(codes)) for status, codes in sorted(by_status.items())}


def _success(one: Operation) -> dict[str, Any]:
    if one.path == "/stream":
        text = "`event: look` with `data: {\"device\": \"…\"}`; a comment every 25 seconds; ends after 10 minutes."
        return {"description": text, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    if one.answer is None:
        return {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "description": (one.answer.__doc__ or "").partition("\n")[0],
        "headers": {NONCE_HEADER: {"description": "A fresh nonce.", "schema": {"type": "string"}}},
        "content": {"application/json": {"schema": ref_to(one.answer)}},
    }


def _refusal(status: int, codes: list[str]) -> dict[str, Any]:
    only = {"properties": {"code": {"enum": codes}, "status": {"const": status}}}
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "content": {"application/problem+json": {"schema": {"allOf": [ref_to(messages.Problem), only]}}},
    }


def ref_to(struct: type) -> dict[str, str]:
    return {"$ref": SCHEMAS.format(name=struct.__name__)}


def _signature_headers() -> dict[str, Any]:
    about = {
        DEVICE_HEADER: "The device's id.",
        NONCE_HEADER: "A nonce of this server, at most five minutes old.",
        SESSION_HEADER: "The app session's token, from `POST session`.",
        SIGNATURE_HEADER: "b64u(64): by the device key, over host, device, method, path, nonce and body.",
    }
    return {
        name: {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in about.items()
    }


def text() -> str:
    return msgspec.json.format(msgspec.json.encode(document()), indent=1).decode() + "\n"


@cache
def _kept() -> bytes:
    return FILE.read_bytes()


async def get_description(request: Request) -> Response:
    return Response(_kept(), media_type="application/json", headers={"cache-control": "no-cache"})


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
