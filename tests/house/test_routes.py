"""Addresses: each says by which methods, and nothing changes but by POST (the phone's API: also PUT and DELETE)."""

import inspect
from collections.abc import Callable, Iterable

import pytest
from starlette.routing import Route

from tests.house.reach import Reach, of_the_house
from tests.house.source import bad, house
from twolatch.faces import health
from twolatch.faces.api import applications
from twolatch.faces.api import phone as api
from twolatch.faces.desk.routes import Desk
from twolatch.faces.phone_app.pages import PhoneApp
from twolatch.faces.portal.routes import Portal
from twolatch.settings import Settings

# What may be written while somebody only looks: when he was last seen, that a row was forged, and that he read a paper.
# At the desk, that an officer read a colleague's case; of an application, when its key was used last.
SEEN_WHILE_LOOKING = {
    "sessions.flows._seen", "authenticators.outcome.report_forged", "accounts.flows.read", "desk.looking._seen",
    "applications.flows.of_key",
}  # fmt: skip
READING = frozenset({"GET", "HEAD"})


def portal_routes() -> list[Route]:
    return Portal(Settings()).routes()


def desk_routes() -> list[Route]:
    return Desk(Settings()).routes()


def api_routes() -> list[Route]:
    return [*api.routes(), *applications.routes(), *health.routes(), *PhoneApp().routes()]


def undecided(routes: Iterable[Route]) -> list[str]:
    """Addresses that declare no method, or mix looking with changing."""
    return [
        route.path
        for route in routes
        if not route.methods or (route.methods & READING and not route.methods <= READING)
    ]


def handler_of(route: Route) -> str:
    """The full name of the function behind an address, through the wrappers of the faces."""
    function = getattr(route.endpoint, "handler", route.endpoint)
    if inspect.isfunction(function):
        function = inspect.getclosurevars(function).nonlocals.get("handler", function)
    return f"{function.__module__}.{function.__qualname__}".removeprefix("twolatch.")


def writing_reads(routes: Iterable[Route], reach: Reach) -> list[str]:
    return sorted(
        f"{route.path}: {writer}"
        for route in routes
        if route.methods and route.methods <= READING
        for writer in reach.writers(handler_of(route)) - SEEN_WHILE_LOOKING
    )


def unguarded_forms(routes: Iterable[Route], reach: Reach) -> list[str]:
    """Changes that do not look whether the form is one of our own pages'."""
    return [
        route.path
        for route in routes
        if "POST" in (route.methods or ()) and "faces.web.check_form_token" not in reach.of(handler_of(route))
    ]


def test_every_address_declares_its_methods_and_none_both_looks_and_changes() -> None:
    assert undecided([*portal_routes(), *desk_routes(), *api_routes()]) == []


@pytest.mark.parametrize("routes", [portal_routes, desk_routes])
def test_pages_change_things_by_post_alone(routes: Callable[[], list[Route]]) -> None:
    assert {tuple(sorted(route.methods or ())) for route in routes()} == {("GET", "HEAD"), ("POST",)}


def test_looking_changes_nothing() -> None:
    routes = [*portal_routes(), *desk_routes(), *api_routes()]
    assert all(handler_of(route) in of_the_house().nodes for route in routes)
    assert writing_reads(routes, of_the_house()) == []


def test_every_form_must_come_from_one_of_our_own_pages() -> None:
    assert unguarded_forms([*portal_routes(), *desk_routes()], of_the_house()) == []


@pytest.mark.parametrize("room", ["faces.portal", "faces.api", "faces.phone_app", "faces.desk"])
def test_faces_write_nothing_themselves(room: str) -> None:
    assert [name for name, node in of_the_house().nodes.items() if name.startswith(room) and node.writes] == []


async def page(request: object) -> None:
    """Stands in for a handler below."""


def test_these_checks_can_fail() -> None:
    mixed, silent = Route("/a", page, methods=["GET", "POST"]), Route("/b", page)
    silent.methods = None
    assert undecided([mixed, silent]) == ["/a", "/b"]
    here = handler_of(mixed)
    writing = Reach(bad(f"async def {here.rpartition('.')[2]}(house):\n    await house.db.write(work)", _path(here)))
    assert writing_reads([Route("/a", page, methods=["GET"])], writing) == [f"/a: {here}"]
    assert unguarded_forms([Route("/a", page, methods=["POST"])], writing) == ["/a"]
    far = "from twolatch.login import flows\nasync def f(request):\n    await flows.begin(house, visit, name, word)"
    assert "login.flows.open_attempt" in Reach([*house(), *bad(far)]).writers("room.flows.f")


def _path(name: str) -> str:
    return name.rpartition(".")[0].replace(".", "/") + ".py"
