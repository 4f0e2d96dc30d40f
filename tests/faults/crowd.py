"""A small crowd that logs in while something breaks, and writes down what it was told.

Nobody here gives up, and nobody forgives: an answer is a right one, or a 503 that says when to come back. The long run
is `TWOLATCH_WITH_LONG_FAULTS=1` (docs/operations/faults.md).
"""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import Kept, KeptSession, Said, Told, Wish
from tests.people import PASSWORD, PIN, Browser, Page, Phone, Town, set_up_codes
from tests.site import Site, answers, until
from twolatch.client.outcomes import Answered, Asked, Refused, ServerAway
from twolatch.house import House
from twolatch.people.model import User
from twolatch.protocol.answer import Decision

IS_LONG = os.environ.get("TWOLATCH_WITH_LONG_FAULTS") == "1"
PHONES, PAPERS, ROUNDS = (40, 8, 8) if IS_LONG else (8, 2, 2)
BACK_SECONDS = 180.0  # a site that is not back by then is broken, however slow the machine
SESSION = "__Host-session"
OVER = ("challenge.", "answer.replayed")  # of a question that the fence or a new login ended


@dataclass
class Doorstep:
    """Where everybody waits who was told to come back. `busy`: how often that was said; `entered`: one for each who got
    in; `is_mended`: until then everybody comes again and again."""

    site: Site
    busy: int = 0
    was_busy: asyncio.Event = field(default_factory=asyncio.Event)
    is_mended: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _back: asyncio.Task[None] | None = None

    async def come_back(self) -> None:
        """When the site says that it can decide again."""
        self.busy += 1
        self.was_busy.set()
        if self._back is None or self._back.done():
            self._back = asyncio.create_task(until_ready(self.site))
        await asyncio.shield(self._back)


async def until_ready(site: Site) -> None:
    await asyncio.to_thread(until, lambda: answers(site.port), BACK_SECONDS, 0.1)


def is_busy(page: Page) -> bool:
    """Told to come back. Everything else in the range of faults is one."""
    if page.status < 500:
        return False
    assert page.status == 503, (page.status, page.path, page.text[:500])
    assert int(page.answer.headers["retry-after"]) >= 1
    return True


@dataclass
class Person:
    """`said`: what he was told, in order."""

    user: User
    browser: Browser
    doorstep: Doorstep
    said: list[Said]
    phone: Phone
    paper: str = ""  # the authenticator that his recovery codes are
    codes: list[str] = field(default_factory=list)

    def note(self, wish: Wish, thing: str, told: Told) -> None:
        self.said.append(Said(self.user.id, wish, thing, told))

    async def live(self, rounds: int) -> None:
        done = 0
        while (done < rounds or not self.doorstep.is_mended.is_set()) and (self.codes or not self.paper):
            self.browser.cookies.pop(SESSION, None)
            done += await self._try()

    async def _try(self) -> bool:
        """From the password to a session; False: from the beginning, when the site can decide."""
        page = await self.browser.get("/login")
        page = page if is_busy(page) else await self.browser.send("/login", name=self.user.name, password=PASSWORD)
        if is_busy(page):
            await self.doorstep.come_back()
            return False
        return await (self._by_code() if self.paper else self._by_phone())

    async def _by_phone(self) -> bool:
        digits = self.browser.page.digits
        asked = await self._asked()
        if asked is None or not await self._approve(asked, digits):
            return False
        while True:
            form = self.browser.page.form("/login/collect")
            page = await self.browser.post("/login/collect", form.fields)
            if not is_busy(page):
                return self._is_in(page)
            await self.doorstep.come_back()

    def _is_in(self, page: Page) -> bool:
        """Whoever asks again after a lost answer may find his session given away: to nobody, and he begins anew."""
        if SESSION not in self.browser.cookies:
            assert page.status in {303, 410}, (page.status, page.text[:500])
            return False
        cookie = self.browser.cookies[SESSION]
        self.note(Wish.SESSION, hashlib.sha256(cookie.encode()).hexdigest(), Told.DONE)
        self.doorstep.entered.release()
        return True

    async def _asked(self) -> Asked | None:
        """The question on the phone; none when the site is away, or when the fence ended it meanwhile."""
        try:
            look = await self.phone.look()
        except ServerAway:
            await self.doorstep.come_back()
            return None
        if look.refused:
            await self._must_be_busy(look.refused[0][1])
            return None
        return look.asked[0] if look.asked else None

    async def _must_be_busy(self, refused: Refused) -> None:
        assert (refused.status, refused.code) == (503, "server.busy"), refused
        await self.doorstep.come_back()

    async def _approve(self, asked: Asked, digits: str) -> bool:
        """Asks until he knows what became of it."""
        challenge = asked.challenge.challenge
        while True:
            try:
                answer = await self.phone.soft.answer(asked, Decision.APPROVE, PIN, digits)
            except ServerAway:
                answer = None
            if isinstance(answer, Answered):
                self.note(Wish.APPROVAL, challenge, Told.DONE)
                return True
            if answer is None or answer.status >= 500:
                self.note(Wish.APPROVAL, challenge, Told.NOTHING)
                await (self._must_be_busy(answer) if answer else self.doorstep.come_back())
                continue
            assert answer.code.startswith(OVER), answer
            self.note(Wish.APPROVAL, challenge, Told.REFUSED)
            return False

    async def _by_code(self) -> bool:
        switch = self.browser.page.form("/login/switch")
        page = await self.browser.land(await self.browser.post("/login/switch", {**switch.fields, "one": self.paper}))
        if is_busy(page):
            await self.doorstep.come_back()
            return False
        code, form = self.codes[0], page.form("/login/answer")
        page = await self.browser.post("/login/answer", {**form.fields, "answer": code})
        if is_busy(page):
            self.note(Wish.CODE, code, Told.NOTHING)
            await self.doorstep.come_back()
            return False
        self.codes.pop(0)
        is_in = SESSION in self.browser.cookies
        self.note(Wish.CODE, code, Told.DONE if is_in else Told.REFUSED)
        return is_in and self._is_in(page)

    async def opens_again(self, code: str) -> bool:
        """Whether a code that was used opens anything once more."""
        self.browser.cookies.pop(SESSION, None)
        page = await self.browser.log_in(self.user.name)
        fields = page.form("/login/switch").fields
        page = await self.browser.land(await self.browser.post("/login/switch", {**fields, "one": self.paper}))
        await self.browser.send("/login/answer", answer=code)
        return SESSION in self.browser.cookies


@dataclass
class Crowd:
    """`said`: what all of them were told."""

    people: list[Person]
    doorstep: Doorstep
    said: list[Said]

    @classmethod
    async def gathered(cls, town: Town) -> "Crowd":
        crowd = cls([], Doorstep(town.site), [])
        for number in range(PHONES + PAPERS):
            user, browser, phone = await town.with_phone()
            one = Person(user, browser, crowd.doorstep, crowd.said, phone)
            if number >= PHONES:
                await browser.log_out()
                await browser.log_in(user.name)
                await phone.approve(browser.page.digits)
                await browser.collect()
                one.codes = (await set_up_codes(browser))[1:]  # the first one is typed to set them up
                row = await town.house.db.row(
                    "SELECT id FROM authenticators WHERE user_id = :id AND kind = 'recovery'", id=user.id
                )
                assert row
                one.paper = str(row["id"])
            crowd.people.append(one)
        await town.forget_the_crowd()
        return crowd

    async def live_through(self, crashes: Sequence[tuple[Callable[[], None], Callable[[], None]]]) -> None:
        """All log in again and again while things are broken and mended, in another thread, for it takes a while; then
        as often as they wished."""
        living = asyncio.create_task(self._live())
        for break_it, mend_it in crashes:
            await _first(living, self._has(PHONES // 2))
            self.doorstep.was_busy.clear()
            await asyncio.to_thread(break_it)
            await _first(living, self.doorstep.was_busy.wait())
            await asyncio.to_thread(mend_it)
        self.doorstep.is_mended.set()
        await living
        assert self.doorstep.busy, "it met nobody"

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            for one in self.people:
                group.create_task(one.live(ROUNDS))

    async def _has(self, more: int) -> None:
        for _ in range(more):
            await self.doorstep.entered.acquire()

    def used_codes(self) -> list[tuple[Person, str]]:
        """One of each person: more would be guessing."""
        done = {one.who: one.thing for one in self.said if one.wish is Wish.CODE and one.told is Told.DONE}
        return [(person, done[person.user.id]) for person in self.people if person.user.id in done]


async def _first(living: "asyncio.Task[None]", wish: Coroutine[Any, Any, Any]) -> None:
    """Until it came true; or until nobody lives any more, whose fault is raised at the end."""
    wished = asyncio.create_task(wish)
    await asyncio.wait({living, wished}, return_when=asyncio.FIRST_COMPLETED)
    wished.cancel()


async def kept(house: House, people: Sequence[Person]) -> Kept:
    """What the database holds of them."""
    of = {one.user.id for one in people}
    found = Kept()
    for row in await house.db.rows("SELECT event, user_id, object FROM audit"):
        if row["user_id"] in of and row["event"] == "authenticators:challenge:approved":
            found.approved[row["object"]] += 1
        if row["user_id"] in of and row["event"] == "login:session:started":
            found.started[row["object"]] += 1
    used = "SELECT user_id FROM challenges WHERE state = 'consumed' AND purpose = 'login'"
    found.consumed = Counter(row["user_id"] for row in await house.db.rows(used))
    for row in await house.db.rows("SELECT id, token, user_id, proved FROM sessions"):
        if row["user_id"] in of:
            one = KeptSession(row["id"], row["user_id"], row["proved"] != "password")
            found.sessions[bytes(row["token"]).hex()] = one
    return found
