"""Amounts: decimal text outside, whole numbers of the smallest unit inside. Rounding never favours who asks.

How many decimals a currency has: ISO 4217.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Context, Decimal

_WITHOUT = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
# ASCII digits alone: `\d` would take those of every script, and int() would read them.
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,3}))?")
_EXACT = Context(prec=60)


def decimals_of(currency: str) -> int:
    return 0 if currency in _WITHOUT else 3 if currency in _THREE else 2


def read(text: str, currency: str) -> int | None:
    """The smallest units of "1500" or "1500.00"; None for what is no amount of this currency, or is nothing."""
    found, decimals = _AMOUNT.fullmatch(text), decimals_of(currency)
    if found is None or len(found[2] or "") > decimals:
        return None
    return int(found[1] + (found[2] or "").ljust(decimals, "0")) or None


def written(units: int, currency: str) -> str:
    """"1500.00": with all decimals of the currency, and no sign but the point."""
    decimals = decimals_of(currency)
    if not decimals:
        return str(units)
    text = str(units).rjust(decimals + 1, "0")
    return f"{text[:-decimals]}.{text[-decimals:]}"


def units_of(whole: int, currency: str) -> int:
    """Of whole units, as the strength table tells them."""
    return int(whole * 10 ** decimals_of(currency))


def charged(units: int, currency: str, into: str, rates: Mapping[str, Decimal]) -> int | None:
    """What an amount counts in the currency of the limits, rounded up; None for a currency nobody gave a rate."""
    if currency == into:
        return units
    if (rate := rates.get(currency)) is None:
        return None
    shift = Decimal(10) ** (decimals_of(into) - decimals_of(currency))
    exact = _EXACT.multiply(_EXACT.multiply(Decimal(units), rate), shift)
    return max(1, int(exact.to_integral_value(rounding=ROUND_CEILING)))
