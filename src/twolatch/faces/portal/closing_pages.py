"""Closing an account: what it means, the wish, how it stands, and taking it back."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.accounts import flows as accounts
from twolatch.accounts.model import Account, State
from twolatch.closing import cards, flows, kept
from twolatch.closing.model import CANCEL_FOR, SETTLED_IN, Card, Duty
from twolatch.custody.dues.model import Cause, fee
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.security_pages import id_of
from twolatch.faces.portal.showing import client_of, done_of, go, show, told
from twolatch.faces.web import Stop, form_of, house_of, must_be_fresh, stop
from twolatch.sessions.model import SignedIn
from twolatch.words.limits import HOUR
from twolatch.words.refusals import Code, Refusal

_ELSEWHERE = {Code.STEP_UP, Code.NOT_FOUND, Code.SESSION_ENDED, Code.BUSY}


async def ask(request: Request) -> Response:
    who = await client_of(request)
    account = await _mine(request, who)
    if account.state is not State.OPEN:
        return go(_status(account))
    house = house_of(request)
    return await _ask(request, who, account, await flows.may_ask(house, who, account, house.clock.now()))


async def _ask(request: Request, who: SignedIn, account: Account, refusal: Refusal | None) -> Response:
    if refusal and refusal.code in _ELSEWHERE:
        raise Stop(refusal)
    house = house_of(request)
    held = await accounts.mine(house, who.user)
    others = [one for one in held if one.id != account.id and one.state is State.OPEN and one.is_holder]
    return show(
        request,
        "close",
        Place.CLOSE,
        marks={"id": account.id},
        refusal=refusal,
        refused=told(refusal),
        account=account,
        others=others,
        is_last=await cards.is_last_account(house.db, account, who.user.id),
        cards=[_card(one, who) for one in await cards.of_account(house.db, house, account)],
        may_type=refusal is None or refusal.code in {Code.CLOSING_NUMBER, Code.CLOSING_TARGET},
        years=house.settings.closed_years,
        access=house.settings.closed_access,
        hours=CANCEL_FOR // HOUR,
        settled_hours=SETTLED_IN // HOUR,
    )


async def begin(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    account, house = await _mine(request, who), house_of(request)
    now = house.clock.now()
    done = await flows.ask(house, fresh, account, fields.get("number", ""), fields.get("into", ""), now)
    return await _ask(request, who, account, done) if isinstance(done, Refusal) else go(_status(account))


async def status(request: Request) -> Response:
    who = await client_of(request)
    return await _standing(request, who, await _mine(request, who), None)


async def _standing(request: Request, who: SignedIn, account: Account, refusal: Refusal | None) -> Response:
    house = house_of(request)
    held = await accounts.mine(house, who.user)
    owed, settings = await cards.of_account(house.db, house, account), house.settings
    owes_plastic = any(one.duty is Duty.SEND_BACK and not one.settled for one in owed)
    return show(
        request,
        "closing",
        Place.CLOSING,
        marks={"id": account.id},
        refusal=refusal,
        refused=told(refusal),
        account=account,
        into=next((one.number for one in held if one.id == account.goes_into), ""),
        lacks_key=await kept.lacks(house.db, house, account, who.user.id),
        cards=[_card(one, who) for one in owed],
        may_cancel=account.may_cancel(house.clock.now()),
        lost_costs=fee(settings.card_fees, "card", Cause.LOST, settings.card_reserve) if owes_plastic else 0,
        currency=settings.card_currency,
        done=done_of(request),
    )


def _card(one: Card, who: SignedIn) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "duty": one.duty.value,
        "settled": one.settled.value if one.settled else "",
        "settled_at": one.settled_at,
        "is_mine": one.user == who.user.id,
    }


async def cancel(request: Request) -> Response:
    await form_of(request)
    who = await client_of(request)
    account, house = await _mine(request, who), house_of(request)
    if refused := await flows.cancel(house, who, account, house.clock.now()):
        return await _standing(request, who, await _mine(request, who), refused)
    return go("/accounts", done="closing_cancelled")


async def declare(request: Request) -> Response:
    """A card of this client: shredded, or lost."""
    fields = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    account, house = await _mine(request, who), house_of(request)
    if refused := await flows.declare(house, fresh, account, fields.get("card", ""), house.clock.now()):
        raise Stop(refused)
    return go(_status(account))


async def _mine(request: Request, who: SignedIn) -> Account:
    return await flows.mine(house_of(request), who, id_of(request)) or stop(Code.NOT_FOUND)


def _status(account: Account) -> str:
    return path_of(Place.CLOSING, {"id": account.id})
