"""Which handler answers an address."""

from collections.abc import Awaitable, Sequence

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class Rooms:
    """Fixed addresses are found by one look; those with a word in braces, and what is wrong, by trying each in turn."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._each_in_turn = Router(routes)
        self._fixed = {
            (method, route.path): route
            for route in reversed(routes)  # the first one counts
            if "{" not in route.path
            for method in route.methods or ()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        found = self._fixed.get((scope["method"], scope["path"]))
        if found is None:
            return self._each_in_turn(scope, receive, send)
        scope["route"] = found
        return found.app(scope, receive, send)
