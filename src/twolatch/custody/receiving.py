"""The card has come: the client sets it up by its first answer, through the same gate as everything else."""

from twolatch.authenticators import policy, setting_up
from twolatch.authenticators import store as authenticators
from twolatch.custody import store
from twolatch.custody.flows import coming
from twolatch.custody.model import Card
from twolatch.house import House
from twolatch.kinds.kind import Issued
from twolatch.kinds.shelf import find
from twolatch.people import store as people
from twolatch.sessions.model import Bearer
from twolatch.storage.db import Tx
from twolatch.words.refusals import Code, Refusal


async def may_begin(house: House, who: Bearer, now: int) -> Card | Refusal:
    """The card this client can set up, or why he cannot now. Reads only. Nobody types a serial: there is none to
    guess."""
    card = await coming(house, who.user)
    if card is None:
        return Refusal(Code.CARD_NONE)
    held = await authenticators.held_by(house.db, house.keys, who.user.id)
    return policy.may_add(house, who, who.user, held, now) or card


async def begin(house: House, who: Bearer, label: str, agent: str, now: int) -> str | Refusal:
    """The id of the newcomer, which waits for the answer to its first number. Begun again, it is another number: the
    card's own count goes on, so that no number comes twice."""
    card = await coming(house, who.user)
    kind = find(house.kinds, card.kind) if card else None
    if card is None or not isinstance(kind, Issued):
        return Refusal(Code.CARD_NONE)
    born = kind.issued(store.opened(house.keys, card))
    one, question = setting_up.made(house, who, kind, f"{label} {card.serial}", born, agent, now)
    asked = int((question.moving or born.moving)["asked"])

    async def work(tx: Tx) -> Refusal | None:
        user = await people.take_turn(tx, who.user.id)
        if user is None:
            return Refusal(Code.SESSION_ENDED)
        held = await authenticators.held_by(tx, house.keys, user.id)
        if refused := policy.may_add(house, who, user, held, now):
            return refused
        if refused := await setting_up.begin(tx, house, user, one, question, now):
            return refused
        if not await store.point_at(tx, card, one.id, asked):
            raise _Overtaken
        return None

    try:
        return await house.db.write(work) or one.id
    except _Overtaken:
        return Refusal(Code.BUSY, retry_after=1)


class _Overtaken(Exception):
    """The card was begun with, or stopped, at this very moment; nothing of this begin may stay."""
