"""Security settings: authenticators, sessions, the password."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.activation import by_code
from twolatch.authenticators import flows, policy
from twolatch.authenticators.model import Authenticator, State, ends_at, has_ended, may_return
from twolatch.faces import cookies
from twolatch.faces.portal.home_pages import card_coming, entry
from twolatch.faces.portal.keys_only_pages import standing
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.printed_pages import printed_coming
from twolatch.faces.portal.showing import client_of, done_of, go, show, told
from twolatch.faces.prompts import icon_of
from twolatch.faces.web import form_of, house_of, must_be_fresh, must_be_signed_in, stop
from twolatch.house import House
from twolatch.kinds.kind import Issued, Rank, Trait
from twolatch.people.model import PASSWORD_LONGEST, PASSWORD_SHORTEST
from twolatch.protocol.codes import is_id
from twolatch.sessions import flows as sessions
from twolatch.sessions import passwords
from twolatch.sessions.model import SignedIn
from twolatch.words.limits import DAY
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret


async def page(request: Request) -> Response:
    return await _page(request, await client_of(request), None, "")


async def _page(request: Request, who: SignedIn, refusal: Refusal | None, refused_id: str) -> Response:
    house = house_of(request)
    held, now = await flows.mine(house, who.user), house.clock.now()
    listed = await sessions.mine(house, who, now)
    return show(
        request,
        "security",
        Place.SECURITY,
        refusal=refusal,
        refused=told(refusal),
        refused_id=refused_id,
        authenticators=[shown_one(house, one, now, who.user.id) for one in held],
        standing=policy.standing(house, held, now).value,
        days=house.settings.bridging_days,
        kinds=[{"name": kind.name, "icon": icon_of(kind)} for kind in by_code.offered(house, who, held)],
        sessions=sorted(listed, key=lambda one: not one.is_this),
        done=done_of(request),
        card=await card_coming(request, who),
        printed=await printed_coming(request, who),
        has_phone=bool(policy.linked(house, held)),
        may_share=bool(who.user.person) and not any(one.guest for one in held),
        keys_only=standing(house, who.user, held),
        **await entry(request, who, held),
    )


def shown_one(house: House, one: Authenticator, now: int, user: str) -> dict[str, Any]:
    """As this user sees it: what he shares as a guest he does not name."""
    kind, is_active = policy.kind_of(house, one), one.state is State.ACTIVE and not has_ended(one, now)
    return {
        "id": one.id,
        "kind": one.kind,
        "icon": icon_of(kind),
        "may_move": Trait.LINKED in kind.traits,
        "is_posted": isinstance(kind, Issued),
        "is_shared": bool(one.guest),
        "is_guest": one.user != user,
        "is_paper": Trait.PAPER in kind.traits,
        "is_legacy": Trait.PAPER in kind.traits and Trait.STAND_IN not in kind.traits,
        "may_test": one.state is State.ACTIVE and Trait.SHOWS_CONTEXT in kind.traits,
        "label": one.name,
        "state": one.state.value,
        "number": one.enrolment.get("number", ""),
        "ends": ends_at(one),
        "is_over": has_ended(one, now),
        "strength": policy.rank_of(house, one).name.lower(),
        "why": _why(kind.traits, policy.rank_of(house, one)),
        "lets": policy.lets(house, one) if is_active else [],
        "left": policy.left_of(house, one) if is_active else None,
        "may_return": may_return(one, now, house.settings.bridging_days * DAY) and not has_ended(one, now),
        "added": one.created_at,
        "last_used": one.used_at or None,
    }


def _why(traits: frozenset[Trait], rank: Rank) -> str:
    """The key of the reason for a strength, below "strength."."""
    if rank is Rank.STRONG and Trait.TYPED in traits:
        return "strong.blind"
    if rank is Rank.STRONG and Trait.BOUND in traits:
        return "strong.touched"
    return f"{rank.name.lower()}.why"


def id_of(request: Request) -> str:
    """Whatever does not look like an id is not looked for."""
    one: str = request.path_params["id"]
    return one if is_id(one) else stop(Code.NOT_FOUND)


async def rename(request: Request) -> Response:
    fields = await form_of(request)
    who = await client_of(request)
    house, one = house_of(request), id_of(request)
    if await flows.rename(house, who, one, fields.get("label", ""), house.clock.now()):
        return go("/security", done="renamed")
    await mine_or_stop(request, who, one)
    return await _page(request, who, Refusal(Code.NAME_EMPTY), one)


async def mine_or_stop(request: Request, who: SignedIn, wanted: str) -> Authenticator:
    """A foreign id reads as a missing one."""
    held = await flows.mine(house_of(request), who.user)
    return next((one for one in held if one.id == wanted), None) or stop(Code.NOT_FOUND)


async def end_session(request: Request) -> Response:
    await form_of(request)
    who = await client_of(request)
    house = house_of(request)
    if not await sessions.end(house, who, id_of(request), house.clock.now()):
        stop(Code.NOT_FOUND)
    return go("/security", done="session_ended")


async def end_other_sessions(request: Request) -> Response:
    await form_of(request)
    who = await client_of(request)
    house = house_of(request)
    await sessions.end_others(house, who, house.clock.now())
    return go("/security", done="others_ended")


async def password(request: Request) -> Response:
    fresh = await must_be_fresh(request)
    return _password(request, fresh.signed_in, None)


def _password(request: Request, who: SignedIn, refusal: Refusal | None) -> Response:
    return show(
        request,
        "password",
        Place.PASSWORD,
        refusal=refusal,
        refused=told(refusal),
        forced=who.user.must_change,
        least=PASSWORD_SHORTEST,
        most=PASSWORD_LONGEST,
        name=who.user.name,
    )


async def change_password(request: Request) -> Response:
    fields = await form_of(request)
    await must_be_signed_in(request)
    fresh = await must_be_fresh(request)
    house = house_of(request)
    new, repeated = Secret(fields.get("new", "")), Secret(fields.get("repeat", ""))
    answer = await passwords.change(house, fresh, new, repeated, house.clock.now())
    if isinstance(answer, Refusal):
        return _password(request, fresh.signed_in, answer)
    onward = go("/" if fresh.signed_in.user.must_change else "/security", done="password_changed")
    cookies.give(onward, cookies.SESSION, answer)
    return onward
