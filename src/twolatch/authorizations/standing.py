"""How a session stands at this moment: what proved it, what else could, what was spent; and what the audit hears."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from twolatch import audit
from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import Authenticator, State, has_ended
from twolatch.authorizations import store
from twolatch.authorizations.days import is_weekday, since
from twolatch.authorizations.model import Proof, Reason, Spent, Standing, young_or_known
from twolatch.authorizations.model import State as Stands
from twolatch.authorizations.money import written
from twolatch.authorizations.store import Entry
from twolatch.house import House
from twolatch.regions import days as regions
from twolatch.sessions.model import Bearer, Live, SignedIn
from twolatch.storage.db import Database, Tx
from twolatch.words.events import Event
from twolatch.words.limits import HOUR


async def standing_of(tx: Database | Tx, house: House, live: Live | None, user: str, now: int) -> Standing:
    spent = await spent_by(tx, house, user, now)
    if live is None:
        return Standing(None, (), spent, Reason.SESSION_ENDED)
    who = live.bearer
    if not isinstance(who, SignedIn):
        return Standing(None, (), spent, Reason.BRIDGING)
    if who.user.must_change:
        return Standing(None, (), spent, Reason.PASSWORD_DUE)
    held = await authenticators.held_by(tx, house.keys, user)
    others = [proof_of(house, one, held, now) for one in policy.usable(house, held, now, who.browser)]
    return Standing(proved_by(house, who, held, now), others, spent)


async def spent_by(tx: Database | Tx, house: House, user: str, now: int) -> Spent:
    day, five_days = since(now, house.settings.time_zone, _business_days(house))
    return await store.spent(tx, user, day, five_days)


def _business_days(house: House) -> Callable[[date], bool]:
    """By the calendar of the region that the operator named, else Monday to Friday."""
    region = house.regions.by_id(house.settings.business_region)
    return partial(regions.is_business_day, region) if region else is_weekday


def proved_by(house: House, who: Bearer, held: Sequence[Authenticator], now: int) -> Proof | None:
    """By what this session stands; None when that was stopped, and for the password of who has more than that."""
    if not held and not who.authenticator:
        return Proof()
    prover = next((one for one in held if one.id == who.authenticator), None)
    if prover is None or prover.state is not State.ACTIVE or has_ended(prover, now):
        return None
    return proof_of(house, prover, held, now)


def proof_of(house: House, one: Authenticator, held: Sequence[Authenticator], now: int) -> Proof:
    """What it is good for. One that came a moment ago is good for no more than the password that may have bound it,
    unless something older is there, without which it could not have come."""
    before = now - house.settings.settling_hours * HOUR
    has_older = any(each.id != one.id and each.created_at <= before for each in held)
    proof = Proof(int(policy.rank_of(house, one)), policy.traits_of(house, one), one.id)
    return young_or_known(one.created_at > before, has_older, proof)


async def note(tx: Tx, entry: Entry, application: str, now: int) -> None:
    """The audit hears of every answer, in its transaction (rule C3)."""
    events = {
        Stands.ALLOWED: Event.AUTHORIZATION_ALLOWED,
        Stands.OPEN: Event.AUTHORIZATION_ASKED,
        Stands.REFUSED: Event.AUTHORIZATION_REFUSED,
        Stands.DECLINED: Event.AUTHORIZATION_DECLINED,
        Stands.RELEASED: Event.AUTHORIZATION_RELEASED,
    }
    event = Event.AUTHORIZATION_CONFIRMED if entry.reason is Reason.CONFIRMED else events[entry.state]
    amount = f"{written(entry.amount, entry.currency)} {entry.currency}"
    facts = {"application": application, "action": entry.action.value, "reason": entry.reason.value}
    await audit.write(tx, now, event, entry.user, entry.id, amount=amount, **facts)
