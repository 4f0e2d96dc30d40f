"""The soft phone: activate, look, approve, deny (docs/protocol.md)."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from twolatch.client import device
from twolatch.client.activating import Activating, read_code, weak_pin
from twolatch.client.answering import Answering, stretch
from twolatch.client.changing import change_pin
from twolatch.client.ear import Ear
from twolatch.client.leaving import leave
from twolatch.client.moving import Moving
from twolatch.client.outcomes import (
    Activated,
    Answered,
    Asked,
    Gone,
    Look,
    Refused,
    Scanned,
    ServerAway,
    Shown,
    User,
)
from twolatch.client.store import Record, Store
from twolatch.client.wire import Pause, Wires, authority
from twolatch.protocol import pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.messages import DeviceInfo, Ended, Transfer
from twolatch.protocol.octets import unb64u
from twolatch.protocol.scan import read_scan, scan_base

if TYPE_CHECKING:
    import httpx

SERVER = "http://phone.localhost:8080"
INFO = DeviceInfo(platform="desktop", model="Soft phone", browser="", app="twolatch-python/0.1.0")
# How many looks in a row may fail while somebody reads six digits from one screen and types them into
# another.
FAILURES = 10


class SoftPhone:
    """One app with its users. Its methods may run side by side; times are the server's.

    `http`: an httpx.AsyncClient to share between phones (it stays open); without one the phone opens its own.
    `server`: where typed codes are claimed; a scanned link names its own.
    `iterations`: PBKDF2 rounds for new users; fewer than 600,000 only where nobody's PIN is at stake.
    `poll`: seconds between looks while the server's stream is silent.

    A soft phone cannot have keys that never leave it (see `store`). All methods that speak with the server
    raise ServerAway when it does not answer, NotTrusted when it is not the server it must be, StoreBusy and
    StoreBroken.
    """

    def __init__(
        self,
        store: Store,
        *,
        http: "httpx.AsyncClient | None" = None,
        server: str = SERVER,
        info: DeviceInfo = INFO,
        language: str = "en",
        iterations: int = pins.ITERATIONS,
        chance: Callable[[int], bytes] = os.urandom,
        pause: Pause = asyncio.sleep,
        poll: float = 2.0,
    ) -> None:
        self._store = store
        self._server = server.rstrip("/")
        self._pause = pause
        self._poll = poll
        self._iterations, self._chance = iterations, chance
        self._wires = Wires(http, language, pause)
        self._answering = Answering(store, self._wires)
        self._moving = Moving(store, self._wires, self._answering)
        self._activating = Activating(
            store, self._wires, self._answering, info=info, iterations=iterations, chance=chance
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections the phone opened itself."""
        await self._wires.aclose()

    def users(self) -> list[User]:
        """Who is on this phone."""
        return [_user(record) for record in self._store.load().records]

    async def claim(self, code_or_link: str, pin: str, user_name: str = "") -> Shown | Refused:
        """Claims a typed session ID or a scanned link; the answer holds the six digits for the portal.

        Where a user is here already, the PIN is first proved with him, so that one PIN stays right for all.
        Refused by the phone itself: `code.unreadable`, and `pin.weak`, after which the same code takes
        another PIN.
        """
        target = read_code(code_or_link, self._server)
        if target is None:
            return Refused("code.unreadable", "This is no code", "A character is wrong or missing.", "Read it again.")
        return await self._activating.claim(target, pin, user_name)

    async def wait_active(self, device_id: str = "") -> Activated | Refused:
        """Waits until the portal confirms the six digits, then proves key and PIN. By default the last claim.

        Refused: `code.burned`, `code.expired`, `code.cancelled`; `phone.none` when no claim is open.
        """
        claims = [r for r in self._claimed() if device_id in ("", r.device)]
        if not claims:
            return Refused("phone.none", "No activation is open on this phone")
        failures = 0
        async with self._ear(claims[-1:]) as ear:
            while True:
                try:
                    done = await self._activating.finish(claims[-1])
                    failures = 0
                except ServerAway:
                    done, failures = None, failures + 1
                    if failures == FAILURES:
                        raise
                if done is not None:
                    return done
                await ear.wait(self._poll)

    async def resume(self) -> list[Activated | Refused]:
        """Opens the app again: finishes every activation that was confirmed or ended meanwhile."""
        done = [await self._activating.finish(record) for record in self._claimed()]
        return [result for result in done if result is not None]

    async def waiting(self, user: str = "") -> Look:
        """What waits, for all active users or for one (name or device id)."""
        asked: list[Asked] = []
        ended: list[Ended] = []
        refused: list[tuple[str, Refused]] = []
        for record in self._active(user):
            result = await self._answering.look(record)
            if isinstance(result, Refused):
                refused.append((record.device, result))
            else:
                asked += [device.read_challenge(record, signed) for signed in result.waiting]
                ended += result.ended
        await self._note(refused)
        return Look(tuple(asked), tuple(ended), tuple(refused))

    async def _note(self, refused: list[tuple[str, Refused]]) -> None:
        if refused:
            async with self._store.alone():
                for device_id, refusal in refused:
                    self._answering.note(device_id, refusal)

    async def wait_asked(self, user: str = "") -> Look:
        """Until something waits or a user is refused; `asyncio.timeout` limits the patience."""
        async with self._ear(self._active(user)) as ear:
            while True:
                look = await self.waiting(user)
                if look.asked or look.refused or not self._active(user):
                    return look
                await ear.wait(self._poll)

    async def answer(
        self, challenge: Asked | Scanned | str, decision: Decision, pin: str | None = None, digits: str = ""
    ) -> Answered | Refused:
        """Answers a challenge, from `waiting`, from `scan`, or by its id.

        An approval takes the PIN, and digits where asked and nothing was scanned.

        Refused by the phone itself: `challenge.unknown`, `pin.needed`, `digits.needed`. When ServerAway is
        raised it is open whether the answer arrived; the same call again clears that up.
        """
        word = challenge.confirmation if isinstance(challenge, Scanned) else ""
        challenge = challenge.asked if isinstance(challenge, Scanned) else challenge
        asked = challenge if isinstance(challenge, Asked) else await self._asked(challenge)
        if asked is None:
            return _unknown()
        typed = word or ("".join(digits.split()) if asked.challenge.confirmation == "digits" else "")
        missing = _missing(asked, pin, typed, word) if decision is Decision.APPROVE else None
        if missing is not None:
            return missing
        async with self._store.alone():
            record = self._store.load().find(asked.device)
            if record is None:
                return _unknown()
            shown = typed if decision is Decision.APPROVE else ""
            return await self._answering.answer(record, asked, decision, pin or "", shown)

    async def scan(self, link: str) -> Scanned | Refused:
        """The code of a login, read off the portal's page a moment ago: what is asked, and the word for the answer.

        Refused by the phone itself: `code.unreadable`, `phone.none` when nobody of that site is here.
        """
        read, server = read_scan(link), scan_base(link)
        if read is None or server is None:
            return Refused("code.unreadable", "This is no code of a login", "", "Read it again.")
        refused: Refused = Refused("phone.none", "Nobody of this site is active on this phone")
        for record in self._active(""):
            if record.host != authority(server):
                continue
            done = await self._answering.scan(record, read)
            if not (isinstance(done, Refused) and done.code == "challenge.unknown"):
                return done
            refused = done  # not this user's; perhaps another one's on this phone
        return refused

    async def respond(self, number: str, pin: str, user: str = "") -> str | Refused:
        """Without any network: the code for the number in the portal. A wrong PIN makes a wrong code.

        Refused by the phone itself: `phone.none`, `number.unreadable`, and `user.needed` where several use it.
        """
        of = self._one(user)
        if isinstance(of, Refused):
            return of
        typed = "".join(number.split())
        if len(typed) not in {6, 8} or not (typed.isascii() and typed.isdigit()):
            return Refused("number.unreadable", "No number of the portal", "", "Type the 6 or 8 digits it shows.")
        return device.respond(of, await stretch(pin, unb64u(of.salt, 16), of.iterations), typed)

    async def change_pin(self, before: str, after: str) -> Refused | None:
        """A new PIN for all users of this phone, or for none of them. The old one is proved with each first.

        Refused by the phone itself: `phone.none`, and `pin.weak`.
        """
        async with self._store.alone():
            users = [record.user for record in self._store.load().records if record.state != "removed"]
            if weak := next((why for user in users if (why := pins.weakness(after, user))), None):
                return weak_pin(weak)
            return await change_pin(self._store, self._answering, before, after, self._iterations, self._chance)

    async def leave(self, pin: str | None, user: str = "") -> Gone | Refused:
        """Removes one user from this phone and tells the server. With the PIN it is a removal; without (None) the
        server suspends this phone, and a login of the user still asks for one.

        Refused by the phone itself: `phone.none`, and `user.needed` where several use it.
        """
        async with self._store.alone():
            found = [record for record in self._store.load().records if user in ("", record.user, record.device)]
            if len(found) != 1:
                if found:
                    return Refused("user.needed", "Several users are on this phone", "", "Say who is to go.")
                return Refused("phone.none", "No such user is on this phone")
            return await leave(self._store, self._wires, self._answering, found[0], pin)

    async def move(self, pin: str, user: str = "") -> Transfer | Refused:
        """Allows this user to move to a new phone; the answer holds the code for it, in both forms.

        Refused by the phone itself: `phone.none`, and `user.needed` where several use it.
        """
        of = self._one(user)
        return of if isinstance(of, Refused) else await self._moving.allow(of, pin)

    async def wait_moving(self, seen: str, user: str = "") -> Transfer | Refused:
        """Until the move stands elsewhere than at `seen` ("issued", "claimed", "confirmed")."""
        of = self._one(user)
        if isinstance(of, Refused):
            return of
        async with self._ear([of]) as ear:
            while True:
                found = await self._moving.look(of)
                if isinstance(found, Refused) or found.state != seen:
                    return found
                await ear.wait(self._poll)

    async def confirm_move(self, digits: str, user: str = "") -> Transfer | Refused:
        """The six digits that the new phone shows. Refused by the phone itself also: `digits.needed`."""
        of, typed = self._one(user), "".join(digits.split())
        if isinstance(of, Refused):
            return of
        if not (len(typed) == 6 and typed.isascii() and typed.isdigit()):
            return Refused("digits.needed", "The six digits are needed", "The new phone shows them.")
        return await self._moving.confirm(of, typed)

    async def stay(self, user: str = "") -> Refused | None:
        """Ends a move that is under way; this phone goes on as it was."""
        of = self._one(user)
        return of if isinstance(of, Refused) else await self._moving.stay(of)

    def _one(self, user: str) -> Record | Refused:
        records = self._active(user)
        if len(records) == 1:
            return records[0]
        if records:
            return Refused("user.needed", "Several users are on this phone", "", "Say which one is meant.")
        return Refused("phone.none", "Nobody is active on this phone")

    async def _asked(self, challenge: str) -> Asked | None:
        look = await self.waiting()
        return next((asked for asked in look.asked if asked.challenge.challenge == challenge), None)

    def _claimed(self) -> list[Record]:
        return [record for record in self._store.load().records if record.state == "claimed"]

    def _active(self, user: str) -> list[Record]:
        records = self._store.load().records
        return [r for r in records if r.state == "active" and user in ("", r.user, r.device)]

    def _ear(self, records: list[Record]) -> Ear:
        servers = dict.fromkeys(record.server for record in records)
        return Ear([self._stream(server, records) for server in servers], self._pause)

    def _stream(self, server: str, records: list[Record]) -> Callable[[], AsyncIterator[None]]:
        devices = [(r.device, self._answering.key(r)) for r in records if r.server == server][:20]
        return lambda: self._wires.to(server).looks(devices)


def _user(of: Record) -> User:
    digits = of.six_digits if of.state == "claimed" else ""
    return User(of.device, of.user, of.display, of.site, of.host, of.state, digits)


def _unknown() -> Refused:
    return Refused("challenge.unknown", "No such question waits for this phone")


def _missing(asked: Asked, pin: str | None, typed: str, word: str) -> Refused | None:
    """What an approval lacks; found here, so that it costs no try."""
    six = bool(word) or (len(typed) == 6 and typed.isascii() and typed.isdigit())
    if asked.challenge.confirmation == "digits" and not six:
        return Refused("digits.needed", "The six digits are needed", "The portal shows them.")
    return Refused("pin.needed", "The PIN is needed") if not pin else None
