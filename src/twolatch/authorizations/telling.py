"""From a row of the ledger to what the application reads."""

from typing import Any

import msgspec

from twolatch.authorizations.model import Allowance, Decision, Proof, Reason, State, allowance_of
from twolatch.authorizations.money import written
from twolatch.authorizations.store import Entry
from twolatch.house import House
from twolatch.people.model import User
from twolatch.protocol.applications import Authorization, Enough, Left, Used
from twolatch.settings import Strength

_SAID = msgspec.json.Decoder(Authorization)
_USED = msgspec.json.Decoder(Used)

# How an end reads to whoever asks again.
_ENDED = {
    State.ALLOWED: "allow",
    State.REFUSED: "refuse",
    State.DECLINED: "refuse",
    State.RELEASED: "refuse",
    State.OVER: "refuse",
}


def used_of(proof: Proof, user: User) -> Used:
    return Used(proof.word, sorted(trait.value for trait in proof.traits), proof.amr(has_password=not user.keys_only))  # type: ignore[arg-type]


def left_of(left: Allowance, currency: str) -> Left:
    return Left(currency, _money(left.day, currency), _money(left.five_days, currency))


def _money(units: int | None, currency: str) -> str | None:
    return None if units is None else written(units, currency)


def enough_of(line: Strength, currency: str) -> Enough:
    allowed = allowance_of(line, currency)
    return Enough(line.rank, sorted(line.traits), _money(allowed.day, currency), _money(allowed.five_days, currency))


def confirm_address(house: House, one: str) -> str:
    return f"{house.settings.portal_url}/confirm/{one}"


def first(house: House, entry: Entry, decision: Decision, user: User | None) -> Authorization:
    """The answer to the question itself; asked the same again, it is this very one."""
    currency = house.settings.amount_currency
    waits = decision.state is State.OPEN
    knows = user is not None and decision.left is not None and decision.reason is not Reason.PROOF_GONE
    return Authorization(
        authorization=entry.id,
        answer=decision.answer.value,
        reason=decision.reason.value,
        session=entry.known,
        action=entry.action.value,
        amount=written(entry.amount, entry.currency),
        currency=entry.currency,
        payee=entry.payee,
        used=used_of(decision.proof, user) if user and knows else None,
        left=left_of(decision.left, currency) if decision.left else None,
        needed=[enough_of(line, currency) for line in decision.needed],
        confirm=confirm_address(house, entry.id) if waits else "",
        expires=entry.expires_at if waits else 0,
    )


def said(text: str) -> Authorization:
    return _SAID.decode(text)


def now_is(entry: Entry, left: Allowance | None, currency: str, now: int) -> Authorization:
    """How it stands now."""
    told, state = said(entry.answer), entry.state_at(now)
    if state is State.OPEN:
        return told
    changed: dict[str, Any] = {"answer": _ENDED[state], "confirm": "", "expires": 0}
    changed["reason"] = Reason.EXPIRED.value if state is State.OVER else entry.reason.value
    changed["used"] = _USED.decode(entry.strength) if entry.strength else told.used
    changed["left"] = left_of(left, currency) if left else None
    if state is State.ALLOWED:
        changed["needed"] = []
    return msgspec.structs.replace(told, **changed)
