"""From a code to an authenticator (docs/protocol.md, section 1)."""

from collections.abc import Callable

from msgspec.structs import replace

from twolatch.client import device
from twolatch.client.answering import Answering, stretch
from twolatch.client.outcomes import Activated, Answered, NotTrusted, Refused, Shown
from twolatch.client.store import Record, Store
from twolatch.client.wire import Wires
from twolatch.protocol import pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.codes import link_base, read_link, read_session_id
from twolatch.protocol.messages import Claimed, CurrentActivation, DeviceInfo

Target = tuple[str, str, bytes | None]

_FRESH = "Log out of the portal and log in again for a fresh code."
_OVER = {
    "burned": "The six digits were wrong three times.",
    "expired": "The code was not confirmed in time.",
    "cancelled": "A fresher code was issued, or the client logged out.",
}


class Activating:
    """Claims and finishes activations of one phone."""

    def __init__(
        self,
        store: Store,
        wires: Wires,
        answering: Answering,
        *,
        info: DeviceInfo,
        iterations: int,
        chance: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._wires = wires
        self._answering = answering
        self._info = info
        self._iterations = iterations
        self._chance = chance
        self._linked: dict[str, device.Linked] = {}

    async def claim(self, target: Target, pin: str, user_name: str) -> Shown | Refused:
        """Proves or judges the PIN, so that a wrong one costs no code; then claims, masks and stores."""
        server, code, kfp = target
        async with self._store.alone():
            objection = await self._agree_on_pin(pin, user_name)
            if objection is not None:
                return objection
            linked = self._linked.get(code) or await self._link(server, code, kfp, user_name)
            if isinstance(linked, Refused):
                return linked
            self._linked[code] = linked
            why = None if self._provers() else pins.weakness(pin, linked.claimed.user)
            if why is not None:
                return weak_pin(why)
            shown = await self._keep(linked, pin)
            del self._linked[code]
            return shown

    def _provers(self) -> list[Record]:
        return [r for r in self._store.load().records if r.state == "active" and r.scheme == "pin"]

    async def _agree_on_pin(self, pin: str, user_name: str) -> Refused | None:
        """Why this PIN may not be used: not the right one of the users here, or, for the first user, weak.

        A user whose phone may not answer any more cannot prove it; then the next one is asked. A user who
        was removed does not count. With users here of whom none could prove it, nobody is added.
        """
        if not self._provers():
            why = pins.weakness(pin, user_name)
            return weak_pin(why) if why is not None else None
        refused: Refused | None = None
        for record in self._provers():
            result = await self._answering.prove(record, pin)
            if isinstance(result, Answered):
                return None
            refused = result
            if not result.code.startswith("phone."):
                break
        return refused if self._provers() else None

    async def _link(self, server: str, code: str, kfp: bytes | None, user_name: str) -> device.Linked | Refused:
        wire = self._wires.to(server)
        records = self._store.load().records
        holds = [r.device for r in records if r.host == wire.host and r.state == "active"][:20]
        begun = device.begin(server, wire.host, code, user_name=user_name, info=self._info, holds=holds)
        claimed = await wire.plain("POST", "activations/claim", Claimed, begun.body)
        return claimed if isinstance(claimed, Refused) else device.link(begun, claimed, kfp)

    async def _keep(self, linked: device.Linked, pin: str) -> Shown:
        """Masks the secret and stores the record with the ready answer to the test, in one step."""
        salt, k_mask = self._chance(16), self._chance(32)
        p = await stretch(pin, salt, self._iterations)
        record = device.record(linked, p, k_mask, salt, self._iterations)
        asked = device.read_challenge(record, linked.claimed.test)
        if asked.challenge.type != "test":
            raise NotTrusted("the challenge at the end of an activation is no test")
        key, secret = linked.begun.device_key, linked.secret
        ready = device.make_answer(record, key, asked, Decision.APPROVE, digits="", secret=secret, seq=1)
        kept = self._answering.keep(replace(record, seq=1, unsent=ready))
        return Shown(kept.device, kept.user, kept.display, kept.site, kept.six_digits, kept.expires)

    async def finish(self, of: Record) -> Activated | Refused | None:
        """One look at the activation, and the stored answer when it is time.

        None: the portal has not confirmed yet, or the server was too busy to say.
        """
        wire, key = self._wires.to(of.server), self._answering.key(of)
        now = await wire.signed(of.device, key, "GET", "activations/current", CurrentActivation)
        if isinstance(now, Refused):
            return await self._give_up(of, now)
        if now.state in _OVER:
            over = Refused(f"code.{now.state}", "This activation is over", _OVER[now.state], _FRESH, 410)
            return await self._give_up(of, over)
        return None if now.state == "claimed" else await self._prove_first(of)

    async def _prove_first(self, of: Record) -> Activated | Refused | None:
        async with self._store.alone():
            record = self._store.load().find(of.device)
            if record is None or record.state != "claimed":
                return Activated(of.device, of.user, of.site)
            result = await self._answering.send(of.device)
        if isinstance(result, Refused):
            return await self._give_up(of, result)
        if result.state != "approved":
            raise NotTrusted("the test was not approved")
        return Activated(of.device, of.user, of.site)

    async def _give_up(self, of: Record, refused: Refused) -> Refused | None:
        """What a refusal means for a claim: wait on, stop, or stop and forget it."""
        if refused.status == 429 or refused.status >= 500 or refused.code == "phone.unconfirmed":
            return None
        if refused.code.startswith(("code.", "challenge.")) or refused.code in (
            "phone.unknown",
            "phone.removed",
        ):
            async with self._store.alone():
                self._store.save(self._store.load().drop(of.device))
        return refused


def read_code(text: str, server: str) -> Target | None:
    """Server, code and fingerprint of a scanned link or a typed session ID; None when it is neither."""
    link, base = read_link(text), link_base(text)
    if link is not None and base is not None:
        return base, link.code, link.kfp
    typed = read_session_id(text)
    return (server, typed, None) if typed is not None else None


def weak_pin(why: pins.Weakness) -> Refused:
    """A PIN refused by the phone itself, with the reason."""
    return Refused("pin.weak", "This PIN is too easy to guess", _WHY[why], "Choose another one.")


_WHY: dict[pins.Weakness, str] = {
    "control": "It holds a character that cannot be shown.",
    "short": "It has fewer than four characters.",
    "long": "It has more than six characters.",
    "repeat": "It is one character repeated.",
    "sequence": "It is a run of neighbours.",
    "half": "Its second half repeats the first.",
    "year": "It is a year.",
    "common": "It is one of the most common PINs.",
    "name": "It is the start of the user name.",
}
