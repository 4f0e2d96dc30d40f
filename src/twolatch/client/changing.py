"""A new PIN for all users of one app, or for none (docs/protocol.md, section 2)."""

from collections.abc import Callable

from msgspec.structs import replace

from twolatch.client import device
from twolatch.client.answering import Answering, stretch
from twolatch.client.outcomes import Answered, Refused
from twolatch.client.store import Kept, Record, Store
from twolatch.protocol import pins
from twolatch.protocol.octets import b64u, unb64u


async def change_pin(
    store: Store, answering: Answering, before: str, after: str, iterations: int, chance: Callable[[int], bytes]
) -> Refused | None:
    """Proves the old PIN with every user who may answer, then masks all secrets anew and stores them in one step.

    A wrong old PIN would mask garbage for ever, so nothing is stored before. Who may not answer any more goes along
    with the others: the app has one PIN. The caller is alone with the store.
    """
    if refused := await _prove(store, answering, before):
        return refused
    records = [
        record if record.state == "removed" else await masked_anew(record, before, after, iterations, chance)
        for record in store.load().records
    ]
    store.save(Kept(records=tuple(records)))
    return None


async def _prove(store: Store, answering: Answering, pin: str) -> Refused | None:
    proofs, silent = 0, Refused("phone.none", "Nobody is active on this phone")
    for record in [each for each in store.load().records if each.state == "active"]:
        done = await answering.prove(record, pin)
        if isinstance(done, Answered):
            proofs += 1
        elif not done.code.startswith("phone."):
            return done
        else:
            silent = done
    return None if proofs else silent


async def masked_anew(
    of: Record, before: str, after: str, iterations: int, chance: Callable[[int], bytes]
) -> Record:
    """The same secret under a new mask. With a wrong `before` it would be lost: that is proved first."""
    secret = device.unmask(of, await stretch(before, unb64u(of.salt, 16), of.iterations))
    salt, k_mask = chance(16), chance(32)
    masked = pins.masked(pins.mask_key(k_mask, await stretch(after, salt, iterations)), secret)
    return replace(of, salt=b64u(salt), k_mask=b64u(k_mask), iterations=iterations, ms=b64u(masked))
