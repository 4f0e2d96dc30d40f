"""Accounts, who sees them, and their sealed papers."""

from twolatch.accounts.model import Account, Document, Kind, State
from twolatch.sessions import store as sessions
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """accounts.id, accounts.number, accounts.label, accounts.state, accounts.created_at, accounts.asked_at,
             accounts.cancel_until, accounts.closed_at, accounts.read_until, accounts.goes_into, accounts.equity"""
_SHOWN = """documents.id, documents.account_id, accounts.number, documents.kind, documents.period, documents.size,
            documents.created_at"""


def account_of(row: Row) -> Account:
    return Account(
        row["id"],
        row["number"],
        row["label"],
        State(row["state"]),
        int(row["created_at"]),
        bool(row["is_holder"]) if "is_holder" in dict(row) else False,
        int(row["asked_at"]),
        int(row["cancel_until"]),
        int(row["closed_at"]),
        int(row["read_until"]),
        row["goes_into"],
        int(row["equity"]),
    )


def _document(row: Row) -> Document:
    return Document(
        row["id"],
        row["account_id"],
        row["number"],
        Kind(row["kind"]),
        row["period"],
        int(row["size"]),
        int(row["created_at"]),
    )


async def add(tx: Tx, new: Account) -> bool:
    """False when the number is taken."""
    return bool(
        await tx.run(
            """INSERT INTO accounts (id, number, label, state, created_at) VALUES (:id, :number, :label, 'open', :at)
               ON CONFLICT (number) DO NOTHING""",
            id=new.id,
            number=new.number,
            label=new.label,
            at=new.created_at,
        )
    )


async def admit(tx: Tx, account: str, user: str, *, is_holder: bool) -> None:
    await tx.run(
        "INSERT INTO account_users (account_id, user_id, is_holder) VALUES (:account, :user, :holder)",
        account=account,
        user=user,
        holder=int(is_holder),
    )


async def value(tx: Tx, number: str, equity: int, now: int) -> Account | None:
    row = await tx.row(
        f"""UPDATE accounts SET equity = :equity, equity_at = :now WHERE number = :number RETURNING {_FIELDS}""",  # noqa: S608
        number=number,
        equity=equity,
        now=now,
    )
    return None if row is None else account_of(row)


async def by_number(db: Database | Tx, number: str) -> Account | None:
    row = await db.row(f"SELECT {_FIELDS} FROM accounts WHERE number = :number", number=number)  # noqa: S608 our own words
    return None if row is None else account_of(row)


async def by_id(db: Database | Tx, account: str) -> Account | None:
    row = await db.row(f"SELECT {_FIELDS} FROM accounts WHERE id = :id", id=account)  # noqa: S608
    return None if row is None else account_of(row)


async def due(db: Database, now: int) -> list[str]:
    """Accounts whose closing may go on."""
    rows = await db.rows(
        "SELECT id FROM accounts WHERE state IN ('asked', 'waiting') AND cancel_until <= :now ORDER BY id", now=now
    )
    return [row["id"] for row in rows]


async def ask_closing(tx: Tx, account: str, into: str, now: int, until: int) -> bool:
    """`open` becomes `asked`, once (rule C1). False also while another account is on its way into this one, or when the
    one it would go into is not open, or is itself."""
    row = await tx.row(
        """UPDATE accounts SET state = 'asked', asked_at = :now, cancel_until = :until, goes_into = :into
           WHERE id = :id AND state = 'open' AND :into <> id
             AND NOT EXISTS (SELECT 1 FROM accounts AS coming
                             WHERE coming.goes_into = :id AND coming.state IN ('asked', 'waiting'))
             AND (:into = '' OR EXISTS (SELECT 1 FROM accounts AS target
                                        WHERE target.id = :into AND target.state = 'open'))
           RETURNING id""",
        id=account,
        into=into,
        now=now,
        until=until,
    )
    return row is not None


async def cancel_closing(tx: Tx, account: str, now: int) -> bool:
    """`asked` becomes `open` again, within its day."""
    row = await tx.row(
        """UPDATE accounts SET state = 'open', asked_at = 0, cancel_until = 0, goes_into = ''
           WHERE id = :id AND state = 'asked' AND cancel_until > :now RETURNING id""",
        id=account,
        now=now,
    )
    return row is not None


async def let_wait(tx: Tx, account: str, now: int) -> bool:
    """`asked` becomes `waiting`: the day is over, and cards have to come back."""
    row = await tx.row(
        """UPDATE accounts SET state = 'waiting'
           WHERE id = :id AND state = 'asked' AND cancel_until <= :now RETURNING id""",
        id=account,
        now=now,
    )
    return row is not None


async def close(tx: Tx, account: str, now: int, read_until: int) -> bool:
    """Once, and never before the day is over."""
    row = await tx.row(
        """UPDATE accounts SET state = 'closed', closed_at = :now, read_until = :read_until
           WHERE id = :id AND state IN ('asked', 'waiting') AND cancel_until <= :now RETURNING id""",
        id=account,
        now=now,
        read_until=read_until,
    )
    return row is not None


async def of_user(db: Database | Tx, user: str) -> list[Account]:
    """What this client may see, in the order of the numbers."""
    rows = await db.rows(
        f"""SELECT {_FIELDS}, account_users.is_holder FROM account_users
            JOIN accounts ON accounts.id = account_users.account_id
            WHERE account_users.user_id = :user ORDER BY accounts.number""",  # noqa: S608
        user=user,
    )
    return [account_of(row) for row in rows]


async def counted(db: Database, user: str, session: str, now: int, idle: int) -> tuple[int, int]:
    """How many accounts this client may see, and how many sessions he has beside this one."""
    row = await db.row(
        f"""SELECT (SELECT COUNT(*) FROM account_users WHERE user_id = :user) AS accounts,
                   ({sessions.OTHERS}) AS others""",  # noqa: S608
        user=user,
        session=session,
        now=now,
        idle_since=now - idle,
    )
    return (int(row["accounts"]), int(row["others"])) if row else (0, 0)


async def users_of(db: Database | Tx, account: str) -> list[tuple[str, bool]]:
    """(user, whether he holds it), in an order that is the same for everybody who locks several of them."""
    rows = await db.rows(
        "SELECT user_id, is_holder FROM account_users WHERE account_id = :account ORDER BY user_id", account=account
    )
    return [(row["user_id"], bool(row["is_holder"])) for row in rows]


async def everything(db: Database, after: str, most: int) -> list[Account]:
    """`most` accounts whose numbers follow `after`, in order."""
    rows = await db.rows(
        f"SELECT {_FIELDS} FROM accounts WHERE number > :after ORDER BY number LIMIT :most",  # noqa: S608
        after=after,
        most=most,
    )
    return [account_of(row) for row in rows]


async def keep(tx: Tx, new: Document, mark: bytes, sealed: bytes) -> bool:
    """False when the same content is there already, for the same account, kind and period."""
    return bool(
        await tx.run(
            """INSERT INTO documents (id, account_id, kind, period, size, mark, sealed, created_at)
               VALUES (:id, :account, :kind, :period, :size, :mark, :sealed, :at)
               ON CONFLICT (account_id, kind, period, mark) DO NOTHING""",
            id=new.id,
            account=new.account,
            kind=new.kind.value,
            period=new.period,
            size=new.size,
            mark=mark,
            sealed=sealed,
            at=new.created_at,
        )
    )


async def documents_of(db: Database, user: str, now: int) -> list[Document]:
    """The papers of all accounts this client may see, the newest period first; of a closed one until its end date."""
    rows = await db.rows(
        f"""SELECT {_SHOWN} FROM account_users
            JOIN accounts ON accounts.id = account_users.account_id
            JOIN documents ON documents.account_id = accounts.id
            WHERE account_users.user_id = :user AND (accounts.read_until = 0 OR accounts.read_until > :now)
            ORDER BY accounts.number, documents.period DESC, documents.created_at DESC, documents.id""",  # noqa: S608
        user=user,
        now=now,
    )
    return [_document(row) for row in rows]


async def document(db: Database, one: str, user: str, now: int) -> tuple[Document, bytes] | None:
    """One paper and its sealed content. Somebody else's, or one past its end date, reads as a missing one."""
    row = await db.row(
        f"""SELECT {_SHOWN}, documents.sealed FROM documents
            JOIN accounts ON accounts.id = documents.account_id
            JOIN account_users ON account_users.account_id = accounts.id
            WHERE documents.id = :one AND account_users.user_id = :user
              AND (accounts.read_until = 0 OR accounts.read_until > :now)""",  # noqa: S608
        one=one,
        user=user,
        now=now,
    )
    return None if row is None else (_document(row), bytes(row["sealed"]))


async def remove_past(tx: Tx, now: int, most: int) -> list[tuple[str, str]]:
    """(paper, account) of at most `most` papers that were past their end date, and are gone now."""
    rows = await tx.rows(
        """DELETE FROM documents WHERE id IN (
               SELECT documents.id FROM accounts JOIN documents ON documents.account_id = accounts.id
               WHERE accounts.read_until > 0 AND accounts.read_until <= :now ORDER BY documents.id LIMIT :most)
           RETURNING id, account_id""",
        now=now,
        most=most,
    )
    return [(row["id"], row["account_id"]) for row in rows]
