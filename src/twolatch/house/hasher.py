"""Password hashes: Argon2id on every core but one, and never a long queue before them.

A login is as dear as its hash. Whoever floods the login meets the limits first; what passes them waits here for a few
seconds at most. Who would have to wait for longer is told to come back at once: a queue that everybody leaves before
his turn fills the memory and serves nobody.
"""

import asyncio
import hmac
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from nacl import bindings
from nacl.exceptions import InvalidkeyError

from twolatch.house.keys import Keys
from twolatch.protocol.octets import b64u
from twolatch.words.secret import Secret

T = TypeVar("T")

AVERAGE_OVER = 16  # hashes


class HashingBusy(Exception):
    """All threads hash, and their queue is longer than anybody should wait. Nothing was compared.

    `retry_after` in seconds.
    """

    retry_after = 2


class Hasher:
    """`passes` and `memory_mib` as RFC 9106; the parameters travel with each hash (PHC string).

    `keys` hold the peppers: each a MAC under a key outside the database, so that a stolen table alone cannot be guessed
    at. A stored hash says which one it has: "2$argon2id$..."; an old one is renewed at the next login.
    """

    def __init__(
        self, passes: int, memory_mib: int, keys: Keys, queue_seconds: float = 2, cores: int | None = None
    ) -> None:
        self._patience = queue_seconds
        self._passes, self._memory, self._keys = passes, memory_mib * 1024 * 1024, keys
        self._cores = cores or cores_to_hash_on()
        self._pool = ThreadPoolExecutor(self._cores, "hash", initializer=_yield_to_the_loop)
        self._free = asyncio.Semaphore(self._cores)
        self._decoy = ""
        self.cost = 0.0  # seconds of one hash, as the last ones took beside whatever else the machine does
        self.waiting = 0  # for a core

    @property
    def is_full(self) -> bool:
        """Whether who comes now would wait for longer than a login may."""
        return self.waiting * self.cost > self._patience * self._cores

    async def prepare(self) -> None:
        """Makes the decoy that unknown names are checked against, so that they cost what known ones cost."""
        self._decoy = await self.hash(Secret("decoy"))

    async def hash(self, password: Secret[str]) -> str:
        number = self._keys.peppers_with
        return f"{number}{await self._run(self._hash, self._peppered(password, number))}"

    async def is_right(self, stored: str | None, password: Secret[str]) -> bool:
        """Whether the password is the stored one; the same work, and always no, when nothing is stored."""
        number, hashed = _parted(stored or self._decoy)
        right = await self._run(_verify, hashed, self._peppered(password, number))
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        number, hashed = _parted(stored)
        return number != self._keys.peppers_with or f"$m={self._memory // 1024},t={self._passes},p=1$" not in hashed

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *values: object) -> T:
        loop = asyncio.get_running_loop()
        await self._take_turn()
        begun = loop.time()
        try:
            return await loop.run_in_executor(self._pool, work, *values)
        finally:
            self._free.release()
            took = loop.time() - begun
            self.cost += (took - self.cost) / AVERAGE_OVER if self.cost else took

    async def _take_turn(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        if self.is_full:
            raise HashingBusy
        self.waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._patience)
        except TimeoutError:  # what was thought of the cost was wrong
            raise HashingBusy from None
        finally:
            self.waiting -= 1

    def _peppered(self, password: Secret[str], number: int) -> bytes:
        text = unicodedata.normalize("NFC", password.reveal())
        return b64u(hmac.digest(self._keys.peppers[number], text.encode("utf-8", "surrogatepass"), "sha256")).encode()

    def _hash(self, password: bytes) -> str:
        kind = bindings.crypto_pwhash_ALG_ARGON2ID13
        return bindings.crypto_pwhash_str_alg(password, self._passes, self._memory, kind).rstrip(b"\0").decode()


def cores_to_hash_on() -> int:
    """One core is left to the event loop: a hash drives out of a core's caches whatever the loop left there, and the
    loop then needs a fifth more of CPU for everything else (decision 0035)."""
    return max(1, (os.cpu_count() or 1) - 1)


def _yield_to_the_loop() -> None:
    """On Linux a thread has a priority of its own. Hashes of several processes on every core would else keep the loop
    from answering those who wait: the portal learned of a phone's answer three times later (measured, 8 at once on
    2 cores)."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _parted(stored: str) -> tuple[int, str]:
    """The number of its pepper, and the PHC string."""
    number, _, hashed = stored.partition("$")
    return int(number), f"${hashed}"


def _verify(stored: str, password: bytes) -> bool:
    try:
        return bool(bindings.crypto_pwhash_str_verify(stored.encode(), password))
    except InvalidkeyError:
        return False
