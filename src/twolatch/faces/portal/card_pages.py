"""The card that came by post: what it is, and the way to its first answer."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody import receiving
from twolatch.faces.portal.home_pages import card_coming
from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.showing import bearer_of, go, show, told
from twolatch.faces.web import Stop, form_of, house_of, language_of, texts_of, visit_of
from twolatch.sessions.model import Bearer
from twolatch.words.refusals import Code, Refusal

_ELSEWHERE = {Code.STEP_UP, Code.SESSION_ENDED, Code.BUSY}


async def page(request: Request) -> Response:
    who = await bearer_of(request, sets_up=True)
    house = house_of(request)
    found = await receiving.may_begin(house, who, house.clock.now())
    return await _page(request, who, found if isinstance(found, Refusal) else None)


async def _page(request: Request, who: Bearer, refusal: Refusal | None) -> Response:
    if refusal and refusal.code in _ELSEWHERE:
        raise Stop(refusal)
    is_due = who.user.must_set_up(house_of(request).clock.now())
    card = await card_coming(request, who)
    return show(request, "card", Place.CARD, refusal=refusal, refused=told(refusal), card=card, is_due=is_due)


async def begin(request: Request) -> Response:
    await form_of(request)
    who = await bearer_of(request, sets_up=True)
    visit = visit_of(request)
    label = texts_of(request).say(language_of(request), "kind.card.short")
    begun = await receiving.begin(house_of(request), who, label, visit.agent, visit.now)
    if isinstance(begun, Refusal):
        return await _page(request, who, begun)
    return go(path_of(Place.SET_UP, {"id": begun}))
