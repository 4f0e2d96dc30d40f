"""Applications that ask, and clients who are asked, at the level of flows."""

from dataclasses import dataclass, replace
from typing import Any

import pyotp

from tests.flows.houses import Handset, Seat, Time, activated, add_user
from tests.flows.test_closing import come_back
from twolatch.activation import by_code
from twolatch.applications import flows as applications
from twolatch.applications.model import Application, Fault
from twolatch.authorizations import flows
from twolatch.house import House
from twolatch.login import rungs, step_up
from twolatch.login.model import Waits
from twolatch.protocol.applications import Authorization, AuthorizationWish
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Refusal

HOURS = 3600
DAY = 24 * HOURS
BACK = "https://shop.example/back"
MARKER = "0123456789abcdef"
ALL = ["sessions", "names", "authorizations"]


async def registered(house: House, name: str = "Shop", scopes: list[str] | None = None) -> Application:
    done = await applications.add(house, name, scopes or ALL, [BACK], house.clock.now())
    assert not isinstance(done, Fault), done
    return done[0]


async def handed_over(house: House, by: Application, who: SignedIn) -> str:
    """The name by which the application knows this session."""
    now = house.clock.now()
    wish = await applications.ask_hand_over(house, by, BACK, MARKER, now)
    assert not isinstance(wish, Refusal)
    led = await applications.agree(house, who, wish.id, now)
    assert isinstance(led, str)
    known = await applications.exchange(house, by, ticket_of(led), now)
    assert not isinstance(known, Refusal)
    return known.id


def ticket_of(led: str) -> str:
    assert led.startswith(f"{BACK}?ticket=")
    assert led.endswith(f"&state={MARKER}")
    return led.removeprefix(f"{BACK}?ticket=").partition("&")[0]


def thousand(many: float) -> str:
    return f"{int(many * 1000)}.00"


@dataclass
class Asks:
    """One application and one session it knows."""

    house: House
    by: Application
    session: str
    keys: int = 0

    async def ask(self, amount: str, key: str = "", **more: Any) -> Any:
        self.keys += 1
        wish = AuthorizationWish(**{
            "session": self.session, "action": "withdrawal", "amount": amount, "currency": "USD", **more
        })  # fmt: skip
        return await flows.authorize(self.house, self.by, wish, key or f"{self.session}{self.keys}"[-40:], self.now)

    async def says(self, amount: str, **more: Any) -> tuple[str, str]:
        done = await self.ask(amount, **more)
        assert isinstance(done, Authorization), done
        return done.answer, done.reason

    @property
    def now(self) -> int:
        return self.house.clock.now()

    async def result(self, one: str) -> tuple[str, str]:
        done = await flows.result(self.house, self.by, one, self.now)
        assert isinstance(done, Authorization), done
        return done.answer, done.reason


async def by_password(house: House) -> tuple[Asks, SignedIn]:
    await add_user(house, "anna")
    who = await Seat(house).log_in("anna")
    by = await registered(house)
    return Asks(house, by, await handed_over(house, by, who)), who


async def by_phone(house: House, time: Time) -> tuple[Asks, SignedIn, Seat, Handset]:
    """A phone that has settled."""
    _, seat, phone = await activated(house, "anna")
    time.pass_(2 * DAY)
    who = await come_back(house, seat, phone, "anna")
    by = await registered(house)
    return Asks(house, by, await handed_over(house, by, who)), who, seat, phone


async def add_app(house: House, who: SignedIn) -> tuple[str, pyotp.TOTP]:
    """An authenticator app beside the phone; its id and what it shows."""
    begun = await by_code.begin(house, who, "totp", "My app", "Firefox on Linux", house.clock.now())
    assert isinstance(begun, by_code.SettingUp)
    shown: Any = begun.shown
    app = pyotp.TOTP(shown.secret.replace(" ", ""))
    done = await by_code.confirm(house, who, begun.one, app.at(house.clock.now() / 1000), house.clock.now())
    assert not isinstance(done, Refusal), done
    return begun.one, app


async def app_session(house: House, time: Time) -> tuple[Asks, SignedIn, Seat, Handset, pyotp.TOTP]:
    """Proved by the app (200 a day), where a phone (1,000) is at hand."""
    asks, who, seat, phone = await by_phone(house, time)
    one, app = await add_app(house, who)
    time.pass_(2 * DAY)
    who = await come_back(house, seat, phone, "anna")
    waits = await step_up.begin(house, who, seat.visit, one)
    assert isinstance(waits, Waits)
    code = app.at(house.clock.now() / 1000)
    assert not isinstance(await rungs.answer_step_up(house, who, waits.challenge, code, house.clock.now()), Refusal)
    done = await step_up.collect(house, who, waits.challenge, house.clock.now())
    assert isinstance(done, step_up.Proved)
    seat.token = done.token
    weak = await seat.who()
    assert weak
    return replace(asks, session=await handed_over(house, asks.by, weak)), weak, seat, phone, app


async def approve(house: House, phone: Handset, challenge: str, **more: Any) -> Any:
    return await phone.send(phone.made(await phone.asked(challenge), **more))


def device_of(phone: Handset) -> str:
    assert phone.record
    return phone.record.device
