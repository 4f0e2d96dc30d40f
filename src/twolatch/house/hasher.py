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
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from nacl import bindings
from nacl.exceptions import InvalidkeyError

from twolatch.house.keys import Keys
from twolatch.protocol.octets import b64u
from twolatch.words.secret import Secret

T = TypeVar("T")

AVERAGE_OVER = 16  # hashes
DOOR_SHARE = 0.75  # of the patience: so whoever is let in has his turn, also when the next hashes take a little longer


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
        self._decoy = ""
        self._in_line = 0  # who is hashed for, and who waits for it
        self.cost = 0.0  # seconds of one hash, as the last ones took beside whatever else the machine does

    @property
    def waiting(self) -> int:
        """For a core."""
        return max(0, self._in_line - self._cores)

    @property
    def is_full(self) -> bool:
        """Whether who comes now would wait for longer than a login may."""
        return self._seconds(self.waiting) > self._patience

    def is_full_behind(self, many: int) -> bool:
        """The same at the door: `many` were let in and want a hash, and are on their way to it or wait for it. To pay
        first and be sent away then is dear: two commits, in a moment in which others could have come in."""
        return self._seconds(max(self.waiting, many - self._cores)) > self._patience * DOOR_SHARE

    def _seconds(self, waiting: int) -> float:
        return waiting * self.cost / self._cores

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
        if self.is_full:
            raise HashingBusy
        self._in_line += 1
        try:
            # All of them lie ready for the threads. A thread whose next hash has to be handed to it by the loop stands
            # idle for a fifth of its time, just when the loop has most to do.
            result, took = await self._in_time(self._pool.submit(_timed, work, *values))
        finally:
            self._in_line -= 1
        self.cost += (took - self.cost) / AVERAGE_OVER if self.cost else took
        return result

    async def _in_time(self, place: Future[tuple[T, float]]) -> tuple[T, float]:
        """What has begun is waited for; what has not after a while is taken back."""
        patience = asyncio.get_running_loop().call_later(self._patience, place.cancel)
        try:
            return await asyncio.wrap_future(place)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise HashingBusy from None  # what was thought of the cost was wrong
        finally:
            patience.cancel()

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


def _timed(work: Callable[..., T], *values: object) -> tuple[T, float]:
    begun = time.perf_counter()
    return work(*values), time.perf_counter() - begun


def _parted(stored: str) -> tuple[int, str]:
    """The number of its pepper, and the PHC string."""
    number, _, hashed = stored.partition("$")
    return int(number), f"${hashed}"


def _verify(stored: str, password: bytes) -> bool:
    try:
        return bool(bindings.crypto_pwhash_str_verify(stored.encode(), password))
    except InvalidkeyError:
        return False
