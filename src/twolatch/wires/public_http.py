"""POST to addresses that strangers named (push endpoints, later webhooks) without becoming their tool.

The attack (SSRF): a browser registers `https://169.254.169.254/...`, a name that resolves to 10.0.0.7, or
one that resolves to a public address when checked and to a private one when used. So: https on port 443
only, a strictly parsed URL, the name resolved once, every address of the answer public, and the
connection made to exactly that address while TLS still proves the name. No redirects, no proxies from the
environment, no cookies, no unpacking of compressed answers; a few seconds and a few kilobytes at most.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import httpcore

WHOLE_SECONDS = 5.0
MOST_CONNECTIONS = 8
_CONNECT_SECONDS = 2.0  # per address, so that a dead IPv6 route leaves time for IPv4
_MOST_ANSWER_BYTES = 4_096  # read only so that the connection can be used again

# One expression instead of a URL parser: two parsers that disagree about "@", "\" or "#" are a way around
# the check.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PUBLIC_URL = re.compile(
    rf"(?=.{{1,1024}}\Z)https://(?P<host>(?=[^/:]{{1,253}}(?:[/:]|\Z)){_LABEL}(?:\.{_LABEL})+)(?::443)?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_NAT64 = IPv6Network("64:ff9b::/96")
_PROTOCOL_ASSIGNMENTS = ip_network("192.0.0.0/24")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class NotPublic(Exception):
    """The URL, or an address its name resolved to, is not on the public internet over https."""


class Answer(msgspec.Struct, frozen=True):
    """`retry_after`: seconds as the server asked, bounded to an hour, or None."""

    status: int
    retry_after: int | None = None


def host_of(url: str) -> str | None:
    """The host name of a plain https URL on port 443; None for all else (user info, other ports, IPv6)."""
    found = _PUBLIC_URL.fullmatch(url)
    return found["host"] if found else None


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also behind every way of wrapping IPv4 into IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_4(address)
    inner = _wrapped(address)
    if inner is not None:
        return _is_public_4(inner)
    if address.sixtofour or address.teredo or address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class PublicPost:
    """Sends POST requests to public https URLs.

    `resolve(host, port)` gives addresses as text. `unsafe_origins` are exact origins
    ("http://127.0.0.1:8099") that skip every check: for tests only. `dial` replaces the TCP backend of
    httpcore, `context` the TLS settings.
    """

    def __init__(
        self,
        *,
        resolve: Resolver | None = None,
        unsafe_origins: frozenset[str] = frozenset(),
        dial: "httpcore.AsyncNetworkBackend | None" = None,
        context: ssl.SSLContext | None = None,
        seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._resolve = resolve or _ask_dns
        self._unsafe_origins = unsafe_origins
        self._dial = dial
        self._context = context
        self._seconds = seconds
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Raises NotPublic, or OSError (TimeoutError is one) when no answer came."""
        if not self._is_unsafe(url) and host_of(url) is None:
            raise NotPublic
        pool = await self._opened()
        import httpcore

        lines = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        try:
            async with (
                asyncio.timeout(self._seconds),
                pool.stream("POST", url, headers=lines, content=body) as response,
            ):
                answer = Answer(response.status, _retry_after(response.headers))
                await _read_a_little(response)
                return answer
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise OSError(type(error).__name__) from error

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    def _is_unsafe(self, url: str) -> bool:
        return any(url.startswith(f"{origin}/") for origin in self._unsafe_origins)

    async def _opened(self) -> "httpcore.AsyncConnectionPool":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncio.to_thread(self._new_pool)  # imports and certificates take 100 ms
            return self._pool

    def _new_pool(self) -> "httpcore.AsyncConnectionPool":
        import httpcore  # a process that never pushes never pays for it

        from twolatch.wires.pinned_dial import PinnedDial

        return httpcore.AsyncConnectionPool(
            ssl_context=self._context or _public_certificates(),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=PinnedDial(
                self._dial or httpcore.AnyIOBackend(), self._resolve, self._unsafe_origins, _CONNECT_SECONDS
            ),
        )


async def public_addresses(host: str, port: int, resolve: Resolver) -> Sequence[str]:
    """Ask once; take all or none, for one private address among public ones is an attack too."""
    addresses = await resolve(host, port)
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotPublic
    return addresses


async def _ask_dns(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_public_4(address: IPv4Address) -> bool:
    # Python 3.11 calls parts of 192.0.0.0/24 global; they belong to protocols such as NAT64 discovery.
    return (
        address.is_global and not (address.is_multicast or address.is_reserved) and address not in _PROTOCOL_ASSIGNMENTS
    )


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _public_certificates() -> ssl.SSLContext:
    """The system's authorities and Mozilla's: a slim container often has none of its own."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) <= 9:
            return min(int(value), 3_600)
    return None


async def _read_a_little(response: Any) -> None:
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > _MOST_ANSWER_BYTES:
            return
