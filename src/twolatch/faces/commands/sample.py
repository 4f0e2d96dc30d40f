"""The demo's sample application: a page of its own that "withdraws" money, and moves none.

What a real one does, as small as it can be: it learns who is there by a hand-over, asks for each amount, sends its
client to the portal where one has to be confirmed, and asks again when he is back. docs/applications.md tells the way.
"""

import secrets
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from twolatch.client.application import Application, ticket_of
from twolatch.client.outcomes import NotTrusted, Refused, ServerAway
from twolatch.faces.commands import beside
from twolatch.faces.web import Stop, body_of
from twolatch.protocol.applications import Authorization, KnownSession
from twolatch.texts.catalogue import Texts

if TYPE_CHECKING:
    import uvicorn

NAME = "Sample application"
COOKIE = "sample"
MOST = 200  # visitors that are remembered
STYLE = """
form { margin: 1rem 0 0; }
label { display: block; margin-top: 0.75rem; font-weight: 600; }
input { width: 100%; padding: 0.625rem; font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--muted); border-radius: 0.5rem; }
button { width: 100%; min-height: 2.75rem; margin-top: 1rem; font: inherit; font-weight: 600; color: var(--on-main);
  background: var(--main); border: 1px solid var(--main); border-radius: 0.5rem; cursor: pointer; }
button.plain { color: var(--ink); background: none; border-color: var(--muted); }
.told { margin-top: 1rem; padding: 0.75rem 1rem; border-left: 0.25rem solid var(--step); background: var(--page);
  border-radius: 0.25rem; }
.told.allow { border-color: var(--good); }
.told.refuse { border-color: var(--bad); }
.told strong { display: block; }
"""


@dataclass
class Visitor:
    """What this page remembers of one browser. `state` of the hand-over or of the amount it waits for."""

    state: str = ""
    session: KnownSession | None = None
    told: Authorization | None = None
    refused: Refused | None = None


@dataclass
class Sample:
    """`here` is this page's own origin; `portal` and `key` are those of the site."""

    here: str
    portal: str
    key: str
    texts: Texts
    visitors: dict[str, Visitor] = field(default_factory=dict)

    @property
    def back(self) -> str:
        return f"{self.here}/back"

    def application(self) -> Application:
        return Application(self.portal, self.key)

    def routes(self) -> list[Route]:
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/style.css", self.style, methods=["GET"]),
            Route("/begin", self.begin, methods=["POST"]),
            Route("/back", self.came_back, methods=["GET"]),
            Route("/withdraw", self.withdraw, methods=["POST"]),
            Route("/release", self.release, methods=["POST"]),
            Route("/leave", self.leave, methods=["POST"]),
        ]

    # who is there

    def visitor(self, request: Request) -> Visitor | None:
        return self.visitors.get(request.cookies.get(COOKIE, ""))

    def language(self, request: Request) -> str:
        return self.texts.choose(request.headers.get("accept-language", ""), "")

    def is_ours(self, request: Request) -> bool:
        """A form of this page, and of no other."""
        return request.headers.get("origin") == self.here

    async def begin(self, request: Request) -> Response:
        if not self.is_ours(request):
            return _forbidden()
        async with self.application() as ours:
            begun = await ours.hand_over(self.back)
        if isinstance(begun, Refused):
            return self.shown(request, Visitor(refused=begun))
        token = secrets.token_urlsafe(24)
        while len(self.visitors) >= MOST:
            self.visitors.pop(next(iter(self.visitors)))
        self.visitors[token] = Visitor(state=begun.state)
        answer = RedirectResponse(begun.address, 303)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="lax")
        return answer

    async def came_back(self, request: Request) -> Response:
        """From the hand-over with a ticket, or from a confirmation: of that the address proves nothing, so ask."""
        visitor = self.visitor(request)
        if visitor is None:
            return RedirectResponse("/", 303)
        try:
            ticket = ticket_of(request.query_params, visitor.state)
        except NotTrusted:
            return RedirectResponse("/", 303)
        async with self.application() as ours:
            if ticket:
                known = await ours.session_of(ticket)
                visitor.session, visitor.refused = (None, known) if isinstance(known, Refused) else (known, None)
            elif visitor.told:
                self.keep(visitor, await ours.result(visitor.told.authorization))
        visitor.state = ""
        return RedirectResponse("/", 303)

    async def leave(self, request: Request) -> Response:
        visitor = self.visitor(request)
        if visitor is None or not self.is_ours(request):
            return _forbidden()
        async with self.application() as ours:
            if visitor.session:
                await ours.forget(visitor.session.session)
        self.visitors.pop(request.cookies.get(COOKIE, ""), None)
        return RedirectResponse("/", 303)

    # what he may do

    async def withdraw(self, request: Request) -> Response:
        visitor = self.visitor(request)
        if visitor is None or visitor.session is None or not self.is_ours(request):
            return _forbidden()
        fields = dict(parse_qsl((await body_of(request, 8192)).decode("ascii", "replace")))
        amount, payee = (fields.get(name, "").strip() for name in ("amount", "payee"))
        state = secrets.token_urlsafe(24)
        async with self.application() as ours:
            asked = await ours.authorize(
                visitor.session.session, "withdrawal", amount, "USD", request=secrets.token_urlsafe(24), payee=payee,
                return_to=self.back, state=state,
            )  # fmt: skip
        self.keep(visitor, asked)
        if isinstance(asked, Authorization) and asked.answer == "step_up":
            visitor.state = state
            return RedirectResponse(asked.confirm, 303)
        return RedirectResponse("/", 303)

    async def release(self, request: Request) -> Response:
        visitor = self.visitor(request)
        if visitor is None or visitor.told is None or not self.is_ours(request):
            return _forbidden()
        async with self.application() as ours:
            self.keep(visitor, await ours.release(visitor.told.authorization))
        return RedirectResponse("/", 303)

    def keep(self, visitor: Visitor, asked: Authorization | Refused) -> None:
        visitor.told, visitor.refused = (None, asked) if isinstance(asked, Refused) else (asked, None)

    # pages

    async def style(self, request: Request) -> Response:
        return beside.styled(STYLE)

    async def page(self, request: Request) -> Response:
        return self.shown(request, self.visitor(request) or Visitor())

    def shown(self, request: Request, visitor: Visitor) -> Response:
        language = self.language(request)

        def t(key: str, **words: Any) -> str:
            return escape(self.texts.say(language, f"sample.{key}", **words))

        inside = self.told(visitor, language) + (_form(visitor.session, t) if visitor.session else _welcome(t))
        top = f'<h1>{t("title")}</h1><p class="muted">{t("honest")}</p>'
        return beside.framed(language, t("title"), top + inside)

    def told(self, visitor: Visitor, language: str) -> str:
        if visitor.refused:
            return f'<div class="told refuse" role="status"><strong>{escape(visitor.refused.title)}</strong></div>'
        if (told := visitor.told) is None:
            return ""
        price = self.texts.price(language, told.amount, told.currency)
        title = self.texts.say(language, f"sample.{told.answer}", amount=price)
        why = self.texts.say(language, f"sample.why.{told.reason}")
        give_back = self.texts.say(language, "sample.release")
        form = f'<form method="post" action="/release"><button class="plain">{escape(give_back)}</button></form>'
        return (
            f'<div class="told {told.answer}" role="status"><strong>{escape(title)}</strong>{escape(why)}'
            f"{form if told.answer == 'allow' else ''}</div>"
        )


def _welcome(t: Any) -> str:
    return f'<form method="post" action="/begin"><button>{t("begin")}</button></form>'


def _form(session: KnownSession, t: Any) -> str:
    proved = t(f"rank.{session.used.rank}") if session.used else t("rank.gone")
    return (
        f"<p>{t('hello', name=session.display or session.subject)} {proved}</p>"
        f'<form method="post" action="/withdraw"><label for="amount">{t("amount")}</label>'
        '<input id="amount" name="amount" inputmode="decimal" autocomplete="off" required maxlength="16"'
        ' value="1500.00">'
        f'<label for="payee">{t("payee")}</label><input id="payee" name="payee" autocomplete="off" maxlength="140">'
        f'<button>{t("withdraw")}</button></form>'
        f'<form method="post" action="/leave"><button class="plain">{t("leave")}</button></form>'
    )


def _forbidden() -> Response:
    return beside.refused("This form is not of this page.", 403)


async def _away(request: Request, fault: Exception) -> Response:
    return beside.refused("The portal does not answer. Try again in a moment.", 503)


async def _too_much(request: Request, fault: Exception) -> Response:
    return beside.refused("That is too much.", 413)


def application(here: str, portal: str, key: str) -> Starlette:
    sample = Sample(here, portal, key, Texts())
    return Starlette(routes=sample.routes(), exception_handlers={ServerAway: _away, Stop: _too_much})


def serve_beside(here: str, portal: str, key: str, port: int) -> "uvicorn.Server":
    """On this machine alone, beside the demo's own server, until the program ends."""
    return beside.serve(application(here, portal, key), "sample", port)
