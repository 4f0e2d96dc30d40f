"""Speaking with a server: addresses, nonces, signatures, refusals. httpx is loaded at the first word."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from twolatch.client.outcomes import NotTrusted, Refused, ServerAway
from twolatch.protocol import keys, requests
from twolatch.protocol.messages import Nonce, Problem, StreamDevice, StreamRequest
from twolatch.protocol.octets import b64u

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]

ROOT = "/api/phone/v1/"
TRIES = 3


def open_http(language: str) -> "httpx.AsyncClient":
    """A client of our own: no redirects, and no proxy between us and this machine."""
    import httpx  # a command that only lists users need not load it

    trust = httpx.create_ssl_context()  # one for all: each reads the whole list of authorities
    near = httpx.AsyncHTTPTransport(verify=trust)
    return httpx.AsyncClient(
        verify=trust,
        timeout=httpx.Timeout(15.0),
        follow_redirects=False,
        headers={"Accept-Language": language},
        mounts={"all://127.0.0.1": near, "all://localhost": near},
    )


class Wires:
    """A phone's connections: one client for all servers, opened at the first word unless it was handed in."""

    def __init__(self, http: "httpx.AsyncClient | None", language: str, pause: Pause) -> None:
        self._http = http
        self._own: httpx.AsyncClient | None = None
        self._language = language
        self._pause = pause
        self._to: dict[str, Wire] = {}

    def to(self, server: str) -> "Wire":
        """The wire to a server, `https://<host>`."""
        if self._http is None:
            self._http = self._own = open_http(self._language)
        if server not in self._to:
            self._to[server] = Wire(server, self._http, self._pause)
        return self._to[server]

    async def aclose(self) -> None:
        """Closes what was opened here; a client that was handed in stays open."""
        if self._own is not None:
            await self._own.aclose()
            self._http = self._own = None
            self._to.clear()


def authority(server: str) -> str:
    """`host` of an address: with the port only when it is not the scheme's own, in lower case."""
    parts = urlsplit(server)
    name = (parts.hostname or "").lower()
    name = f"[{name}]" if ":" in name else name
    own = {"http": 80, "https": 443}.get(parts.scheme)
    return name if parts.port in (None, own) else f"{name}:{parts.port}"


class Wire:
    """One server. Signed requests take the device's id and key; the nonce is remembered between them."""

    def __init__(self, server: str, http: "httpx.AsyncClient", pause: Pause = asyncio.sleep) -> None:
        self.server = server.rstrip("/")
        self.host = authority(server)
        self._http = http
        self._pause = pause
        self._nonce = ""

    async def plain(self, method: str, name: str, shape: type[T], body: Any = None) -> T | Refused:
        """An unsigned request. Raises ServerAway, and NotTrusted for an answer of another shape."""
        reply = await self._send(method, name, _encoded(body), {})
        return read_reply(reply, shape)

    async def persistent(self, method: str, name: str, shape: type[T], body: Any) -> T | Refused:
        """The very same bytes again when the reply was lost; only for what may arrive twice."""
        encoded = _encoded(body)
        for attempt in range(1, TRIES + 1):
            try:
                return read_reply(await self._send(method, name, encoded, {}), shape)
            except ServerAway:
                if attempt == TRIES:
                    raise
                await self._pause(0.5 * attempt)
        raise AssertionError("unreachable")

    async def signed(
        self, device: str, key: keys.PrivateKey, method: str, name: str, shape: type[T], body: Any = None
    ) -> T | Refused:
        """A signed request; signed again, with the fresh nonce, when the old one was too old."""
        encoded = _encoded(body)
        result: T | Refused = Refused("request.nonce", "no fresh nonce")
        for _ in range(TRIES):
            nonce = await self._current_nonce()
            text = requests.request_text(self.host, device, method, ROOT + name, nonce, encoded)
            headers = {
                requests.DEVICE_HEADER: device,
                requests.NONCE_HEADER: nonce,
                requests.SIGNATURE_HEADER: b64u(keys.sign(key, text)),
            }
            result = read_reply(await self._send(method, name, encoded, headers), shape)
            if not self._is_stale(result, nonce):
                break
        return result

    def _is_stale(self, result: object, nonce: str) -> bool:
        stale = isinstance(result, Refused) and result.code == "request.nonce"
        if stale and self._nonce == nonce:
            self._nonce = ""
        return stale

    async def _current_nonce(self) -> str:
        if not self._nonce:
            fresh = await self.plain("GET", "nonce", Nonce)
            if isinstance(fresh, Refused):
                raise ServerAway(f"no nonce: {fresh.title}")
            self._nonce = fresh.nonce
        return self._nonce

    async def _send(self, method: str, name: str, body: bytes, headers: dict[str, str]) -> "httpx.Response":
        import httpx

        url, more, extensions = self._route(name)
        if body:
            more["Content-Type"] = "application/json"
        try:
            reply = await self._http.request(
                method, url, content=body or None, headers=headers | more, extensions=extensions
            )
        except httpx.TransportError as fault:
            raise ServerAway(f"{self.server}: {fault or type(fault).__name__}") from fault
        self._nonce = reply.headers.get(requests.NONCE_HEADER, self._nonce)
        return reply

    def _route(self, name: str) -> tuple[str, dict[str, str], dict[str, str]]:
        """Address, headers and extensions.

        `*.localhost` is this machine (RFC 6761, section 6.3), also where the resolver does not know it;
        Host header and TLS name stay as they are.
        """
        parts = urlsplit(self.server)
        hostname = parts.hostname or ""
        if not hostname.lower().endswith(".localhost"):
            return self.server + ROOT + name, {}, {}
        port = f":{parts.port}" if parts.port else ""
        return (
            f"{parts.scheme}://127.0.0.1{port}{ROOT}{name}",
            {"Host": self.host},
            {"sni_hostname": hostname},
        )

    async def looks(self, devices: list[tuple[str, keys.PrivateKey]]) -> AsyncIterator[None]:
        """One item when connected and one for every event `look`. Raises ServerAway."""
        import httpx

        nonce = await self._current_nonce()
        signatures = [
            StreamDevice(device, b64u(keys.sign(key, requests.stream_text(self.host, device, nonce))))
            for device, key in devices
        ]
        url, headers, extensions = self._route("stream")
        headers |= {"Content-Type": "application/json", "Accept": "text/event-stream"}
        request = self._http.build_request(
            "POST",
            url,
            content=_encoded(StreamRequest(nonce, signatures)),
            headers=headers,
            extensions=extensions,
            timeout=httpx.Timeout(15.0, read=60.0),  # a comment comes every 25 s
        )
        try:
            reply = await self._http.send(request, stream=True)
            try:
                self._nonce = reply.headers.get(requests.NONCE_HEADER, "" if reply.is_error else self._nonce)
                if reply.is_error:
                    raise ServerAway(f"no stream: {reply.status_code}")
                yield None
                async for line in reply.aiter_lines():
                    if line.replace(" ", "") == "event:look":
                        yield None
            finally:
                await reply.aclose()
        except httpx.TransportError as fault:
            raise ServerAway(str(fault)) from fault


def _encoded(body: Any) -> bytes:
    return b"" if body is None else msgspec.json.encode(body)


def read_reply(reply: "httpx.Response", shape: type[T]) -> T | Refused:
    if reply.status_code >= 400:
        return _refusal(reply)
    try:
        return msgspec.json.decode(reply.content, type=shape)
    except msgspec.DecodeError as fault:
        raise NotTrusted(f"an answer of another shape: {fault}") from fault


def _refusal(reply: "httpx.Response") -> Refused:
    """What the server said, or, where a proxy answered in its place, what can be told from the status."""
    try:
        return Refused.by(msgspec.json.decode(reply.content, type=Problem))
    except msgspec.DecodeError:
        after = reply.headers.get("Retry-After", "")
        code = "server.busy" if reply.status_code in (429, 502, 503, 504) else "server.fault"
        seconds = int(after) if after.isascii() and after.isdigit() else None
        return Refused(code, f"The server answered {reply.status_code}", status=reply.status_code, retry_after=seconds)
