"""The name of a request: what its lines in the log, its answer and a refusal that is read out to support share.

Drawn anew for each, so it says nothing about anybody. A proxy's own name counts only where proxies are ours
(`trusted_proxies`), and only in the two shapes that proxies make: whatever else a stranger writes there would be his
text in our log.
"""

import re
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

from twolatch.faces.asked import Said
from twolatch.house import House

HEADER = b"x-request-id"
URN = "urn:twolatch:request:"
# Of the request that is served in this context; "" beside all requests. One variable costs 0.1 us for each request, the
# library's own way for any number of them 4.3 us (measured).
current: ContextVar[str] = ContextVar("twolatch_request", default="")
# nginx's $request_id; the UUID of Caddy, HAProxy and Envoy.
_MADE_BY_A_PROXY = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def name_of(said: Said, house: House) -> str:
    """32 hexadecimal digits, or the UUID of a proxy of ours."""
    if house.settings.trusted_proxies:
        given = said.only(HEADER)
        if given is not None and _MADE_BY_A_PROXY.fullmatch(given):
            return given.decode("ascii")
    return house.chance.bytes(16).hex()


def parent_of(said: Said, house: House) -> str:
    """The `traceparent` (W3C) of a proxy of ours; empty from everybody else, who would choose what is traced."""
    given = said.only(b"traceparent") if house.settings.trusted_proxies else None
    return (given or b"").decode("ascii", "replace")


def told(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A step of the log: the request's name goes into each of its lines."""
    if name := current.get():
        event["request"] = name
    return event
