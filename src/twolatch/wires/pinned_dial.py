"""The TCP side of `public_http`: a name is resolved, judged and dialled in one step, nothing in between."""

from collections.abc import Iterable
from typing import Any

import httpcore

from twolatch.wires.public_http import NotPublic, Resolver, public_addresses


class PinnedDial(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were judged; TLS above still asks for the name's certificate."""

    def __init__(
        self,
        inner: httpcore.AsyncNetworkBackend,
        resolve: Resolver,
        unsafe_origins: frozenset[str],
        seconds: float,
    ) -> None:
        self._inner = inner
        self._resolve = resolve
        self._unsafe = {origin.split("://", 1)[1] for origin in unsafe_origins}
        self._seconds = seconds

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if f"{host}:{port}" in self._unsafe:
            return await self._inner.connect_tcp(host, port, timeout=self._seconds)
        if port != 443:
            raise NotPublic
        failure: Exception = httpcore.ConnectError()
        for address in await public_addresses(host, port, self._resolve):
            try:
                return await self._inner.connect_tcp(address, port, timeout=self._seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
