"""The portal's addresses. Every change is a POST; a handler calls its flow and shows what came of it."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.faces.portal import (
    account_pages,
    adding_pages,
    assets,
    bridging_pages,
    card_pages,
    closing_pages,
    home_pages,
    keys_only_pages,
    login_pages,
    lost_pages,
    moving_pages,
    open_pages,
    printed_pages,
    reading_pages,
    security_pages,
    showing,
    soft_card_pages,
    step_up_pages,
    stopping_pages,
    trial_pages,
)
from twolatch.faces.portal.rendering import Renderer
from twolatch.faces.portal.showing import Elsewhere, go
from twolatch.faces.stream import EventStream
from twolatch.faces.web import Endpoint
from twolatch.settings import Settings
from twolatch.texts.catalogue import Texts
from twolatch.words.refusals import Refusal

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)

Handler = Callable[[Request], Awaitable[Response | EventStream]]


class Portal:
    """Built once per process. Raises AssetsMissing when the portal was not built."""

    def __init__(self, settings: Settings) -> None:
        self._assets = assets.load(settings.brand_color, settings.brand_logo)
        self._has_soft_cards = settings.soft_cards is not None
        texts = Texts(settings.languages, settings.time_zone)
        self._renderer = Renderer(texts, self._assets, settings.site_name, settings.support)

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        self._equip(request)
        return showing.refuse(request, refusal)

    def routes(self) -> list[Route]:
        soft = [self._get("/soft-card", soft_card_pages.page)] if self._has_soft_cards else []
        return [*self._ways_in(), *self._settings(), *self._accounts(), *self._open(), *soft]

    def _ways_in(self) -> list[Route]:
        return [
            self._get("/login", login_pages.page),
            self._post("/login", login_pages.begin),
            self._get("/login/key", login_pages.invite),
            self._post("/login/key", login_pages.by_key),
            self._get("/login/second", login_pages.second),
            self._get("/login/wait", login_pages.wait),
            self._post("/login/collect", login_pages.collect),
            self._post("/login/number", login_pages.number),
            self._post("/login/answer", login_pages.answer),
            self._post("/login/again", login_pages.again),
            self._post("/login/switch", login_pages.switch),
            self._post("/login/cancel", login_pages.cancel),
            self._get("/login/link/{token}", reading_pages.ask_link),
            self._post("/login/link/{token}", reading_pages.follow),
            self._post("/logout", login_pages.logout),
            self._get("/logged-out", login_pages.logged_out),
            self._get("/", home_pages.home),
            self._get("/bridging", bridging_pages.page),
            self._get("/activate", home_pages.activate),
            self._get("/activate/wait", home_pages.wait),
            self._post("/activate/begin", home_pages.begin),
            self._post("/activate/confirm", home_pages.confirm),
            self._post("/activate/cancel", home_pages.cancel),
            self._post("/banner/dismiss", home_pages.dismiss),
            self._post("/banner/show", home_pages.bring_back),
        ]

    def _settings(self) -> list[Route]:
        one = "/security/authenticators/{id}"
        return [
            self._get("/security", security_pages.page),
            self._post(f"{one}/rename", security_pages.rename),
            self._get(f"{one}/remove", stopping_pages.ask_remove),
            self._post(f"{one}/remove", stopping_pages.remove),
            self._get(f"{one}/pause", stopping_pages.ask_pause),
            self._post(f"{one}/pause", stopping_pages.pause),
            self._get(f"{one}/move", moving_pages.ask_move),
            self._post(f"{one}/move", moving_pages.move),
            self._get("/security/keys-only", keys_only_pages.ask),
            self._post("/security/keys-only", keys_only_pages.switch),
            self._get("/security/add/{kind}", adding_pages.ask),
            self._post("/security/add/{kind}", adding_pages.begin),
            self._get("/security/set-up/{id}", adding_pages.page),
            self._get("/security/set-up/{id}/card.pdf", adding_pages.card),
            self._post("/security/set-up/{id}/confirm", adding_pages.confirm),
            self._post("/security/set-up/{id}/cancel", adding_pages.cancel),
            self._get("/card", card_pages.page),
            self._post("/card", card_pages.begin),
            self._get("/code-card", printed_pages.page),
            self._post("/code-card", printed_pages.begin),
            self._post("/security/sessions/end-others", security_pages.end_other_sessions),
            self._post("/security/sessions/{id}/end", security_pages.end_session),
            self._get("/security/test", trial_pages.page),
            self._post("/security/test", trial_pages.go_on),
            self._get("/security/test/wait", trial_pages.wait),
            self._post("/security/test/answer", trial_pages.answer),
            self._get("/password", security_pages.password),
            self._post("/password", security_pages.change_password),
            self._get("/step-up", step_up_pages.page),
            self._post("/step-up", step_up_pages.begin),
            self._get("/step-up/wait", step_up_pages.wait),
            self._post("/step-up/number", step_up_pages.number),
            self._post("/step-up/answer", step_up_pages.answer),
            self._post("/step-up/collect", step_up_pages.collect),
        ]

    def _accounts(self) -> list[Route]:
        return [
            self._get("/accounts", account_pages.page),
            self._get("/accounts/{id}/close", closing_pages.ask),
            self._post("/accounts/{id}/close", closing_pages.begin),
            self._get("/accounts/{id}/closing", closing_pages.status),
            self._post("/accounts/{id}/closing/cancel", closing_pages.cancel),
            self._post("/accounts/{id}/closing/card", closing_pages.declare),
            self._get("/closed", reading_pages.page),
            self._get("/documents/{id}", account_pages.document),
            self._get("/documents/{id}/download", account_pages.download),
        ]

    def _open(self) -> list[Route]:
        """For everybody."""
        return [
            self._get("/lost", lost_pages.ask),
            self._post("/lost", lost_pages.report),
            self._post("/lost/{token}", lost_pages.report_this),
            self._get("/found", lost_pages.ask_found),
            self._post("/found", lost_pages.found),
            self._get("/suspend/{token}", open_pages.ask_suspend),
            self._post("/suspend/{token}", open_pages.suspend),
            self._post("/language", open_pages.speak),
            self._get("/assets/{file}", open_pages.asset),
        ]

    def desk_routes(self) -> list[Route]:
        """The desk's host while no support desk is installed."""
        anywhere = self._route("/{path:path}", open_pages.no_desk, ["GET", "POST"])
        return [self._get("/assets/{file}", open_pages.asset), anywhere]

    def _get(self, path: str, handler: Handler) -> Route:
        return self._route(path, handler, ["GET"])

    def _post(self, path: str, handler: Handler) -> Route:
        return self._route(path, handler, ["POST"])

    def _route(self, path: str, handler: Handler, methods: list[str]) -> Route:
        async def handled(request: Request) -> Response | EventStream:
            self._equip(request)
            try:
                return await handler(request)
            except Elsewhere as elsewhere:
                return go(elsewhere.path)

        return Route(path, Endpoint(handled), methods=methods)

    def _equip(self, request: Request) -> None:
        request.scope["renderer"], request.scope["assets"] = self._renderer, self._assets
