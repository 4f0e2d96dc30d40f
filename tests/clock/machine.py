"""A machine whose clock is wrong: the real server, in processes whose clock the test sets."""

import http.client
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.ports import free_port
from tests.site import LOOK_SECONDS, Site, site_settings, until
from twolatch.house.clock import ASKED_AGAIN

PATIENCE = 120.0
LOOKS = 12  # with a line of its own for each, so that both processes of a node answer some


@dataclass
class Machine(Site):
    """One node. It counts as started as soon as it lives: a node that refuses to decide is what is looked at here."""

    @classmethod
    def beside(cls, other: "Machine") -> "Machine":
        """Another node of the same site, with a clock of its own."""
        folder = other.folder.with_name(f"{other.folder.name}-beside")
        folder.mkdir()
        return cls(folder, other.settings, free_port(), other.workers)

    @property
    def environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": str(Path(__file__).with_name("wrong")), "WRONG_CLOCK": str(self._clock)}
        return {**super().environment, **own}

    @property
    def _clock(self) -> Path:
        return self.folder / "clock"

    def set_clock(self, seconds: float) -> None:
        """Off by so much from now on; 0 is right."""
        new = self.folder / "clock.new"
        new.write_text(str(seconds), encoding="ascii")
        os.replace(new, self._clock)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        are_all = self.workers == 1 or len(self.children()) >= self.workers
        return are_all and self._ask("/livez")[0] == 200

    def _ask(self, path: str, cookies: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and Retry-After; 0 while nobody listens."""
        given = {"Host": urlsplit(self.settings.portal_url).netloc}
        if cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LOOK_SECONDS)
        try:
            line.request("GET", path, headers=given)
            answer = line.getresponse()
            return answer.status, answer.getheader("retry-after", "")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            line.close()

    def decides(self) -> bool:
        """As far as several looks tell, where there are several processes."""
        return all(self._ask("/readyz")[0] == 200 for _ in range(LOOKS))

    def refuses(self) -> bool:
        """The same; a refusal says when to come back."""
        looks = [self._ask("/readyz") for _ in range(LOOKS)]
        told = [after for status, after in looks if status == 503]
        assert all(after.isdecimal() and 0 < int(after) <= 2 * ASKED_AGAIN for after in told), looks
        return all(status == 503 for status, _ in looks)

    def answers_to(self, cookies: Mapping[str, str]) -> set[int]:
        """What its processes answer to whoever opens his settings with these cookies."""
        return {self._ask("/security", cookies)[0] for _ in range(LOOKS)}

    def until_it_decides(self) -> None:
        until(self.decides, PATIENCE, every=0.2)

    def until_it_refuses(self) -> None:
        until(self.refuses, PATIENCE, every=0.2)

    def leap(self, seconds: float) -> None:
        """Sets the clock, and returns when every process has seen it."""
        before = self.said().count("clock_leapt")
        self.set_clock(seconds)
        self.until_all_said("clock_leapt", before)

    def correct(self) -> None:
        """The operator's word after a clock that was ahead; returns when every process has heard of it."""
        before = self.said().count("clock_taken_back")
        assert "Everybody logs in again" in self.run("clock", "correct")
        self.until_all_said("clock_taken_back", before)

    def until_all_said(self, word: str, before: int) -> None:
        until(lambda: self.said().count(word) >= before + self.workers, PATIENCE, every=0.2)


def machine(folder: Path, url: str, workers: int, **more: Any) -> Machine:
    """A new site, with a right clock, not started yet."""
    port = free_port()
    node = Machine(folder, site_settings(folder, url, port, **more), port, workers)
    node.set_clock(0)
    node.run("migrate")
    return node


class Towards(httpx.AsyncBaseTransport):
    """A line that leads to each of these nodes in turn, whatever the address says: as behind a proxy that chooses."""

    def __init__(self, wire: httpx.AsyncBaseTransport, *nodes: Site) -> None:
        self._wire, self._ports = wire, cycle([node.port for node in nodes])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host="127.0.0.1", port=next(self._ports))
        return await self._wire.handle_async_request(request)
