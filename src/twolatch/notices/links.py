"""Links in mails, and what a page hands to its own next form: they work without a login, so all they can do is stop
an authenticator."""

import hmac

from twolatch.house import House
from twolatch.protocol.codes import is_id
from twolatch.protocol.octets import b64u
from twolatch.words.limits import DAY, MINUTE

LIVES = 30 * DAY
CHOICE_LIVES = 10 * MINUTE
_SUSPEND, _LOST = "suspend-link", "lost-choice"


def suspend_link(house: House, authenticator: str, now: int) -> str:
    return f"{house.settings.portal_url}/suspend/{_token(house, _SUSPEND, authenticator, now + LIVES)}"


def read_suspend_token(house: House, token: str, now: int) -> str | None:
    """The authenticator a token may suspend; None when it is forged or too old."""
    return _read(house, _SUSPEND, token, now)


def lost_token(house: House, authenticator: str, now: int) -> str:
    """Names one of several phones to whoever has just shown the password."""
    return _token(house, _LOST, authenticator, now + CHOICE_LIVES)


def read_lost_token(house: House, token: str, now: int) -> str | None:
    return _read(house, _LOST, token, now)


def _read(house: House, what: str, token: str, now: int) -> str | None:
    one, _, rest = token.partition(".")
    until = rest.partition(".")[0]
    if not (is_id(one) and until.isascii() and until.isdigit() and len(until) < 16):
        return None
    if not hmac.compare_digest(_token(house, what, one, int(until)).encode(), token.encode("utf-8", "replace")):
        return None
    return one if now < int(until) else None


def _token(house: House, what: str, one: str, until: int) -> str:
    return f"{one}.{until}.{b64u(house.keys.mac(what, one, str(until))[:18])}"
