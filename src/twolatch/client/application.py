"""An application beside the portal: learns who is signed in, and asks what he may do (docs/applications.md).

    async with Application("https://portal.example.com", key) as ours:
        begun = await ours.hand_over("https://app.example.com/back")     # send the browser to begun.address
        ...                                                              # keep begun.state in its session
        ticket = ticket_of(query, state)                                 # it came back
        session = await ours.session_of(ticket)
        answer = await ours.authorize(session.session, "withdrawal", "1500.00", "USD", request="order-2026-0001")
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import msgspec

from twolatch.client.outcomes import NotTrusted, Refused, ServerAway
from twolatch.client.wire import open_http, read_reply
from twolatch.protocol.applications import (
    Authorization,
    AuthorizationWish,
    Forgotten,
    HandOver,
    HandOverWish,
    KnownSession,
    TicketExchange,
)
from twolatch.protocol.keys import same
from twolatch.protocol.octets import b64u

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
ROOT = "/api/v1/"


@dataclass(frozen=True)
class Begun:
    """Send the browser to `address`; keep `state` in that browser's own session, and nowhere else."""

    address: str
    state: str


class Application:
    """`key` from `twolatch application add`. A refusal is a value (`Refused`, with a stable `code`); ServerAway and
    NotTrusted are raised. `http`: an httpx.AsyncClient to share; it stays open."""

    def __init__(self, portal: str, key: str, http: "httpx.AsyncClient | None" = None) -> None:
        self._portal, self._key = portal.rstrip("/"), key
        self._http, self._is_own = http or open_http("en"), http is None

    def __repr__(self) -> str:
        return f"Application({self._portal!r}, …)"

    async def hand_over(self, return_to: str) -> Begun | Refused:
        """`return_to` is one of the registered addresses, exactly."""
        state = b64u(os.urandom(24))
        asked = await self._ask("POST", "hand-overs", HandOver, HandOverWish(return_to, state))
        return asked if isinstance(asked, Refused) else Begun(asked.address, state)

    async def session_of(self, ticket: str) -> KnownSession | Refused:
        """Once, within a minute."""
        return await self._ask("POST", "sessions", KnownSession, TicketExchange(ticket))

    async def session(self, session: str) -> KnownSession | Refused:
        return await self._ask("GET", f"sessions/{session}", KnownSession)

    async def forget(self, session: str) -> Forgotten | Refused:
        """The client logged out here."""
        return await self._ask("DELETE", f"sessions/{session}", Forgotten)

    async def authorize(
        self,
        session: str,
        action: Literal["withdrawal", "transfer", "payment"],
        amount: str,
        currency: str,
        *,
        request: str,
        payee: str = "",
        return_to: str = "",
        state: str = "",
    ) -> Authorization | Refused:
        """`request` names this wish (8 to 64 visible signs): asked the same again it is the same answer. Is that
        `step_up`, send the browser to `confirm`, and ask for the `result` when it is back."""
        wish = AuthorizationWish(session, action, amount, currency, payee, return_to, state)
        return await self._ask("POST", "authorizations", Authorization, wish, request)

    async def result(self, authorization: str) -> Authorization | Refused:
        return await self._ask("GET", f"authorizations/{authorization}", Authorization)

    async def release(self, authorization: str) -> Authorization | Refused:
        """It was not carried out."""
        return await self._ask("POST", f"authorizations/{authorization}/release", Authorization)

    async def _ask(self, method: str, name: str, shape: type[T], body: Any = None, request: str = "") -> T | Refused:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"}
        content = None if body is None else msgspec.json.encode(body)
        headers |= {"Content-Type": "application/json"} if content else {}
        headers |= {"Idempotency-Key": request} if request else {}
        try:
            url = f"{self._portal}{ROOT}{name}"
            return read_reply(await self._http.request(method, url, content=content, headers=headers), shape)
        except httpx.TransportError as fault:
            raise ServerAway(f"{self._portal}: {fault or type(fault).__name__}") from fault

    async def aclose(self) -> None:
        if self._is_own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def ticket_of(query: Mapping[str, str], state: str) -> str | None:
    """The ticket in the address to which a browser came back; None when the client said no. `state` is what was kept
    in *this* browser's session: with another one somebody else's session is put under this browser. Raises NotTrusted.
    """
    if not state or not same(query.get("state", "").encode(), state.encode()):
        raise NotTrusted("this browser began no hand-over, or another one")
    return query.get("ticket")
