"""What a client holds, and its papers: looked at, taken along, printed."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.accounts import flows
from twolatch.accounts.flows import Paper
from twolatch.accounts.model import Account, Document
from twolatch.faces.portal.places import Place
from twolatch.faces.portal.security_pages import id_of
from twolatch.faces.portal.showing import client_of, done_of, show
from twolatch.faces.web import Stop, house_of, who_is, who_reads
from twolatch.words.refusals import Refusal

# A paper may draw itself and nothing else: no script, no form, no frame, nothing loaded, inside nobody's page.
PAPER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; "
    "base-uri 'none'"
)


async def page(request: Request) -> Response:
    who = await client_of(request)
    house = house_of(request)
    held, papers = await flows.mine(house, who.user), await flows.papers(house, who.user, house.clock.now())
    return show(request, "accounts", Place.ACCOUNTS, accounts=shown(held, papers), done=done_of(request))


def shown(held: Sequence[Account], papers: Sequence[Document]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "number": one.number,
            "label": one.label,
            "state": one.state.value,
            "is_holder": one.is_holder,
            "closed_at": one.closed_at,
            "read_until": one.read_until,
            "papers": [
                {"id": paper.id, "kind": paper.kind.value, "period": paper.period, "size": paper.size}
                for paper in papers
                if paper.account == one.id
            ],
        }
        for one in held
    ]


async def document(request: Request) -> Response:
    return _served(await _read(request), "inline")


async def download(request: Request) -> Response:
    return _served(await _read(request), "attachment")


async def _read(request: Request) -> Paper:
    who = None if await who_is(request) else await who_reads(request)
    house = house_of(request)
    found = await flows.read(house, who or await client_of(request), id_of(request), house.clock.now())
    if isinstance(found, Refusal):
        raise Stop(found)
    return found


def _served(paper: Paper, how: str) -> Response:
    headers = {
        "content-disposition": f'{how}; filename="{paper.document.file_name}"',
        "content-security-policy": PAPER_POLICY,
    }
    return Response(paper.content, headers=headers, media_type="application/pdf")
