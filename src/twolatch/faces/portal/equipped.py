"""What portal and desk have in common: addresses whose handlers find templates and files beside the request."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.rendering import Renderer
from twolatch.faces.portal.showing import Elsewhere, go
from twolatch.faces.stream import EventStream
from twolatch.faces.web import Endpoint

Handler = Callable[[Request], Awaitable[Response | EventStream]]


class Equipped:
    """Every change is a POST; a handler calls its flow and shows what came of it."""

    def __init__(self, assets: Assets, renderer: Renderer) -> None:
        self._assets, self._renderer = assets, renderer

    def get(self, path: str, handler: Handler) -> Route:
        return self._route(path, handler, ["GET"])

    def post(self, path: str, handler: Handler) -> Route:
        return self._route(path, handler, ["POST"])

    def _route(self, path: str, handler: Handler, methods: list[str]) -> Route:
        async def handled(request: Request) -> Response | EventStream:
            self.equip(request)
            try:
                return await handler(request)
            except Elsewhere as elsewhere:
                return go(elsewhere.path)

        return Route(path, Endpoint(handled), methods=methods)

    def equip(self, request: Request) -> None:
        request.scope["renderer"], request.scope["assets"] = self._renderer, self._assets
