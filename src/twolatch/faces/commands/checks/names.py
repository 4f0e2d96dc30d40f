"""Names: of the hosts, and of the settings themselves."""

import os
import socket
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from twolatch.faces.commands.checks.finding import Finding, Round, bad, warning
from twolatch.settings import SECRETS, Settings, is_loopback_name

PREFIX = "TWOLATCH_"
OF_TESTS = ("TWOLATCH_REQUIRE_", "TWOLATCH_WITH_")
# What single commands read for themselves.
OF_COMMANDS = {f"{PREFIX}{name}" for name in ("CARD_KEY", "CARD_PIN", "CONFIG", "PASSWORD", "PHONE_STORE", "PIN")}


def urls(settings: Settings) -> dict[str, str]:
    return {
        "TWOLATCH_PORTAL_URL": settings.portal_url,
        "TWOLATCH_PHONE_URL": settings.phone_url,
        "TWOLATCH_DESK_URL": settings.desk_url,
    }


def addresses(asked: Round) -> Iterator[Finding]:
    given = urls(asked.settings)
    hosts = {name: urlsplit(url).hostname or "" for name, url in given.items()}
    if len(set(hosts.values())) < 3:
        yield bad(
            "addresses.same",
            "Portal, phone app and desk need three different hosts: browsers keep cookies apart by host, not by port.",
            f"Set {', '.join(hosts)} to three names.",
        )
    for name, url in given.items():
        if asked.is_real and url.startswith("http:"):
            yield bad("addresses.example", f"{name} is still {url}, which nobody outside reaches.", f"Set {name}.")
        elif not is_loopback_name(hosts[name]) and not resolves(hosts[name]):
            yield warning(
                "addresses.unknown",
                f"The name {hosts[name]} is not known to this machine's DNS.",
                f"Add it to your zone, or mend {name}.",
            )


def resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
    except OSError:
        return False


def known() -> set[str]:
    own = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    return own | {f"{name}_FILE" for name in SECRETS} | OF_COMMANDS


def spelling(_asked: Round) -> Iterator[Finding]:
    """A setting that is not known changes nothing, and whoever mistyped it believes it does."""
    given = [name for name in os.environ if name.upper().startswith(PREFIX) and not name.startswith(OF_TESTS)]
    names = known()
    for name in sorted(given):
        if name.upper() not in names:
            yield _mistyped(name, names)
    if config := os.environ.get(f"{PREFIX}CONFIG"):
        fields = set(Settings.model_fields)
        for line in sorted(set(tomllib.loads(Path(config).read_text(encoding="utf-8"))) - fields):
            yield _mistyped(line, fields)


def _mistyped(name: str, right: set[str]) -> Finding:
    bare = {each.removeprefix(PREFIX).lower(): each for each in sorted(right)}  # all would be near by the prefix alone
    near = get_close_matches(name.lower().removeprefix(PREFIX.lower()), bare, 1)
    remedy = f"Did you mean {bare[near[0]]}?" if near else "Take it out: docs/operations/settings.md names them all."
    return bad("settings.unknown", f"There is no setting {name}; it changes nothing.", remedy)
