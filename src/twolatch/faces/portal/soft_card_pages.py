"""A challenge card on a page, for rehearsals: there only where `TWOLATCH_SOFT_CARDS` names a folder, on localhost.

The page is what a card is in the hand: it knows its key and asks for the PIN itself. It asks nothing of the site.
"""

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces.portal.places import Place
from twolatch.faces.portal.showing import show
from twolatch.faces.web import house_of, stop
from twolatch.words.refusals import Code

_ENDING = ".card.json"


async def page(request: Request) -> Response:
    folder = house_of(request).settings.soft_cards or stop(Code.NOT_FOUND)
    there = sorted(file.name.removesuffix(_ENDING) for file in folder.glob(f"*{_ENDING}"))
    wished = request.query_params.get("serial", "")
    serial = wished if wished in there else next(iter(there), "")
    card = {"serial": serial, "made": _made(folder, serial)} if serial else None
    return show(request, "soft_card", Place.SOFT_CARD, card=card, others=there)


def _made(folder: Path, serial: str) -> str:
    """The card's file, a few hundred bytes."""
    return json.dumps(json.loads((folder / f"{serial}{_ENDING}").read_text(encoding="ascii")))
