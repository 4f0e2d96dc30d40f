"""The code for a login without notification: the portal's page makes it, the phone scans it (docs/protocol.md, 3.4).

It changes every second and serves for a few: a picture of it is worth nothing, and so is one that is read aloud.
"""

import re
from dataclasses import dataclass

from twolatch.protocol.codes import LINK_VERSION, is_id
from twolatch.protocol.keys import mac
from twolatch.protocol.octets import Malformed, b64u, label, lp, u64, unb64u

OLDEST = 5  # seconds
_LINK = re.compile(r"(https?://[A-Za-z0-9.:\[\]-]+)/l#([^#]*)", re.ASCII)


def page_mac(key: bytes, challenge: str, time: int) -> bytes:
    """16 bytes that only a holder of the live page's key can make; `time` in whole seconds, as the page shows them."""
    return mac(key, label("qr") + lp(challenge) + u64(time))[:16]


@dataclass(frozen=True)
class ScanLink:
    """What the code carries."""

    challenge: str
    time: int
    mac: bytes

    def url(self, phone_base_url: str) -> str:
        """All in the fragment, so no server log and no Referer carries it."""
        return f"{phone_base_url.rstrip('/')}/l#{LINK_VERSION}.{self.challenge}.{self.time}.{b64u(self.mac)}"


def made_now(key: bytes, challenge: str, now: int) -> ScanLink:
    """The code of this moment; `now` in ms."""
    time = now // 1000
    return ScanLink(challenge, time, page_mac(key, challenge, time))


def read_scan(text: str) -> ScanLink | None:
    """The link in a scanned text, or None when it is none of this version."""
    found = _LINK.fullmatch(text.strip())
    parts = found[2].split(".") if found else []
    if len(parts) != 4 or parts[0] != LINK_VERSION or not is_id(parts[1]) or not _is_time(parts[2]):
        return None
    try:
        return ScanLink(parts[1], int(parts[2]), unb64u(parts[3], 16))
    except Malformed:
        return None


def _is_time(text: str) -> bool:
    """Written in the one way it is made."""
    return text.isascii() and text.isdigit() and len(text) <= 12 and (text == "0" or text[0] != "0")


def scan_base(text: str) -> str | None:
    """`https://<phone host>` of such a link, or None when it is none."""
    found = _LINK.fullmatch(text.strip())
    return found[1] if found and read_scan(text) else None
