"""A proposal in words: who wants what for whom, and what exactly happens when it is approved."""

from typing import Any

from starlette.requests import Request

from twolatch.authenticators import policy
from twolatch.authenticators import store as authenticators
from twolatch.custody.orders.model import shown_number
from twolatch.desk.proposals.actions import (
    AddressWish,
    BudgetWish,
    CodeWish,
    ImportWish,
    LossWish,
    RemovalWish,
    wish_of,
)
from twolatch.desk.proposals.model import Proposal
from twolatch.faces.web import house_of
from twolatch.people import store as people
from twolatch.regions.addresses import lines

LISTED = 40  # serials that stand on a page; the rest is counted


async def person(request: Request, user: str) -> str:
    """How colleagues know him; by his user name when he works here no more."""
    house = house_of(request)
    if not user:
        return ""
    if staff := await people.staff_of(house.db, house.keys, user):
        return f"{staff.called} ({staff.number})"
    found = await people.by_id(house.db, user)
    return found.name if found else ""


async def line(request: Request, proposal: Proposal, now: int) -> dict[str, Any]:
    of = proposal.content
    client = await people.by_id(house_of(request).db, of.client) if of.client else None
    return {
        "id": proposal.id,
        "what": of.what.value,
        "about": _about(proposal),
        "client": client.display if client else "",
        "client_name": client.name if client else "",
        "proposer": await person(request, of.proposer),
        "reason": of.reason,
        "case": of.case,
        "since": of.created_at,
        "expires": of.expires_at,
        "state": proposal.state_at(now).value,
        "decider": await person(request, proposal.decider),
        "said": proposal.said,
        "why": proposal.why,
        "ended": proposal.ended_at or of.expires_at,
        "print": " ".join(proposal.digest[at : at + 4] for at in range(0, 16, 4)),
    }


def _about(proposal: Proposal) -> str:
    """The name of what it is about, where that is no client."""
    wish = wish_of(proposal.content)
    if isinstance(wish, LossWish):
        return wish.serial
    if isinstance(wish, AddressWish):
        return shown_number(wish.number)
    return wish.name if isinstance(wish, ImportWish) else ""


async def wish(request: Request, proposal: Proposal, *, is_open: bool) -> dict[str, Any]:
    """The context of `parts/wishes.html`. What a code would stop is told while it can still be decided."""
    found, house = wish_of(proposal.content), house_of(request)
    match found:
        case CodeWish():
            held = await authenticators.held_by(house.db, house.keys, proposal.content.client)
            lasting = [one for one in held if not policy.is_spare(house, one) and not policy.is_stand_in(house, one)]
            return {"stops": [one.name for one in lasting if is_open]}
        case RemovalWish():
            return {"held": [name for _, name in found.held]}
        case AddressWish():
            return {"number": shown_number(found.number), "old": lines(found.old), "new": lines(found.new)}
        case LossWish():
            return {"serial": found.serial, "was": found.was, "to": found.to}
        case BudgetWish():
            return {"agent": await person(request, found.agent), "budget": found.budget, "extra": found.extra}
        case ImportWish():
            return _import(found)
    return {}


def _import(found: ImportWish) -> dict[str, Any]:
    return {
        "name": found.name,
        "file": found.file,
        "new": found.new[:LISTED],
        "more": max(0, len(found.new) - LISTED),
        "count": len(found.new),
        "known": len(found.known),
        "refused": [(at, serial, why.name.lower()) for at, serial, why in found.refused[:LISTED]],
        "refused_count": len(found.refused),
        "is_signed": bool(found.notes),
    }
