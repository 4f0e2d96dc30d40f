"""The table of clients."""

from twolatch.house.keys import Keys
from twolatch.people.model import Role, Staff, User
from twolatch.protocol.keys import same
from twolatch.storage.db import Database, Row, Tx

_FIELDS = """id, name, display, email, language, password, must_change, is_off, needs_desk, quiet_until, banner_hidden,
             created_at, last_login_at, set_up_by, keys_only, closed_at, read_until, person, phone, phone_at"""
OWN_FIELDS = ", ".join(f"users.{name.strip()}" for name in _FIELDS.split(","))  # where another table is read with it
_JOINED = {f"u_{name.strip()}": name.strip() for name in _FIELDS.split(",")}
JOINED_FIELDS = ", ".join(f"users.{name} AS {joined}" for joined, name in _JOINED.items())  # beside the same names


def user_of(row: Row) -> User:
    return User(
        id=row["id"],
        name=row["name"],
        display=row["display"],
        email=row["email"],
        language=row["language"],
        password=row["password"],
        must_change=bool(row["must_change"]),
        is_off=bool(row["is_off"]),
        needs_desk=bool(row["needs_desk"]),
        quiet_until=int(row["quiet_until"]),
        banner_hidden=bool(row["banner_hidden"]),
        created_at=int(row["created_at"]),
        last_login_at=int(row["last_login_at"]),
        set_up_by=int(row["set_up_by"]),
        keys_only=bool(row["keys_only"]),
        closed_at=int(row["closed_at"]),
        read_until=int(row["read_until"]),
        person=row["person"],
        phone=row["phone"],
        phone_at=int(row["phone_at"]),
    )


def joined_user(row: Row) -> User | None:
    """The client of a row that was read with `JOINED_FIELDS` by an outer join; None where there was none."""
    own = {name: row[joined] for joined, name in _JOINED.items()}
    return None if own["id"] is None else user_of(own)


async def by_name(db: Database | Tx, name: str) -> User | None:
    row = await db.row(f"SELECT {_FIELDS} FROM users WHERE name = :name", name=name)  # noqa: S608 our own words
    return None if row is None else user_of(row)


async def by_id(db: Database | Tx, user: str) -> User | None:
    row = await db.row(f"SELECT {_FIELDS} FROM users WHERE id = :id", id=user)  # noqa: S608
    return None if row is None else user_of(row)


async def by_email(db: Database | Tx, email: str, most: int) -> list[User]:
    """Who has this very address, in any letter case."""
    sql = f"SELECT {_FIELDS} FROM users WHERE LOWER(email) = :email ORDER BY name LIMIT :most"  # noqa: S608
    return [user_of(row) for row in await db.rows(sql, email=email.lower(), most=most)]


async def record_number(tx: Tx, user: str, number: str, now: int) -> bool:
    """False when it stands there already: its age counts."""
    return bool(
        await tx.run(
            "UPDATE users SET phone = :number, phone_at = :now WHERE id = :id AND phone <> :number",
            id=user,
            number=number,
            now=now,
        )
    )


async def everyone(db: Database, after: str, most: int) -> list[User]:
    """`most` clients whose names follow `after`, in order."""
    sql = f"SELECT {_FIELDS} FROM users WHERE name > :after ORDER BY name LIMIT :most"  # noqa: S608
    return [user_of(row) for row in await db.rows(sql, after=after, most=most)]


async def add(tx: Tx, user: User, now: int) -> bool:
    """False when the name is taken."""
    return bool(
        await tx.run(
            """INSERT INTO users (id, name, display, email, language, password, password_at, created_at)
               VALUES (:id, :name, :display, :email, :language, :password, :now, :now)
               ON CONFLICT (name) DO NOTHING""",
            id=user.id,
            name=user.name,
            display=user.display,
            email=user.email,
            language=user.language,
            password=user.password,
            now=now,
        )
    )


TAKE_TURN = f"UPDATE users SET turn = turn + 1 WHERE id = :id RETURNING {_FIELDS}"  # noqa: S608


async def take_turn(tx: Tx, user: str) -> User | None:
    """Locks the client's row for this transaction: what must not happen twice at a time waits here."""
    row = await tx.row(TAKE_TURN, id=user)
    return None if row is None else user_of(row)


async def with_pepper(db: Database, number: int) -> int:
    """How many passwords carry the pepper of this number."""
    row = await db.row("SELECT COUNT(*) AS many FROM users WHERE password LIKE :begins", begins=f"{number}$%")
    return int(row["many"]) if row else 0


async def set_password(tx: Tx, user: str, password: str, now: int, *, must_change: bool) -> None:
    await tx.run(
        "UPDATE users SET password = :password, password_at = :now, must_change = :must WHERE id = :id",
        id=user,
        password=password,
        now=now,
        must=int(must_change),
    )


async def replace_hash(tx: Tx, user: str, old: str, new: str) -> None:
    """The same password under today's parameters; nothing when it was changed meanwhile."""
    await tx.run("UPDATE users SET password = :new WHERE id = :id AND password = :old", id=user, old=old, new=new)


async def set_off(tx: Tx, user: str, *, is_off: bool) -> bool:
    return bool(await tx.run("UPDATE users SET is_off = :off WHERE id = :id", id=user, off=int(is_off)))


async def allow_activation(tx: Tx, user: str, now: int) -> None:
    """The desk has seen the client: a first phone may be bound again."""
    await tx.run("UPDATE users SET needs_desk = 0, last_login_at = :now WHERE id = :id", id=user, now=now)


async def logged_in(tx: Tx, user: str, now: int, *, needs_desk: bool) -> None:
    tx.later(
        """UPDATE users SET last_login_at = :now, needs_desk = CASE WHEN :needs = 1 THEN 1 ELSE needs_desk END
           WHERE id = :id""",
        id=user,
        now=now,
        needs=int(needs_desk),
    )


async def alarm(tx: Tx, user: str, quiet_until: int) -> None:
    """After "it was not me": the password is known to somebody, so it must change, and the phone stays quiet."""
    await tx.run(
        "UPDATE users SET must_change = 1, quiet_until = :until WHERE id = :id", id=user, until=quiet_until
    )


async def demand_set_up(tx: Tx, user: str, by: int) -> None:
    """Something was sent to this client: from `by` (ms) on a login ends at setting it up. 0: nothing is demanded."""
    await tx.run("UPDATE users SET set_up_by = :by WHERE id = :id", id=user, by=by)


async def set_keys_only(tx: Tx, user: str, *, is_on: bool) -> bool:
    """False when it was so before."""
    return bool(
        await tx.run(
            "UPDATE users SET keys_only = :on WHERE id = :id AND keys_only <> :on", id=user, on=int(is_on)
        )
    )


async def hide_banner(tx: Tx, user: str, *, hidden: bool) -> None:
    await tx.run("UPDATE users SET banner_hidden = :hidden WHERE id = :id", id=user, hidden=int(hidden))


async def set_language(tx: Tx, user: str, language: str) -> None:
    await tx.run("UPDATE users SET language = :language WHERE id = :id", id=user, language=language)


async def close(tx: Tx, user: str, now: int, read_until: int) -> None:
    """His last account is closed; he reads until then. Who had let passkeys alone open the door has none any more: his
    password counts again, but as one that takes a link by mail besides."""
    await tx.run(
        """UPDATE users SET closed_at = :now, read_until = :until, keys_only = 0,
               must_change = CASE WHEN keys_only = 1 THEN 1 ELSE must_change END
           WHERE id = :id""",
        id=user,
        now=now,
        until=read_until,
    )


async def same_person_as(db: Database | Tx, user: str) -> list[str]:
    """The other names of this client."""
    rows = await db.rows(
        """SELECT id FROM users WHERE person <> '' AND id <> :user
           AND person = (SELECT person FROM users WHERE id = :user)""",
        user=user,
    )
    return [row["id"] for row in rows]


async def state_person(tx: Tx, user: str, person: str) -> None:
    """Users with the same word are one person; "": nothing is said of this one any more."""
    await tx.run("UPDATE users SET person = :person WHERE id = :id", id=user, person=person)


# who works at the desk

_STAFF = "user_id, role, called, number, since, row_mac"


def _staff_mac(keys: Keys, one: Staff) -> bytes:
    return keys.mac("staff-row", one.user, one.role.value, one.called, str(one.number), str(one.since))


def _staff(keys: Keys, row: Row) -> Staff | None:
    """None for a row that we did not write: nobody becomes an agent by an UPDATE."""
    if row["role"] not in set(Role):
        return None
    one = Staff(row["user_id"], Role(row["role"]), row["called"], int(row["number"]), int(row["since"]))
    return one if same(_staff_mac(keys, one), bytes(row["row_mac"])) else None


async def staff_of(db: Database | Tx, keys: Keys, user: str) -> Staff | None:
    """What this client does at the desk; None for all who only are clients."""
    row = await db.row(f"SELECT {_STAFF} FROM staff WHERE user_id = :user", user=user)  # noqa: S608
    return None if row is None else _staff(keys, row)


async def all_staff(db: Database | Tx, keys: Keys) -> list[Staff]:
    rows = await db.rows(f"SELECT {_STAFF} FROM staff ORDER BY number")  # noqa: S608
    return [one for row in rows if (one := _staff(keys, row))]


async def next_number(tx: Tx) -> int:
    """The next agent's: two digits from the first one on."""
    row = await tx.row("SELECT MAX(number) AS most FROM staff")
    return int(row["most"] or 10) + 1 if row else 11


async def keep_staff(tx: Tx, keys: Keys, one: Staff) -> None:
    await tx.run(
        """INSERT INTO staff (user_id, role, called, number, since, row_mac)
           VALUES (:user, :role, :called, :number, :since, :mac)
           ON CONFLICT (user_id) DO UPDATE SET role = :role, called = :called, number = :number, since = :since,
               row_mac = :mac""",
        user=one.user,
        role=one.role.value,
        called=one.called,
        number=one.number,
        since=one.since,
        mac=_staff_mac(keys, one),
    )


async def drop_staff(tx: Tx, user: str) -> bool:
    return bool(await tx.run("DELETE FROM staff WHERE user_id = :user", user=user))
