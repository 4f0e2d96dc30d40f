"""Goodbye (docs/protocol.md, section 5): the server hears of it first, then the key goes."""

from twolatch.client import device
from twolatch.client.answering import Answering
from twolatch.client.outcomes import Gone, NotTrusted, Refused
from twolatch.client.store import Record, Store
from twolatch.client.wire import Wires
from twolatch.protocol.account import Left
from twolatch.protocol.answer import Decision
from twolatch.protocol.messages import SignedBytes


async def leave(store: Store, wires: Wires, answering: Answering, of: Record, pin: str | None) -> Gone | Refused:
    """Removes one user; the others of this phone stay. Without a PIN the server only silences the phone.

    The caller is alone with the store. Nothing is deleted here before the server has answered: raises ServerAway.
    """
    state = "dropped"  # a code that was claimed and not confirmed: the server has nothing to forget
    if of.state != "claimed":
        refused = await _prove(wires, answering, of, pin) if pin is not None else None
        if refused is not None:
            return refused
        left = await wires.to(of.server).signed(of.device, answering.key(of), "DELETE", "device", Left)
        if isinstance(left, Refused) and left.code != "phone.unknown":
            return left
        state = "removed" if isinstance(left, Refused) else left.state
    store.save(store.load().drop(of.device))
    return Gone(of.device, of.user, state)


async def _prove(wires: Wires, answering: Answering, of: Record, pin: str) -> Refused | None:
    signed = await wires.to(of.server).signed(of.device, answering.key(of), "POST", "device/leave", SignedBytes)
    if isinstance(signed, Refused):
        return signed
    asked = device.read_challenge(of, signed)
    if (asked.challenge.type, asked.challenge.started) != ("step_up", "phone"):
        raise NotTrusted("a question about leaving that is none")
    done = await answering.answer(of, asked, Decision.APPROVE, pin, "")
    return done if isinstance(done, Refused) else None
