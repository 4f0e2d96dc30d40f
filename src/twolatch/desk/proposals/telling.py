"""Who hears of a proposal: the officers who may decide it, the client when it was done, and the audit of every step."""

from twolatch import audit, notices
from twolatch.desk.budgets import officers
from twolatch.desk.proposals.model import Content, State
from twolatch.house import House
from twolatch.people import store as people
from twolatch.storage.db import Tx
from twolatch.words.events import Event
from twolatch.words.limits import MINUTE
from twolatch.words.warrants import Lowering

# What the client reads when it was done. Nothing of the stock concerns a client.
_LETTERS = {
    Lowering.TEMPORARY_CODE: "decided_code",
    Lowering.LAST_REMOVED: "decided_removal",
    Lowering.ORDER_ADDRESS: "decided_address",
    Lowering.MORE_BUDGET: "decided_budget",
}


async def note(
    tx: Tx, now: int, to: State, proposal: str, of: Content, digest: str, *, by: str, why: str = ""
) -> None:
    """With the digest of the content: afterwards it can be shown who wanted what, and who agreed to exactly that."""
    event = {
        State.OPEN: Event.PROPOSED,
        State.EXECUTED: Event.PROPOSAL_EXECUTED,
        State.DENIED: Event.PROPOSAL_DENIED,
        State.WITHDRAWN: Event.PROPOSAL_WITHDRAWN,
        State.VOID: Event.PROPOSAL_VOID,
    }[to]
    facts = {"what": of.what.value, "about": of.about, "proposer": of.proposer, "by": by, "case": of.case, "why": why}
    told = {name: value for name, value in facts.items() if value}
    await audit.write(tx, now, event, of.client or None, proposal, digest=digest, **told)


async def tell_officers(tx: Tx, house: House, of: Content, now: int) -> None:
    """That something waits, and until when. What it is stands at the desk, and in no mailbox."""
    for officer in await officers(tx, house):
        user = await people.by_id(tx, officer) if officer not in {of.proposer, of.client} else None
        if user:
            minutes = str((of.expires_at - now) // MINUTE)
            await notices.write(tx, house, now, user.recipient, "proposal_waits", minutes=minutes)


async def tell_client(tx: Tx, house: House, of: Content, now: int) -> None:
    user = await people.by_id(tx, of.client) if of.client else None
    if user and of.what in _LETTERS:
        await notices.write(tx, house, now, user.recipient, _LETTERS[of.what])
