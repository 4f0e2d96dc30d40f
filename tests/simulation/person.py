"""An honest client: browsers, a phone, and the patience to try again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from tests.flows.houses import INFO, PASSWORD, RIGHT
from tests.simulation.loop import rest
from tests.simulation.network import Air, Away, Busy, ask
from tests.simulation.watching import COLLECT, moves_on
from tests.simulation.world import World
from twolatch.activation import flows as activation
from twolatch.activation.model import Offer
from twolatch.client.outcomes import Answered, Asked, Refused, ServerAway, Shown
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore, Record
from twolatch.house import House
from twolatch.login import flows as login
from twolatch.login.model import Collected, Proceed, Ready, Waits
from twolatch.protocol.answer import Decision
from twolatch.sessions.flows import fingerprint, signed_in
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit

# What an honest phone may be told: others were faster, or time was.
MET = {
    Code.CHALLENGE_EXPIRED, Code.CHALLENGE_SUPERSEDED, Code.CHALLENGE_ANSWERED, Code.CHALLENGE_UNKNOWN, Code.BUSY,
}  # fmt: skip
# What may have become of a code before the phone came with it.
CODE_MET = {Code.CODE_USED, Code.CODE_EXPIRED, Code.CODE_CANCELLED, Code.ALREADY_HERE, Code.ALREADY_ELSEWHERE}
# What the right password may meet.
LOGIN_MET = {
    Code.LOGIN_ANOTHER, Code.LOGIN_CHALLENGES, Code.LOGIN_WAIT, Code.LOGIN_LOCKED, Code.LOGIN_ADDRESS, Code.BUSY,
}  # fmt: skip
NO_CODE = {Code.ACTIVATION_ALREADY, Code.ACTIVATION_LIMIT, Code.STEP_UP}
AT_MOST = 90.0  # s, from an approval that the phone knows of until its window has moved on
PATIENT = 200.0  # s, until a client reloads a page that waits


@dataclass
class Browser:
    """Cookies. `address` as the site sees it."""

    world: World
    who: str
    address: str
    pre: str = ""
    mark: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        self.pre = self._fresh()

    def _fresh(self) -> str:
        return self.world.chance.randbytes(16).hex()

    def visit(self, house: House) -> Visit:
        now = house.clock.now()
        return Visit(fingerprint(self.pre), fingerprint(self.mark), self.address, "Firefox on Linux", "en", now)

    async def ask(self, what: str, wish: Callable[[House], Awaitable[Any]]) -> Any:
        return await ask(self.world, self.who, what, lambda node: wish(node.house))

    async def begin(self, name: str) -> Any:
        sent = copy(self)  # a request carries the cookies of its departure
        return await self.ask("begin", lambda house: login.begin(house, sent.visit(house), name, Secret(PASSWORD)))

    async def look(self) -> Any:
        sent = copy(self)
        return await self.ask("look", lambda house: login.look(house, sent.visit(house)))

    async def collect(self) -> bool:
        sent = copy(self)
        done = await self.ask("collect", lambda house: login.collect(house, sent.visit(house)))
        if not isinstance(done, Collected):
            return False
        self.token, self.mark, self.pre = done.token, done.browser_token or self.mark, self._fresh()
        self.world.acknowledged("sessions", "token", fingerprint(done.token))
        return True

    async def inside(self, what: str, wish: Callable[[House, SignedIn], Awaitable[Any]]) -> Any:
        """A wish of who is signed in; None when nobody is."""

        sent = copy(self)

        async def within(house: House) -> Any:
            who = await signed_in(house, sent.token, house.clock.now())
            return who and await wish(house, who)

        return await self.ask(what, within)


@dataclass
class Person:
    world: World
    name: str
    server: str
    logins: int
    beside: Sequence[Callable[["Person"], Awaitable[None]]]  # what else she may do between two logins
    browsers: list[Browser] = field(default_factory=list)
    screens: dict[str, str] = field(default_factory=dict)  # what her windows show: question -> digits
    approved: dict[str, float] = field(default_factory=dict)  # what her phone knows of, and since when
    codes: asyncio.Queue[str] = field(default_factory=asyncio.Queue)  # session IDs that were on her screen
    copied: Record | None = None  # what a thief copied when it was new
    approved_then: int = 0  # how many answers she knew of at that moment
    may_hear: set[Code] = field(default_factory=set)  # what her phone may be told besides, by what she did
    comes_back: Callable[["Person", Browser], Awaitable[None]] | None = None  # how, once she reported it
    is_done: bool = False

    def __post_init__(self) -> None:
        self.browsers = [Browser(self.world, f"{self.name}/{at}", f"192.0.2.{at + 1}") for at in range(2)]
        self.store = MemoryStore()
        self.phone = self.new_app(self.store)

    def new_app(self, store: MemoryStore, name: str = "app") -> SoftPhone:
        """The app is opened; what it kept is there."""
        http = self.world.http(Air(self.world, f"{self.name}/{name}", "192.0.2.9"))
        return SoftPhone(
            store, http=http, server=self.server, info=INFO, iterations=1, chance=self.world.chance.randbytes,
            pause=rest,
        )  # fmt: skip

    @property
    def is_set_up(self) -> bool:
        return any(user.state == "active" for user in self.phone.users())

    async def live(self) -> None:
        """Sets up the phone and logs in, some of it in the storm, and once more when it is over."""
        mind = self.world.go(self._mind_the_phone())
        await self._set_up()
        self.is_copied()
        for _ in range(self.logins):
            windows = self.world.chance.choice((1, 1, 2))
            await asyncio.gather(*(self._log_in(self.world.chance.choice(self.browsers)) for _ in range(windows)))
            await rest(self.world.chance.uniform(0, 20))
            if self.world.chance.random() < 0.4:
                await self.world.chance.choice(self.beside)(self)
        await self.world.calm
        await self._log_in(self.world.chance.choice(self.browsers))
        mind.cancel()
        self.is_done = True
        self.world.tell(self.name, "is content")

    def is_copied(self) -> None:
        """A thief takes the storage of her phone, while it is new."""
        self.copied = next(each for each in self.store.load().records if each.state == "active")
        self.approved_then = len(self.approved)

    # logging in

    async def _log_in(self, browser: Browser) -> None:
        """Until she is in. Two windows of one browser share its cookies."""
        is_begun = False
        while True:
            try:
                if is_begun and self.world.chance.random() < 0.5:
                    self.world.tell(browser.who, "reloads")
                elif not await self._begin(browser):
                    continue
                is_begun = True
                if await self.follow(browser):
                    return
            except Away:
                await rest(1.0)

    async def _begin(self, browser: Browser) -> bool:
        begun = await browser.begin(self.name)
        if isinstance(begun, Proceed):
            return True
        if isinstance(begun, Refusal) and begun.code is Code.LOGIN_PHONE_REPORTED and self.comes_back:
            await self.comes_back(self, browser)
            return False
        if isinstance(begun, Refusal) and begun.code not in LOGIN_MET:
            self.world.fail(f"{self.name} gave the right password and was told {begun.code.code}")
        after = begun.retry_after if isinstance(begun, Refusal) else 2
        await rest(max(5, after or 0))
        return False

    async def follow(self, browser: Browser) -> bool:
        view = await browser.look()
        if isinstance(view, Waits):
            self.screens[view.challenge] = getattr(view.prompt, "digits", "")
            if not await self._wait(browser, view.challenge):
                return False
        elif not isinstance(view, Ready):
            await rest(1.0)
            return False
        if self.world.chance.random() < 0.7:
            return await browser.collect()
        twice = await asyncio.gather(browser.collect(), browser.collect(), return_exceptions=True)  # a double click
        return True in twice

    async def _wait(self, browser: Browser, challenge: str) -> bool:
        begun = self.world.loop.time()
        try:
            async with asyncio.timeout(PATIENT):
                step = await moves_on(self.world, browser.who, browser.visit)
        except TimeoutError:
            step = ""
        late = self.world.loop.time() - self.approved.get(challenge, self.world.loop.time())
        if late > AT_MOST:
            self.world.fail(f"{browser.who} waits since {begun:.0f} s, and its question was approved {late:.0f} s ago")
        self.screens.pop(challenge, None)
        return step == COLLECT

    # the phone

    async def _mind_the_phone(self) -> None:
        while True:
            try:
                await self.phone.resume()
                for asked in (await self._look()).asked:
                    await self._consider(asked)
                await self._listen()
            except ServerAway:
                self.world.tell(self.name, "has no network on the phone")
            await rest(self.world.chance.uniform(0.1, 2.0))

    async def _listen(self) -> None:
        """Looks away, or leaves the app open in her hand until something comes."""
        if self.world.chance.random() < 0.5:
            return await rest(self.world.chance.uniform(0, 4.0))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.world.chance.uniform(1, 40)):
                await self.phone.wait_asked()
        return None

    async def _look(self) -> Any:
        phone = self.phone
        look = await phone.waiting()
        for _, refused in look.refused if phone is self.phone else ():
            self.must_be_allowed(refused, MET)
        return look

    async def _consider(self, asked: Asked) -> None:
        """Her own question is approved with what her screen shows; of another she denies some."""
        question = asked.challenge.challenge
        if question in self.screens:
            await self._in_the_app(self._approve(asked, self.screens[question]))
        elif self.world.chance.random() < 0.1:
            await self._in_the_app(self.phone.answer(asked, Decision.DENY))

    async def _approve(self, asked: Asked, digits: str) -> None:
        phone = self.phone
        done = await phone.answer(asked, Decision.APPROVE, RIGHT, digits)
        if isinstance(done, Refused):
            return self.must_be_allowed(done, MET) if phone is self.phone else None
        assert isinstance(done, Answered)
        self.approved.setdefault(done.challenge, self.world.loop.time())
        return self.world.acknowledged("challenges", "id", done.challenge)

    async def _in_the_app(self, deed: Any) -> None:
        """Now and then somebody closes the app in the middle of it, and opens it again."""
        if not self.world.happens(self.world.weather.app_closed):
            return await deed
        doing = asyncio.ensure_future(deed)
        await asyncio.wait([doing], timeout=self.world.chance.uniform(0, 0.2))
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        self.world.tell(self.name, "closes the app and opens it again")
        self.phone = self.new_app(self.store)
        return None

    def must_be_allowed(self, refused: Refused, known: set[Code]) -> None:
        if refused.code not in {code.code for code in known | self.may_hear}:
            self.world.fail(f"the phone of {self.name} did everything right and was told {refused.code}")

    # setting it up

    async def _set_up(self) -> None:
        browser = self.browsers[0]
        while not self.is_set_up:
            try:
                await self._activate(browser)
            except (Away, ServerAway):
                await rest(1.0)

    async def _activate(self, browser: Browser) -> None:
        offer = await browser.inside("activate", lambda house, who: activation.begin(house, who, house.clock.now()))
        if not isinstance(offer, Offer):
            await self._find_out(browser, offer)
            return
        self.codes.put_nowait(offer.session_id)
        shown = await self.phone.claim(offer.session_id, RIGHT)
        if not isinstance(shown, Shown):
            self.must_be_allowed(shown, CODE_MET | MET)
            return
        self.world.acknowledged("authenticators", "id", shown.device)
        await self._confirm(browser, shown.six_digits)
        for _ in range(30):  # the phone, which she minds, finishes by itself
            if self.is_set_up:
                return
            await rest(1.0)

    async def _find_out(self, browser: Browser, offer: Any) -> None:
        """No code: nobody is signed in any more, or there is a phone already and it has not heard of it yet."""
        if offer is None:
            await self._log_in(browser)
        elif isinstance(offer, Refusal) and offer.code not in NO_CODE:
            self.world.fail(f"{self.name} asked for a code and was told {offer.code.code}")
        await rest(3.0)

    async def _confirm(self, browser: Browser, digits: str) -> None:
        def wish(house: House, who: SignedIn) -> Awaitable[Any]:
            return activation.confirm(house, who, digits, house.clock.now())

        for _ in range(3):
            try:
                done = await browser.inside("confirm", wish)
            except Away:
                continue
            if isinstance(done, activation.Confirmed):
                browser.token = done.token
                self.world.acknowledged("sessions", "token", fingerprint(done.token))
            if not isinstance(done, Busy):
                return
