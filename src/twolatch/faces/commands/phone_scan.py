"""`twolatch phone scan`: a QR code of the portal, from a picture or as the link it says."""

from pathlib import Path
from typing import Annotated

import typer

from twolatch.client.activating import read_code
from twolatch.client.outcomes import Refused
from twolatch.client.phone import SoftPhone
from twolatch.faces.commands.phone_answers import approve_scanned
from twolatch.faces.commands.phone_run import AsJson, Pin, Server, Store, run
from twolatch.faces.commands.phone_talk import Talk
from twolatch.faces.commands.phone_users import link
from twolatch.protocol.scan import read_scan

MOST_PIXELS = 50_000_000


def scan(
    seen: Annotated[str, typer.Argument(metavar="IMAGE_OR_LINK", help="A picture of the QR code, or what it says.")],
    pin: Pin = None,
    wait: Annotated[bool, typer.Option(help="Wait until the portal has the six digits.")] = True,
    store: Store = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Scan the portal's QR code: activates this phone, or approves the login whose code it is (good for seconds)."""
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        text = talk.or_refuse(_read(seen))
        if read_scan(text):
            return await approve_scanned(talk, phone, text, pin)
        return await link(talk, phone, text, "", pin, wait=wait)

    run(talk, store, server, work)


def _read(seen: str) -> str | Refused:
    """The one link of this protocol in what was given."""
    texts = [seen] if seen.startswith(("http://", "https://")) else _texts_in(Path(seen))
    links = {text for text in texts if read_scan(text) or read_code(text, "")}
    if len(links) == 1:
        return links.pop()
    if links:
        return Refused("picture.several", "Several codes are in this picture", "", "Show one of them.")
    return Refused("picture.unreadable", "No code of a portal is seen here", "", "Take the picture again, closer.")


def _texts_in(path: Path) -> list[str]:
    """What the QR codes of a picture say; none where it is no picture. A huge one is not unpacked."""
    import zxingcpp
    from PIL import Image

    try:
        with Image.open(path) as image:
            grey = image.convert("L") if image.width * image.height <= MOST_PIXELS else None
    except (OSError, ValueError, Image.DecompressionBombError):
        return []
    return [] if grey is None else [found.text for found in zxingcpp.read_barcodes(grey)]
