"""Messages between Twolatch and the applications beside its portal (`/api/v1`). Unknown fields are refused.

Amounts are decimal text ("1500.00"): a number would be read differently by different programs.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from twolatch.protocol.shapes import Id, Millis, Short

# Text that is shown to a client: one line, nothing that turns letters round or hides them, no white space at its ends.
_LINE = (
    r"^([^\s\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    r"([^\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*"
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb])?)?$(?!\n)"
)
Line = Annotated[str, Meta(pattern=_LINE, max_length=140)]
Address = Annotated[str, Meta(max_length=300)]
Marker = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~-]*$(?!\n)", max_length=200)]
Ticket = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]*$(?!\n)", min_length=43, max_length=43)]
Money = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$(?!\n)", min_length=1, max_length=16)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", min_length=3, max_length=3)]
ActionWord = Literal["withdrawal", "transfer", "payment"]
RankWord = Literal["none", "spare", "good", "strong", "best"]


class HandOverWish(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST hand-overs`: who sits at the browser that we are about to send to the portal? `return_to` is one of the
    registered addresses; `state` is 16 signs or more that nobody can guess, kept in that browser's own session."""

    return_to: Address
    state: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~-]*$(?!\n)", min_length=16, max_length=200)]


class HandOver(Struct, frozen=True, forbid_unknown_fields=True):
    """Send the browser to `address` before `expires` (ms)."""

    hand_over: Id
    address: Address
    expires: Millis


class TicketExchange(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST sessions`: the ticket that the browser brought; once, within a minute."""

    ticket: Ticket

    def __repr__(self) -> str:
        return "TicketExchange(…)"


class Used(Struct, frozen=True, forbid_unknown_fields=True):
    """What proved it: its rank ("none": the password alone), its traits, and words of RFC 8176."""

    rank: RankWord
    traits: list[Short]
    amr: list[Short]


class KnownSession(Struct, frozen=True, forbid_unknown_fields=True):
    """A client's session by the name that this application knows it by. `subject` is the client, always the same for
    this application and of no use to another; `user` and `display` are empty without the scope `names`. `used` is what
    proved the session last, none when that was stopped since. Times in ms."""

    session: Id
    subject: Short
    user: Short
    display: Short
    used: Used | None
    begun: Millis
    ends: Millis


class Forgotten(Struct, frozen=True, forbid_unknown_fields=True):
    """Nobody knows that name any more."""


class DocumentKept(Struct, frozen=True, forbid_unknown_fields=True):
    """The paper is here. `is_new` false: it was here already, with the same content."""

    is_new: bool


class AuthorizationWish(Struct, frozen=True, forbid_unknown_fields=True):
    """`POST authorizations`: may this session do that? `payee` and `amount` are shown to the client when he has to
    confirm; `return_to` (a registered address) is where he is led afterwards, with `state`; empty: nowhere."""

    session: Id
    action: ActionWord
    amount: Money
    currency: Currency
    payee: Line = ""
    return_to: Address = ""
    state: Marker = ""


class Left(Struct, frozen=True, forbid_unknown_fields=True):
    """What this proof is still good for; null: without limit. In the currency of the limits."""

    currency: Currency
    day: Money | None
    five_days: Money | None


class Enough(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the strength table: at least this rank, with all these traits; null: without limit."""

    rank: RankWord
    traits: list[Short]
    day: Money | None
    five_days: Money | None


class Authorization(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer. `allow` counts until it is released; `step_up` asks to send the client to `confirm` before `expires`
    (ms) and to ask again afterwards; `needed` tells what would be enough where this proof was not."""

    authorization: Id
    answer: Literal["allow", "step_up", "refuse"]
    reason: Literal[
        "within_limits", "confirmed", "confirm", "day_limit", "five_day_limit", "proof_gone", "session_ended",
        "session_bridging", "password_due", "declined", "expired", "released",
    ]  # fmt: skip
    session: Id
    action: ActionWord
    amount: Money
    currency: Currency
    payee: Line
    used: Used | None
    left: Left | None
    needed: list[Enough]
    confirm: Address
    expires: Millis
