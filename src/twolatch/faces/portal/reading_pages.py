"""After the last account is closed: the papers, and the link by mail that may stand before them."""

from starlette.requests import Request
from starlette.responses import Response

from twolatch.accounts import flows
from twolatch.faces.portal.account_pages import shown
from twolatch.faces.portal.login_pages import collected
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import client_of, go, show, told
from twolatch.faces.web import form_of, house_of, visit_of, who_reads
from twolatch.login import reading
from twolatch.words.refusals import Refusal


async def page(request: Request) -> Response:
    reader = await who_reads(request)
    if reader is None:
        await client_of(request)
        return go("/accounts")
    house = house_of(request)
    now = house.clock.now()
    held, papers = await flows.mine(house, reader.user), await flows.papers(house, reader.user, now)
    accounts = shown(held, papers)
    return show(request, "closed", Place.CLOSED, accounts=accounts, read_until=reader.user.read_until)


async def ask_link(request: Request) -> Response:
    """Opening the link does nothing: mail scanners open links too."""
    return _link(request, "ask", None)


async def follow(request: Request) -> Response:
    await form_of(request)
    done = await reading.follow(house_of(request), visit_of(request), request.path_params["token"])
    return _link(request, "over", done) if isinstance(done, Refusal) else await collected(request)


def _link(request: Request, stage: str, refusal: Refusal | None) -> Response:
    token = request.path_params["token"]
    return show(
        request,
        "reading_link",
        Place.READING_LINK,
        marks={"token": token},
        refusal=refusal,
        refused=told(refusal),
        stage=stage,
        token=token,
    )
