"""Moving a user from this phone to a new one (docs/protocol.md, section 7)."""

from typing import TypeVar

from msgspec import Struct

from twolatch.client import device
from twolatch.client.answering import Answering
from twolatch.client.outcomes import NotTrusted, Refused
from twolatch.client.store import Record, Store
from twolatch.client.wire import Wires
from twolatch.protocol.answer import Decision
from twolatch.protocol.messages import SignedBytes, Transfer, TransferNumber

T = TypeVar("T")


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """Done."""


class Moving:
    """The old phone's side. The new one claims the code like any other (`Activating`)."""

    def __init__(self, store: Store, wires: Wires, answering: Answering) -> None:
        self._store = store
        self._wires = wires
        self._answering = answering

    async def allow(self, of: Record, pin: str) -> Transfer | Refused:
        """Proves the PIN, and gets the code for it."""
        async with self._store.alone():
            signed = await self._ask(of, "POST", "transfer", SignedBytes)
            if isinstance(signed, Refused):
                return signed
            asked = device.read_challenge(of, signed)
            if asked.challenge.started != "move":
                raise NotTrusted("a question about something else")
            done = await self._answering.answer(of, asked, Decision.APPROVE, pin, "")
        return done if isinstance(done, Refused) else await self._ask(of, "PUT", "transfer", Transfer)

    async def look(self, of: Record) -> Transfer | Refused:
        """Where it stands. `moved` is remembered: this phone's user is gone."""
        found = await self._ask(of, "GET", "transfer", Transfer)
        if not isinstance(found, Refused) and found.state == "moved":
            async with self._store.alone():
                self._answering.note(of.device, Refused("phone.removed", ""))
        return found

    async def confirm(self, of: Record, digits: str) -> Transfer | Refused:
        """The six digits of the new phone."""
        return await self._ask(of, "POST", "transfer/confirm", Transfer, TransferNumber(digits))

    async def stay(self, of: Record) -> Refused | None:
        """Changes its mind; whoever claimed the code has nothing."""
        done = await self._ask(of, "DELETE", "transfer", Nothing)
        return done if isinstance(done, Refused) else None

    async def _ask(
        self, of: Record, method: str, name: str, shape: type[T], body: Struct | None = None
    ) -> T | Refused:
        key = self._answering.key(of)
        return await self._wires.to(of.server).signed(of.device, key, method, name, shape, body)
