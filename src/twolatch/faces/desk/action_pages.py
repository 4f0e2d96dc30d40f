"""What is done for a client. Each button is one wish; how much it takes stands in the model, and never here."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators.issuing import Given
from twolatch.desk import acting, looking
from twolatch.faces.desk.case_pages import after, id_of
from twolatch.faces.desk.places import DeskPlace
from twolatch.faces.desk.showing import agent_of, show
from twolatch.faces.portal.showing import go
from twolatch.faces.web import form_of, house_of, texts_of
from twolatch.house import House
from twolatch.kinds.kind import Spoken
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Refusal


async def code(request: Request) -> Response:
    """The code stands in the answer to this very form and nowhere else: there is no address to come back to, and the
    form sent again asks for another code, which the model refuses."""
    _, who = await form_of(request), await agent_of(request)
    house, case = house_of(request), id_of(request)
    client = await looking.look(house, who, case, house.clock.now())
    if isinstance(client, Refusal):
        return await after(request, who, client, "")
    kind = next(kind for kind in house.kinds if isinstance(kind, Spoken))
    label = texts_of(request).say(client.user.language, f"kind.{kind.name}.short")
    done = await acting.temporary_code(house, who, case, label, house.clock.now())
    if isinstance(done, Refusal):
        return await after(request, who, done, "")
    if not isinstance(done, Given):
        return go(f"/proposals/{done.id}")
    return show(
        request,
        "desk_code",
        DeskPlace.NOWHERE,
        who,
        code=done.code.reveal(),
        narrows=done.narrows,
        ends=done.ends,
        stopped=done.stopped,
        case=case,
        client=client.user.display,
    )


async def remove_all(request: Request) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    done = await acting.remove_all(house, who, id_of(request), fields.get("why", ""), house.clock.now())
    return await after(request, who, done, "") if isinstance(done, Refusal) else go(f"/proposals/{done.id}")


Wish = Callable[[House, AtDesk, str, int], Awaitable[Refusal | None]]
WishAbout = Callable[[House, AtDesk, str, str, int], Awaitable[Refusal | None]]


async def _do(request: Request, wish: Wish, done: str) -> Response:
    _, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    return await after(request, who, await wish(house, who, id_of(request), house.clock.now()), done)


async def _do_about(request: Request, wish: WishAbout, field: str, done: str) -> Response:
    fields, who = await form_of(request), await agent_of(request)
    house = house_of(request)
    refused = await wish(house, who, id_of(request), fields.get(field, "")[:64], house.clock.now())
    return await after(request, who, refused, done)


async def lock(request: Request) -> Response:
    return await _do(request, acting.lock, "locked")


async def unlock(request: Request) -> Response:
    return await _do(request, acting.unlock, "unlocked")


async def allow_phone(request: Request) -> Response:
    return await _do(request, acting.allow_phone, "allowed")


async def suspend(request: Request) -> Response:
    return await _do_about(request, acting.suspend, "one", "suspended")


async def wake(request: Request) -> Response:
    return await _do_about(request, acting.wake, "one", "woken")


async def faulty(request: Request) -> Response:
    return await _do_about(request, acting.faulty, "serial", "faulty")
