"""The desk's addresses. Every change is a POST; a handler calls its flow and shows what came of it."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.faces.desk import (
    action_pages,
    budget_pages,
    case_pages,
    home_pages,
    import_pages,
    login_pages,
    proposal_pages,
    return_pages,
    shipping_pages,
    showing,
    step_up_pages,
    stock_pages,
)
from twolatch.faces.portal import assets, open_pages
from twolatch.faces.portal import login_pages as latches
from twolatch.faces.portal.equipped import Equipped
from twolatch.faces.portal.rendering import Renderer
from twolatch.settings import Settings
from twolatch.texts.catalogue import Texts
from twolatch.words.refusals import Refusal

# Doors that open without a session at work; every other one asks for it (a test walks them all).
OPEN = frozenset({
    "/login", "/login/second", "/login/wait", "/login/collect", "/login/number", "/login/answer", "/login/again",
    "/login/switch", "/login/cancel", "/logout", "/logged-out", "/language", "/assets/{file}",
})  # fmt: skip


class Desk(Equipped):
    """Built once per process. Raises AssetsMissing when the pages' files were not built."""

    def __init__(self, settings: Settings) -> None:
        loaded = assets.load(settings.brand_color, settings.brand_logo)
        texts, before = Texts(settings.languages, settings.time_zone), (Path(__file__).parent / "templates",)
        super().__init__(loaded, Renderer(texts, loaded, settings.site_name, before=before))

    def refuse(self, request: Request, refusal: Refusal) -> Response:
        self.equip(request)
        return showing.refuse(request, refusal)

    def routes(self) -> list[Route]:
        return [*self._ways_in(), *self._work(), *self._cases(), *self._second_persons(), *self._cards()]

    def _ways_in(self) -> list[Route]:
        return [
            self.get("/login", login_pages.page),
            self.post("/login", latches.begin),
            self.get("/login/second", latches.second),
            self.get("/login/wait", latches.wait),
            self.post("/login/collect", latches.collect),
            self.post("/login/number", latches.number),
            self.post("/login/answer", latches.answer),
            self.post("/login/again", latches.again),
            self.post("/login/switch", latches.switch),
            self.post("/login/cancel", latches.cancel),
            self.post("/logout", login_pages.logout),
            self.get("/logged-out", latches.logged_out),
            self.post("/language", login_pages.speak),
            self.get("/assets/{file}", open_pages.asset),
        ]

    def _work(self) -> list[Route]:
        return [
            self.get("/", home_pages.page),
            self.post("/find", home_pages.find),
            self.post("/cases", home_pages.open_case),
            self.get("/step-up", step_up_pages.page),
            self.post("/step-up", step_up_pages.begin),
            self.get("/step-up/wait", step_up_pages.wait),
            self.post("/step-up/number", step_up_pages.number),
            self.post("/step-up/answer", step_up_pages.answer),
            self.post("/step-up/collect", step_up_pages.collect),
        ]

    def _cases(self) -> list[Route]:
        one = "/cases/{id}"
        return [
            self.get(one, case_pages.page),
            self.post(f"{one}/note", case_pages.note),
            self.post(f"{one}/close", case_pages.close),
            self.post(f"{one}/ask", case_pages.ask),
            self.post(f"{one}/answer", case_pages.answer),
            self.post(f"{one}/withdraw", case_pages.withdraw),
            self.post(f"{one}/called-back", case_pages.called_back),
            self.post(f"{one}/settle", case_pages.settle),
            self.get(f"{one}/wait", case_pages.wait),
            self.post(f"{one}/code", action_pages.code),
            self.post(f"{one}/remove-all", action_pages.remove_all),
            self.post(f"{one}/lock", action_pages.lock),
            self.post(f"{one}/unlock", action_pages.unlock),
            self.post(f"{one}/allow-phone", action_pages.allow_phone),
            self.post(f"{one}/suspend", action_pages.suspend),
            self.post(f"{one}/wake", action_pages.wake),
            self.post(f"{one}/faulty", action_pages.faulty),
        ]

    def _second_persons(self) -> list[Route]:
        one = "/proposals/{id}"
        return [
            self.get("/proposals", proposal_pages.page),
            self.get("/proposals/wait", proposal_pages.wait_for_all),
            self.get(one, proposal_pages.one),
            self.get(f"{one}/wait", proposal_pages.wait),
            self.post(f"{one}/approve", proposal_pages.approve),
            self.post(f"{one}/deny", proposal_pages.deny),
            self.post(f"{one}/withdraw", proposal_pages.withdraw),
            self.post(f"{one}/show", proposal_pages.show_given),
            self.get("/budgets", budget_pages.page),
            self.post("/budgets", budget_pages.more),
        ]

    def _cards(self) -> list[Route]:
        return [
            self.get("/stock", stock_pages.page),
            self.get("/stock/find", stock_pages.find),
            self.get("/stock/import", import_pages.page),
            self.post("/stock/import", import_pages.take_in),
            self.get("/stock/cards/{id}", stock_pages.one),
            self.post("/stock/cards/{id}/write-off", stock_pages.write_off),
            self.get("/orders", shipping_pages.page),
            self.get("/orders/find", shipping_pages.find),
            self.get("/orders/{number}", shipping_pages.one),
            self.post("/orders/{number}/ship", shipping_pages.ship),
            self.post("/orders/{number}/address", shipping_pages.readdress),
            self.get("/returns", return_pages.page),
            self.post("/returns/receive", return_pages.receive),
            self.post("/returns/inspect", return_pages.inspect),
            self.post("/returns/destroy", return_pages.destroy),
        ]
