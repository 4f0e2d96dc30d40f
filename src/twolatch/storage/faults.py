"""What may go wrong with a database: faults of ours and of machines. A person's wrong answer is a value.

No text of these faults carries a parameter's value, because values are codes, tokens and addresses and the
texts end in logs.
"""


OPERATOR = 10  # seconds until somebody asks again for what an operator has to mend


class StorageFault(Exception):
    """The database refused or failed; whatever was being written is rolled back unless said otherwise."""


class StorageBusy(StorageFault):
    """Too much is waiting, the database does not answer now, or its disk is full or broken. Answer 503 with
    `retry_after` (seconds).

    Raised when a connection breaks during COMMIT too: then the work may have been committed. That is safe
    for a one-time thing (it shows as used), so asking again never uses it twice.
    """

    def __init__(self, text: str, retry_after: int = 1) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class CollidedWrites(StorageBusy):
    """Two transactions stood in each other's way more often than we try again."""


class OtherHistory(StorageBusy):
    """The database was promoted or put back since we opened it: nobody uses it before the fence was looked after."""


class ConstraintBroken(StorageFault):
    """A UNIQUE, NOT NULL, CHECK or FOREIGN KEY rule of the schema was broken."""


class UnsafeDatabase(StorageFault):
    """This database may forget what it acknowledged. The text says what is wrong and how to mend it."""

    retry_after = OPERATOR  # met while we run: somebody changed the server's settings


class NewerDatabase(StorageFault):
    """The database has migration steps this program does not know."""


class ChangedStep(StorageFault):
    """A migration step is not the one that was applied, or the steps themselves are not in order."""


class WrongStatement(StorageFault):
    """The SQL text cannot be read, or the values do not fit its `:names`."""


class ForeignAwait(StorageFault):
    """A write awaited something else than its transaction, which would keep the database locked meanwhile."""
