"""Limits: one ledger of charges, in the shared database."""

from twolatch.limits.store import (
    Blocked,
    Paid,
    blocked_until,
    clear,
    first_blocked,
    give_back,
    grant,
    left,
    pay,
    pay_each,
    sweep,
    take_back,
)

__all__ = [
    "Blocked", "Paid", "blocked_until", "clear", "first_blocked", "give_back", "grant", "left", "pay", "pay_each",
    "sweep", "take_back",
]  # fmt: skip
