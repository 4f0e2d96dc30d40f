"""The shelf: every kind there is, in one literal tuple."""

from twolatch.kinds.card import ChallengeCard
from twolatch.kinds.codecard import CodeCard
from twolatch.kinds.kind import Kind, Site
from twolatch.kinds.passkey import Passkey
from twolatch.kinds.phone import Phone, PhoneKeys
from twolatch.kinds.printedcard import PrintedCard
from twolatch.kinds.recovery import Recovery
from twolatch.kinds.tempcode import TempCode
from twolatch.kinds.totp import Totp


def shelf(
    keys: PhoneKeys, site_name: str, portal: Site, *, is_strict: bool = False, has_legacy_cards: bool = False
) -> tuple[Kind, ...]:
    card = ChallengeCard(8 if is_strict else 6, has_legacy_cards)
    printed, online = PrintedCard(each_once=is_strict), CodeCard(each_once=is_strict)
    return (Phone(keys), Passkey(portal, site_name), card, Totp(site_name), printed, online, Recovery(), TempCode())


def take(kinds: tuple[Kind, ...], name: str) -> Kind:
    """The kind of that name. Raises LookupError: a row of an unknown kind is a fault, not a refusal."""
    kind = find(kinds, name)
    if kind is None:
        raise LookupError(f"no kind {name!r} on the shelf")
    return kind


def find(kinds: tuple[Kind, ...], name: str) -> Kind | None:
    for kind in kinds:
        if kind.name == name:
            return kind
    return None
