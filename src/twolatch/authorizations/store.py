"""The ledger of authorisations: what was asked, what was answered, what counts."""

from dataclasses import dataclass
from typing import Any

from twolatch.authorizations.model import Action, Reason, Spent, State
from twolatch.storage.db import Database, Row, Tx


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `amount` in the smallest unit of `currency`, `charged` in that of the limits; times in ms.

    `strength` is JSON of what proved it; `answer` is what was answered first; `return_to` and `marker` lead back.
    """

    id: str
    application: str
    user: str
    session: str
    known: str
    action: Action
    amount: int
    currency: str
    charged: int
    payee: str
    state: State
    reason: Reason
    strength: str
    key: str
    request: bytes
    answer: str
    return_to: str
    marker: str
    challenge: str
    created_at: int
    decided_at: int
    expires_at: int

    def state_at(self, now: int) -> State:
        """Time ends what nobody proved."""
        return State.OVER if self.state is State.OPEN and self.expires_at <= now else self.state


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        application=row["application_id"],
        user=row["user_id"],
        session=row["session_id"],
        known=row["known_session_id"],
        action=Action(row["action"]),
        amount=int(row["amount"]),
        currency=row["currency"],
        charged=int(row["charged"]),
        payee=row["payee"],
        state=State(row["state"]),
        reason=Reason(row["reason"]),
        strength=row["strength"],
        key=row["request_key"],
        request=bytes(row["request"]),
        answer=row["answer"],
        return_to=row["return_to"],
        marker=row["marker"],
        challenge=row["challenge_id"],
        created_at=int(row["created_at"]),
        decided_at=int(row["decided_at"]),
        expires_at=int(row["expires_at"]),
    )


async def spent(db: Database | Tx, user: str, day: int, five_days: int) -> Spent:
    """What counts for this client since these moments, by all his sessions, factors and applications."""
    row: Any = await db.row(
        """SELECT COALESCE(SUM(CASE WHEN decided_at >= :day THEN charged ELSE 0 END), 0) AS of_day,
                  COALESCE(SUM(charged), 0) AS of_five
           FROM authorizations WHERE user_id = :user AND state = 'allowed' AND decided_at >= :five""",
        user=user,
        day=day,
        five=five_days,
    )
    return Spent(int(row["of_day"]), int(row["of_five"]))


async def add(tx: Tx, new: Entry) -> bool:
    """False when the application used this key before."""
    return bool(
        await tx.run(
            """INSERT INTO authorizations (id, application_id, user_id, session_id, known_session_id, action, amount,
                   currency, charged, payee, state, reason, strength, request_key, request, answer, return_to, marker,
                   created_at, decided_at, expires_at)
               VALUES (:id, :application, :user, :session, :known, :action, :amount,
                   :currency, :charged, :payee, :state, :reason, :strength, :key, :request, :answer, :return_to,
                   :marker, :now, :now, :expires)
               ON CONFLICT (application_id, request_key) DO NOTHING""",
            id=new.id,
            application=new.application,
            user=new.user,
            session=new.session,
            known=new.known,
            action=new.action.value,
            amount=new.amount,
            currency=new.currency,
            charged=new.charged,
            payee=new.payee,
            state=new.state.value,
            reason=new.reason.value,
            strength=new.strength,
            key=new.key,
            request=new.request,
            answer=new.answer,
            return_to=new.return_to,
            marker=new.marker,
            now=new.created_at,
            expires=new.expires_at,
        )
    )


async def by_key(db: Database | Tx, application: str, key: str) -> Entry | None:
    row = await db.row(
        "SELECT * FROM authorizations WHERE application_id = :application AND request_key = :key",
        application=application,
        key=key,
    )
    return None if row is None else _entry(row)


async def by_id(db: Database | Tx, one: str) -> Entry | None:
    row = await db.row("SELECT * FROM authorizations WHERE id = :id", id=one)
    return None if row is None else _entry(row)


async def ask(tx: Tx, one: str, challenge: str, now: int) -> bool:
    """The question by which the client proves this one; a newer takes the place of an older."""
    return bool(
        await tx.run(
            """UPDATE authorizations SET challenge_id = :challenge
               WHERE id = :id AND state = 'open' AND expires_at > :now""",
            id=one,
            challenge=challenge,
            now=now,
        )
    )


async def settle(
    tx: Tx, one: str, to: State, reason: Reason, now: int, *, strength: str = "", challenge: str = ""
) -> bool:
    """From open to its end, once (rule C1); by a proof only while it still waits for that very question."""
    return bool(
        await tx.run(
            """UPDATE authorizations SET state = :to, reason = :reason, decided_at = :now,
                   strength = CASE WHEN :strength = '' THEN strength ELSE :strength END
               WHERE id = :id AND state = 'open' AND expires_at > :now
                 AND (:challenge = '' OR challenge_id = :challenge)""",
            id=one,
            to=to.value,
            reason=reason.value,
            strength=strength,
            challenge=challenge,
            now=now,
        )
    )


async def release(tx: Tx, one: str, application: str, now: int) -> Entry | None:
    """Given back, once: it counts no more. `decided_at` stays the moment it was decided."""
    row = await tx.row(
        """UPDATE authorizations SET state = 'released', reason = 'released'
           WHERE id = :id AND application_id = :application
             AND (state = 'allowed' OR (state = 'open' AND expires_at > :now))
           RETURNING *""",
        id=one,
        application=application,
        now=now,
    )
    return None if row is None else _entry(row)
