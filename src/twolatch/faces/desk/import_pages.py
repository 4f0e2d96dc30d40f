"""A maker's file is taken into the stock: sent by an officer, read, shown, and done when another officer agrees."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from twolatch.custody.importing import file_key
from twolatch.desk.proposals import wishing
from twolatch.faces.desk.places import DeskPlace, path_of
from twolatch.faces.desk.showing import officer_of, show
from twolatch.faces.desk.upload import upload_of
from twolatch.faces.portal.showing import go, told
from twolatch.faces.web import house_of
from twolatch.protocol.pskc.door import BadFile
from twolatch.sessions.model import AtDesk
from twolatch.words.refusals import Code, Refusal

MOST = 2 * 1024 * 1024  # some ten thousand keys; more at once is the operator's command


async def page(request: Request) -> Response:
    return _page(request, await officer_of(request), None)


def _page(request: Request, who: AtDesk, refusal: Refusal | None, bad: BadFile | None = None) -> Response:
    return show(
        request,
        "desk_import",
        DeskPlace.IMPORT,
        who,
        refusal=refusal,
        refused=told(refusal),
        bad=None if bad is None else {"line": bad.line or 0, "why": str(bad.why)},
        most=MOST // 1024 // 1024,
    )


async def take_in(request: Request) -> Response:
    who, house = await officer_of(request), house_of(request)  # before two megabytes of a stranger's are read
    fields, file = await upload_of(request, MOST)
    key = file_key([fields.get("key", ""), fields.get("key2", "")], fields.get("passphrase", ""))
    if key is None or not file.content:
        return _page(request, who, Refusal(Code.IMPORT_KEY if file.content else Code.IMPORT_NO_FILE))
    now = house.clock.now()
    today = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
    try:
        done = await wishing.stock(house, who, file.name, file.content, key, today, fields.get("reason", ""), now)
    except BadFile as bad:
        return _page(request, who, Refusal(Code.IMPORT_BAD), bad)
    if isinstance(done, Refusal):
        return _page(request, who, done)
    return go(path_of(DeskPlace.PROPOSAL, {"id": done.id}))
