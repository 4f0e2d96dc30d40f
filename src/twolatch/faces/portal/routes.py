"""The portal's addresses. Every change is a POST; a handler calls its flow and shows what came of it."""

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
    confirm_pages,
    contact_pages,
    hand_over_pages,
    home_pages,
    keys_only_pages,
    login_pages,
    lost_pages,
    moving_pages,
    open_pages,
    order_pages,
    plastic_pages,
    printed_pages,
    reading_pages,
    return_pages,
    security_pages,
    sharing_pages,
    showing,
    soft_card_pages,
    step_up_pages,
    stopping_pages,
    support_pages,
    trial_pages,
)
from twolatch.faces.portal.equipped import Equipped
from twolatch.faces.portal.rendering import Renderer
from twolatch.settings import Settings
from twolatch.texts.catalogue import Texts
from twolatch.words.refusals import Refusal


class Portal(Equipped):
    """Built once per process. Raises AssetsMissing when the portal was not built."""

    def __init__(self, settings: Settings) -> None:
        loaded = assets.load(settings.brand_color, settings.brand_logo)
        texts = Texts(settings.languages, settings.time_zone)
        super().__init__(loaded, Renderer(texts, loaded, settings.site_name, settings.support))
        self._has_soft_cards = settings.soft_cards is not None

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        self.equip(request)
        return showing.refuse(request, refusal)

    def routes(self) -> list[Route]:
        soft = [self.get("/soft-card", soft_card_pages.page)] if self._has_soft_cards else []
        own = [*self._ways_in(), *self._settings(), *self._cards(), *self._accounts()]
        return [*own, *self._beside(), *self._open(), *soft]

    def _ways_in(self) -> list[Route]:
        return [
            self.get("/login", login_pages.page),
            self.post("/login", login_pages.begin),
            self.get("/login/key", login_pages.invite),
            self.post("/login/key", login_pages.by_key),
            self.get("/login/second", login_pages.second),
            self.get("/login/wait", login_pages.wait),
            self.post("/login/collect", login_pages.collect),
            self.post("/login/number", login_pages.number),
            self.post("/login/answer", login_pages.answer),
            self.post("/login/again", login_pages.again),
            self.post("/login/switch", login_pages.switch),
            self.post("/login/cancel", login_pages.cancel),
            self.get("/login/link/{token}", reading_pages.ask_link),
            self.post("/login/link/{token}", reading_pages.follow),
            self.post("/logout", login_pages.logout),
            self.get("/logged-out", login_pages.logged_out),
            self.get("/", home_pages.home),
            self.get("/bridging", bridging_pages.page),
            self.get("/activate", home_pages.activate),
            self.get("/activate/wait", home_pages.wait),
            self.post("/activate/begin", home_pages.begin),
            self.post("/activate/confirm", home_pages.confirm),
            self.post("/activate/cancel", home_pages.cancel),
            self.post("/banner/dismiss", home_pages.dismiss),
            self.post("/banner/show", home_pages.bring_back),
        ]

    def _settings(self) -> list[Route]:
        one = "/security/authenticators/{id}"
        return [
            self.get("/security", security_pages.page),
            self.get("/diary", support_pages.diary_page),
            self.post(f"{one}/rename", security_pages.rename),
            self.get(f"{one}/remove", stopping_pages.ask_remove),
            self.post(f"{one}/remove", stopping_pages.remove),
            self.get(f"{one}/pause", stopping_pages.ask_pause),
            self.post(f"{one}/pause", stopping_pages.pause),
            self.get(f"{one}/move", moving_pages.ask_move),
            self.post(f"{one}/move", moving_pages.move),
            self.get("/security/keys-only", keys_only_pages.ask),
            self.post("/security/keys-only", keys_only_pages.switch),
            self.get("/security/add/{kind}", adding_pages.ask),
            self.post("/security/add/{kind}", adding_pages.begin),
            self.get("/security/set-up/{id}", adding_pages.page),
            self.get("/security/set-up/{id}/card.pdf", adding_pages.card),
            self.post("/security/set-up/{id}/confirm", adding_pages.confirm),
            self.post("/security/set-up/{id}/cancel", adding_pages.cancel),
            self.post("/security/sessions/end-others", security_pages.end_other_sessions),
            self.post("/security/sessions/{id}/end", security_pages.end_session),
            self.get("/security/test", trial_pages.page),
            self.post("/security/test", trial_pages.go_on),
            self.get("/security/test/wait", trial_pages.wait),
            self.post("/security/test/answer", trial_pages.answer),
            self.get("/password", security_pages.password),
            self.post("/password", security_pages.change_password),
            self.get("/step-up", step_up_pages.page),
            self.post("/step-up", step_up_pages.begin),
            self.get("/step-up/wait", step_up_pages.wait),
            self.post("/step-up/number", step_up_pages.number),
            self.post("/step-up/answer", step_up_pages.answer),
            self.post("/step-up/collect", step_up_pages.collect),
        ]

    def _cards(self) -> list[Route]:
        one = "/security/authenticators/{id}"
        return [
            self.get("/card", card_pages.page),
            self.post("/card", card_pages.begin),
            self.get("/code-card", printed_pages.page),
            self.post("/code-card", printed_pages.begin),
            self.get("/security/share", sharing_pages.page),
            self.post("/security/share", sharing_pages.begin),
            self.post("/security/share/answer", sharing_pages.answer),
            self.get(f"{one}/unshare", sharing_pages.ask_end),
            self.post(f"{one}/unshare", sharing_pages.end),
        ]

    def _accounts(self) -> list[Route]:
        return [
            self.get("/accounts", account_pages.page),
            self.get("/accounts/{id}/close", closing_pages.ask),
            self.post("/accounts/{id}/close", closing_pages.begin),
            self.get("/accounts/{id}/closing", closing_pages.status),
            self.post("/accounts/{id}/closing/cancel", closing_pages.cancel),
            self.post("/accounts/{id}/closing/card", closing_pages.declare),
            self.get("/cards", plastic_pages.page),
            self.get("/cards/order", order_pages.page),
            self.post("/cards/order", order_pages.check),
            self.post("/cards/order/country", order_pages.choose_country),
            self.post("/cards/order/confirm", order_pages.confirm),
            self.post("/cards/order/cancel", plastic_pages.cancel),
            self.get("/cards/{id}/return", return_pages.ask),
            self.post("/cards/{id}/return", return_pages.announce),
            self.get("/returns/{id}", return_pages.status),
            self.get("/returns/{id}/form.pdf", return_pages.form),
            self.post("/returns/{id}/posted", return_pages.posted),
            self.post("/returns/{id}/cancel", return_pages.cancel),
            self.get("/closed", reading_pages.page),
            self.get("/documents/{id}", account_pages.document),
            self.get("/documents/{id}/download", account_pages.download),
        ]

    def _beside(self) -> list[Route]:
        """For clients whom an application sends here."""
        return [
            self.get("/hand-over/{id}", hand_over_pages.page),
            self.post("/hand-over/{id}", hand_over_pages.agree),
            self.post("/hand-over/{id}/decline", hand_over_pages.decline),
            self.get("/confirm/{id}", confirm_pages.page),
            self.post("/confirm/{id}", confirm_pages.begin),
            self.get("/confirm/{id}/wait", confirm_pages.wait),
            self.post("/confirm/{id}/number", confirm_pages.number),
            self.post("/confirm/{id}/answer", confirm_pages.answer),
            self.post("/confirm/{id}/collect", confirm_pages.collect),
            self.post("/confirm/{id}/decline", confirm_pages.decline),
        ]

    def _open(self) -> list[Route]:
        """For everybody."""
        return [
            self.get("/lost", lost_pages.ask),
            self.post("/lost", lost_pages.report),
            self.post("/lost/{token}", lost_pages.report_this),
            self.get("/found", lost_pages.ask_found),
            self.post("/found", lost_pages.found),
            self.get("/support", support_pages.page),
            self.post("/support", support_pages.check),
            self.get("/contact", contact_pages.contact),
            self.post("/contact", contact_pages.choose),
            self.get("/help/return", contact_pages.returning),
            self.get("/suspend/{token}", open_pages.ask_suspend),
            self.post("/suspend/{token}", open_pages.suspend),
            self.post("/language", open_pages.speak),
            self.get("/assets/{file}", open_pages.asset),
        ]
