"""Sending a card back: why, where to, the form to print, the tracking number, and how far it is."""

import asyncio
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import flows as cards
from twolatch.custody.handing import HALF_A_DAY
from twolatch.custody.model import Card
from twolatch.custody.model import State as OfCard
from twolatch.custody.orders import flows as orders
from twolatch.custody.orders.model import shown_number
from twolatch.custody.returns import flows
from twolatch.custody.returns.flows import Shown
from twolatch.custody.returns.model import Reason, State
from twolatch.faces.portal.contact_pages import about, country_of, region_shown, served_by
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.plastic_pages import step_shown
from twolatch.faces.portal.return_form import ReturnForm, form_pdf, words_of
from twolatch.faces.portal.security_pages import id_of
from twolatch.faces.portal.showing import client_of, done_of, go, show, told
from twolatch.faces.web import Stop, form_of, house_of, language_of, must_be_fresh, stop, texts_of
from twolatch.regions import Region
from twolatch.sessions.flows import is_fresh
from twolatch.sessions.model import SignedIn
from twolatch.words.refusals import Code, Refusal

_ELSEWHERE = {Code.STEP_UP, Code.NOT_FOUND, Code.SESSION_ENDED, Code.BUSY}


async def ask(request: Request) -> Response:
    who = await client_of(request)
    card = await _card(request, who)
    if not card.may_come_back:
        return go("/cards")
    await must_be_fresh(request)
    return await _ask(request, who, card, "", None)


async def _card(request: Request, who: SignedIn) -> Card:
    house, wanted = house_of(request), id_of(request)
    held = await cards.of_client(house, who.user)
    return next((card for card in held if card.id == wanted), None) or stop(Code.NOT_FOUND)


async def _ask(request: Request, who: SignedIn, card: Card, reason: str, refusal: Refusal | None) -> Response:
    house, texts, language = house_of(request), texts_of(request), language_of(request)
    country = await _country(request, who)
    return show(
        request,
        "card_return",
        Place.RETURN,
        marks={"id": card.id},
        refusal=refusal,
        refused=told(refusal),
        card={"id": card.id, "serial": card.serial, "is_faulty": card.state is OfCard.FAULTY},
        reasons=[each.value for each in Reason],
        reason=reason,
        country=country,
        countries=texts.countries(language, served_by(house.regions.every)),
        region=region_shown(texts, language, house.regions.of_country(country)),
    )


async def _country(request: Request, who: SignedIn) -> str:
    """Where he is, as far as we know: where his last card went, else what his browser says."""
    sent = await orders.mine(house_of(request), who.user)
    return next((one.address.country for one in sent), "") or country_of(request)


async def announce(request: Request) -> Response:
    typed = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    card, house = await _card(request, who), house_of(request)
    wanted = typed.get("reason", "")
    if wanted not in set(Reason):
        return await _ask(request, who, card, "", Refusal(Code.MALFORMED))
    region = house.regions.of_country(typed.get("country", ""))
    done = await flows.announce(house, fresh, card.id, Reason(wanted), region, house.clock.now())
    if isinstance(done, Refusal):
        if done.code in _ELSEWHERE:
            raise Stop(done)
        return await _ask(request, who, card, wanted, done)
    return go(path_of(Place.RETURNING, {"id": done.id}))


async def status(request: Request) -> Response:
    who = await client_of(request)
    return await _status(request, who, await _mine(request, who), None)


async def _mine(request: Request, who: SignedIn) -> Shown:
    return await flows.mine(house_of(request), who, id_of(request)) or stop(Code.NOT_FOUND)


async def _status(request: Request, who: SignedIn, found: Shown, refusal: Refusal | None) -> Response:
    house, texts, language = house_of(request), texts_of(request), language_of(request)
    one, now = found.one, house.clock.now()
    way = await cards.way_of(house, found.card, user=who.user.id)
    return show(
        request,
        "card_returning",
        Place.RETURNING,
        marks={"id": one.id},
        refusal=refusal,
        refused=told(refusal),
        done=done_of(request),
        back={
            "id": one.id,
            "number": shown_number(one.number),
            "serial": found.card.serial,
            "state": one.state.value,
            "reason": one.reason.value,
            "carrier": one.carrier,
            "tracking": one.tracking,
            "announced": one.announced_at,
            "posted": one.posted_at,
            "first": one.expected_at,
            "last": one.due_at - HALF_A_DAY,
            "ended": one.ended_at,
            "is_overdue": one.is_overdue(now),
        },
        is_seen=found.card.state in {OfCard.INSPECTED, OfCard.DESTROYED},
        may_post=one.state is State.ANNOUNCED and is_fresh(who, now),
        carriers=sorted(house.settings.carriers),
        region=region_shown(texts, language, _region(request, found)),
        way=[step_shown(step) for step in way if step.at >= one.announced_at],
    )


def _region(request: Request, found: Shown) -> Region:
    regions = house_of(request).regions
    return regions.by_id(found.one.region) or regions.of_country("")


async def form(request: Request) -> Response:
    """The sheet to print; drawn in a thread, for it takes its time."""
    who = await client_of(request)
    found, house = await _mine(request, who), house_of(request)
    if found.one.state is not State.ANNOUNCED and found.one.state is not State.POSTED:
        stop(Code.NOT_FOUND)
    texts, language, region = texts_of(request), language_of(request), _region(request, found)
    say = partial(texts.say, language)
    host = urlsplit(house.settings.portal_url).netloc
    words = words_of(say, partial(about, texts, language), language, house.settings.site_name, host, region)
    number = shown_number(found.one.number)
    sheet = ReturnForm(number, found.card.serial, say(f"reason.{found.one.reason.value}"), region)
    content = await asyncio.to_thread(form_pdf, sheet, words, house.clock.now())
    headers: dict[str, Any] = {"content-disposition": f'inline; filename="{number}.pdf"'}
    return Response(content, headers=headers, media_type="application/pdf")


async def posted(request: Request) -> Response:
    typed = await form_of(request)
    who = await client_of(request)
    fresh = await must_be_fresh(request)
    found, house = await _mine(request, who), house_of(request)
    carrier, tracking = typed.get("carrier", ""), typed.get("tracking", "")
    done = await flows.post(house, fresh, found.one.id, carrier, tracking, house.clock.now())
    if isinstance(done, Refusal):
        if done.code in _ELSEWHERE:
            raise Stop(done)
        return await _status(request, who, found, done)
    return go(path_of(Place.RETURNING, {"id": found.one.id}))


async def cancel(request: Request) -> Response:
    await form_of(request)
    who = await client_of(request)
    found, house = await _mine(request, who), house_of(request)
    if refused := await flows.cancel(house, who, found.one.id, house.clock.now()):
        return await _status(request, who, await _mine(request, who), refused)
    return go("/cards", done="return_cancelled")
