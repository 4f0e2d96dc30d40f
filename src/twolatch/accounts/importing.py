"""Papers come in: a PDF with its account, its kind and its period in the file's name. The content is sealed and kept in
the database (docs/decisions/0012): one backup holds all, and a stolen disk shows nobody's tax forms."""

from enum import Enum
from hashlib import sha256

from twolatch import audit
from twolatch.accounts import store
from twolatch.accounts.model import Document, acts, is_pdf, read_file_name
from twolatch.house import House
from twolatch.storage.db import Tx
from twolatch.words.events import Event

MIB = 1024 * 1024


class Outcome(Enum):
    """What became of one file."""

    TAKEN = "taken in"
    SAME = "here already"
    NAME = "the name is not ACCOUNT_statement_PERIOD.pdf or ACCOUNT_tax-form_PERIOD.pdf (2025, 2025-Q3, 2025-11)"
    ACCOUNT = "no account has this number"
    OVER = "the papers of this account are past their end date, and are kept no longer"
    NOT_PDF = "this is no PDF"
    LARGE = "larger than TWOLATCH_DOCUMENT_MIB"
    ACTS = "it holds a script, an attachment or a form that sends"

    @property
    def is_refused(self) -> bool:
        return self not in {Outcome.TAKEN, Outcome.SAME}


def most_bytes(house: House) -> int:
    return house.settings.document_mib * MIB


async def take_in(house: House, name: str, content: bytes, now: int) -> Outcome:
    """One file. The same content twice is kept once; a corrected paper stands beside the older one."""
    about = read_file_name(name)
    if about is None:
        return Outcome.NAME
    if len(content) > most_bytes(house):
        return Outcome.LARGE
    if not is_pdf(content):
        return Outcome.NOT_PDF
    if acts(content):
        return Outcome.ACTS
    account = await store.by_number(house.db, about.number)
    if account is None:
        return Outcome.ACCOUNT
    if 0 < account.read_until <= now:
        return Outcome.OVER
    new = Document(house.chance.id(), account.id, account.number, about.kind, about.period, len(content), now)
    mark = house.keys.mac("document", sha256(content).digest())
    sealed = house.keys.seal("documents.sealed", new.id, account.id, content)

    async def work(tx: Tx) -> Outcome:
        if not await store.keep(tx, new, mark, sealed):
            return Outcome.SAME
        await audit.write(tx, now, Event.DOCUMENT_TAKEN, None, new.id, account=account.id, kind=new.kind.value)
        return Outcome.TAKEN

    return await house.db.write(work)
