"""Notices: mails to a client, written with the decision they tell of and posted after it."""

from twolatch.notices.store import (
    NOBODY,
    UNFINISHED,
    Recipient,
    withdraw,
    withdraw_all,
    write,
    write_for_later,
)

__all__ = [
    "NOBODY",
    "UNFINISHED",
    "Recipient",
    "withdraw",
    "withdraw_all",
    "write",
    "write_for_later",
]
