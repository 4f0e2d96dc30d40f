"""Is this really our support? And the security diary: what happened to the client, support's looks at him included."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.authenticators import diary
from twolatch.desk import checking
from twolatch.desk.checking import Speaking
from twolatch.desk.verifying import code_shown
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import client_of, show, told
from twolatch.faces.web import address_of, form_of, house_of, who_is
from twolatch.words.refusals import Refusal

NUMBER_LONGEST = 15  # digits of a line's number


async def page(request: Request) -> Response:
    return await _page(request, None, None)


async def check(request: Request) -> Response:
    """For everybody: who is not logged in learns whether such an agent is at work, and nothing of any client."""
    fields, who = await form_of(request), await who_is(request)
    house, client = house_of(request), who.user.id if who else ""
    code, address = fields.get("code", ""), address_of(request)
    found = await checking.check(house, code, address, client, house.clock.now())
    return await _page(request, found if isinstance(found, Speaking) else None, found)


async def _page(request: Request, found: Speaking | None, answer: Speaking | Refusal | None) -> Response:
    who, house = await who_is(request), house_of(request)
    mine = await checking.with_me(house, who.user.id, house.clock.now()) if who else []
    refusal = answer if isinstance(answer, Refusal) else None
    return show(
        request,
        "support",
        Place.SUPPORT,
        refusal=refusal,
        refused=told(refusal),
        found=speaking_shown(found) if found else None,
        mine=[speaking_shown(one) for one in mine],
        is_in=who is not None,
    )


def speaking_shown(one: Speaking) -> dict[str, Any]:
    return {
        "called": one.called, "number": one.number, "code": code_shown(one.code), "channel": one.channel.value,
        "since": one.since, "is_mine": one.is_mine,
    }  # fmt: skip


async def diary_page(request: Request) -> Response:
    """A page at a time, the newest first; `before` is the number of the last line seen."""
    who = await client_of(request)
    before = request.query_params.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= NUMBER_LONGEST
    found = await diary.read(house_of(request), who, int(before) if is_number else None)
    return show(
        request,
        "diary",
        Place.DIARY,
        lines=[
            {
                "at": one.at, "key": f"diary.{one.event.value.replace(':', '.')}", "phone": one.phone,
                "agent": one.agent, "address": one.address,
            }
            for one in found.entries
        ],
        older=found.entries[-1].number if found.is_more and found.entries else 0,
        is_first=not is_number,
    )  # fmt: skip
