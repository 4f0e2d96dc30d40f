"""The demo's soft mailbox: what the site wrote to its clients, on a page instead of in a folder.

Whoever reads a client's mails can stop his phone with a link of them. So the page is a small site of the demo's own
command, on this machine alone and under one name; a server that `twolatch serve` runs knows nothing of it.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twolatch.faces.commands import beside
from twolatch.texts.catalogue import Texts

if TYPE_CHECKING:
    import uvicorn

MOST = 200  # letters on the page, and those that are read for it
_NAME = re.compile(r"(\d{15})-[A-Za-z0-9._~-]{1,120}\.eml")  # as wires.mail writes it: its time first, in ms
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
STYLE = """
main { max-width: 44rem; }
.top { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: baseline; justify-content: space-between; }
.again { padding: 0.375rem 0; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 1rem 0; }
nav a { padding: 0.375rem 0; }
nav [aria-current] { color: var(--ink); font-weight: 650; text-decoration: none; }
ol { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
li { border-bottom: 1px solid var(--line); }
summary { padding: 0.75rem 0; cursor: pointer; }
summary strong { font-weight: 600; }
summary span { display: block; }
.letter { margin: 0 0 1rem; padding: 1rem; white-space: pre-wrap; background: var(--page); border-radius: 0.5rem; }
.none { padding: 1.5rem 0 0.5rem; }
@media (max-width: 46rem) { main { margin: 0; padding: 1.25rem 1rem; border: 0; border-radius: 0; min-height: 100vh; } }
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter of the folder. `at` in ms since 1970."""

    at: int
    to: str
    subject: str
    text: str


def letters(folder: Path) -> list[Mail]:
    """The newest first, at most MOST. What is no letter of wires.mail is passed over."""
    found = sorted((each.name for each in folder.glob("*.eml") if _NAME.fullmatch(each.name)), reverse=True)
    return [_read(folder / name) for name in found[:MOST]]


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    text = str(message.get_content()).replace("\r\n", "\n").strip()
    return Mail(int(file.name[:15]), str(message["To"]), str(message["Subject"]), text)


@dataclass(frozen=True)
class Mailbox:
    """`host` is the one name under which it answers; `origins`: where links may lead, those of the site alone."""

    folder: Path
    host: str
    origins: frozenset[str]
    texts: Texts

    def routes(self) -> list[Route]:
        return [Route("/", self.page, methods=["GET"]), Route("/style.css", self.style, methods=["GET"])]

    def is_here(self, request: Request) -> bool:
        """Under no other name: a stranger's page could point a name of its own to this machine (DNS rebinding), and
        its script would read the mails."""
        return request.headers.get("host") == self.host

    async def style(self, request: Request) -> Response:
        return beside.styled(STYLE)

    async def page(self, request: Request) -> Response:
        if not self.is_here(request):
            return beside.refused("Not under this name.", 421)
        found = await asyncio.to_thread(letters, self.folder)
        language = self.texts.choose(request.headers.get("accept-language", ""), "")
        return self.shown(found, request.query_params.get("to", ""), language)

    def shown(self, found: list[Mail], wished: str, language: str) -> Response:
        """All letters, or those to one address."""

        def t(key: str, **words: Any) -> str:
            return escape(self.texts.say(language, f"mailbox.{key}", **words))

        to = wished if any(mail.to == wished for mail in found) else ""
        here = f"/?{urlencode({'to': to})}" if to else "/"
        top = f'<div class="top"><h1>{t("title")}</h1><a class="again" href="{escape(here)}">{t("again")}</a></div>'
        said = f'<p class="muted">{t("honest")}</p>'
        if not found:
            return beside.framed(language, t("title"), f'{top}{said}<p class="none">{t("none")}</p>')
        clients = "".join(_clients(found, to, t("everybody", count=len(found)), t("clients")))
        listed = "".join(
            self.letter(mail, language, is_open=number == 0)
            for number, mail in enumerate(mail for mail in found if to in ("", mail.to))
        )
        return beside.framed(language, t("title"), f"{top}{said}{clients}<ol>{listed}</ol>")

    def letter(self, mail: Mail, language: str, *, is_open: bool) -> str:
        when = escape(self.texts.moment(language, mail.at))
        return (
            f"<li><details{' open' if is_open else ''}><summary><strong>{escape(mail.subject)}</strong>"
            f'<span class="muted">{escape(mail.to)} · {when}</span></summary>'
            f'<div class="letter">{self.linked(mail.text)}</div></details></li>'
        )

    def linked(self, text: str) -> str:
        """The text with the site's own addresses as links: another address in it is a stranger's word, such as the
        name of a phone, and stays a word."""
        pieces, at = [], 0
        for found in _ADDRESS.finditer(text):
            address = found[0].rstrip(".,;:!?)")
            parts = urlsplit(address)
            if f"{parts.scheme}://{parts.netloc}" in self.origins:
                pieces += [escape(text[at : found.start()]), f'<a href="{escape(address)}">{escape(address)}</a>']
                at = found.start() + len(address)
        return "".join([*pieces, escape(text[at:])])


def _clients(found: list[Mail], to: str, everybody: str, label: str) -> Iterator[str]:
    yield f'<nav aria-label="{label}">'
    yield _link("/", everybody, is_current=not to)
    for address, count in sorted(Counter(mail.to for mail in found).items()):
        yield _link(f"/?{urlencode({'to': address})}", escape(f"{address} ({count})"), is_current=address == to)
    yield "</nav>"


def _link(href: str, text: str, *, is_current: bool) -> str:
    return f'<a href="{escape(href)}"{" aria-current=page" if is_current else ""}>{text}</a>'


def application(folder: Path, here: str, origins: frozenset[str], texts: Texts) -> Starlette:
    """`here` is the mailbox's own origin, `origins` are those of the site."""
    return Starlette(routes=Mailbox(folder, urlsplit(here).netloc, origins, texts).routes())


def serve_beside(folder: Path, here: str, origins: frozenset[str], port: int, texts: Texts) -> "uvicorn.Server":
    return beside.serve(application(folder, here, origins, texts), "mailbox", port)
