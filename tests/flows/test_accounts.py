"""Accounts and their papers: who sees them, what is taken in, and what is written down."""

import pypdfium2
import pytest

from tests.flows.houses import Seat, Time, add_user
from twolatch.accounts import flows, store
from twolatch.accounts.flows import Fault, Paper
from twolatch.accounts.importing import MIB, Outcome, take_in
from twolatch.accounts.model import Account, Kind, read_file_name
from twolatch.accounts.samples import Words, sample_pdf
from twolatch.house import House
from twolatch.house.keys import WrongKey
from twolatch.words.limits import DOCUMENTS
from twolatch.words.refusals import Code, Refusal

NAME = "A1001_statement_2026-10.pdf"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


async def opened(house: House, number: str = "A1001", holders: tuple[str, ...] = ("anna",)) -> Account:
    done = await flows.add(house, number, "Savings", holders, (), house.clock.now())
    assert isinstance(done, Account)
    return done


def made(title: str = "Activity statement") -> bytes:
    words = Words("en", "Twolatch", title, "SAMPLE", (("Account", "A1001"),), "Made for a rehearsal.")
    return sample_pdf(words, 1_790_000_000_000)


def test_a_sample_reads_as_one_and_is_made_the_same_again() -> None:
    read = pypdfium2.PdfDocument(made())
    assert len(read) == 1
    text = read[0].get_textpage().get_text_range()
    assert text.count("SAMPLE") == 3
    assert "A1001" in text
    assert made() == made()
    assert made("Обзор").startswith(b"%PDF-"), "another script is no fault"


@pytest.mark.parametrize(
    ("name", "kind", "period"),
    [
        ("A1001_statement_2026-10.pdf", Kind.STATEMENT, "2026-10"),
        ("A-1001_tax-form_2025.pdf", Kind.TAX_FORM, "2025"),
        ("A1001_statement_2025-Q4.pdf", Kind.STATEMENT, "2025-Q4"),
    ],
)
def test_a_name_says_what_the_paper_is(name: str, kind: Kind, period: str) -> None:
    about = read_file_name(name)
    assert about
    assert (about.kind, about.period) == (kind, period)


@pytest.mark.parametrize(
    "name",
    ["", "A1001_statement_2026-13.pdf", "A1001_statement_2026-Q5.pdf", "a1001_statement_2026.pdf",
     "A1001_letter_2026.pdf", "A1001_statement_2026.pdf\n", "../A1001_statement_2026.pdf",
     "A1001_statement_2026.pdf.exe", "A1_statement_2026.pdf"],
)
def test_any_other_name_is_none(name: str) -> None:
    assert read_file_name(name) is None


async def test_an_account_has_holders_and_others_and_a_number_of_its_own(house: House) -> None:
    anna, bram = await add_user(house, "anna"), await add_user(house, "bram")
    now = house.clock.now()
    assert isinstance(await flows.add(house, "J3001", "Joint", ["anna"], ["bram"], now), Account)
    await opened(house)
    assert [(one.number, one.is_holder) for one in await flows.mine(house, anna)] == [("A1001", True), ("J3001", True)]
    assert [(one.number, one.is_holder) for one in await flows.mine(house, bram)] == [("J3001", False)]
    assert await flows.add(house, "A1001", "", ["bram"], [], now) is Fault.TAKEN
    assert await flows.add(house, "A1002", "", ["carla"], [], now) is Fault.NOBODY
    assert await flows.add(house, "A1002", "", [], ["anna"], now) is Fault.NOBODY
    assert await flows.add(house, "A1002", "", ["anna"], ["Anna"], now) is Fault.TWICE
    assert await flows.add(house, "a 2", "", ["anna"], [], now) is Fault.NUMBER
    assert len(await store.everything(house.db, "", 10)) == 2


async def test_what_is_no_harmless_paper_of_a_known_account_is_not_taken_in(house: House) -> None:
    await add_user(house, "anna")
    now = house.clock.now()
    assert await take_in(house, NAME, PDF, now) is Outcome.ACCOUNT
    await opened(house)
    bad = {
        Outcome.NAME: ("statement.pdf", PDF),
        Outcome.NOT_PDF: (NAME, b"<html>%PDF-1.4 %%EOF"),
        Outcome.LARGE: (NAME, PDF + b" " * house.settings.document_mib * MIB),
        Outcome.ACTS: (NAME, PDF.replace(b"<<>>", b"<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>", 1)),
    }
    for outcome, (name, content) in bad.items():
        assert await take_in(house, name, content, now) is outcome
    assert await take_in(house, NAME, PDF[:-6], now) is Outcome.NOT_PDF, "cut off"
    assert await take_in(house, NAME, b"", now) is Outcome.NOT_PDF
    rows = await house.db.rows("SELECT id FROM documents")
    assert rows == []


async def test_the_same_paper_is_kept_once_and_a_corrected_one_beside_it(house: House) -> None:
    anna = await add_user(house, "anna")
    await opened(house)
    now = house.clock.now()
    assert await take_in(house, NAME, made(), now) is Outcome.TAKEN
    assert await take_in(house, NAME, made(), now) is Outcome.SAME
    assert await take_in(house, NAME, made("Corrected statement"), now) is Outcome.TAKEN
    assert len(await flows.papers(house, anna, now)) == 2


async def test_who_sees_the_account_reads_its_papers_and_nobody_else(house: House) -> None:
    for name in ("anna", "bram"):
        await add_user(house, name)
    await opened(house)
    await take_in(house, NAME, made(), house.clock.now())
    anna, bram = await Seat(house).log_in("anna"), await Seat(house).log_in("bram")
    [paper] = await flows.papers(house, anna.user, house.clock.now())
    read = await flows.read(house, anna, paper.id, house.clock.now())
    assert isinstance(read, Paper)
    assert read.content == made()
    assert read.document.file_name == NAME
    assert await flows.read(house, bram, paper.id, house.clock.now()) == Refusal(Code.NOT_FOUND)
    rows = await house.db.rows("SELECT user_id FROM audit WHERE event = 'accounts:document:opened'")
    assert [row["user_id"] for row in rows] == [anna.user.id]


async def test_a_day_has_so_many_papers_and_no_more(house: House, time: Time) -> None:
    await add_user(house, "anna")
    await opened(house)
    await take_in(house, NAME, PDF, house.clock.now())
    who = await Seat(house).log_in("anna")
    [paper] = await flows.papers(house, who.user, house.clock.now())
    for _ in range(DOCUMENTS.allowance):
        assert isinstance(await flows.read(house, who, paper.id, house.clock.now()), Paper)
    late = await flows.read(house, who, paper.id, house.clock.now())
    assert isinstance(late, Refusal)
    assert late.code is Code.DOCUMENTS
    time.pass_(24 * 3600)
    assert isinstance(await flows.read(house, who, paper.id, house.clock.now()), Paper)


async def test_at_rest_a_paper_shows_nothing_and_opens_for_its_own_account_alone(house: House) -> None:
    for name in ("anna", "bram"):
        await add_user(house, name)
    await opened(house)
    other = await opened(house, "B2001", ("bram",))
    await take_in(house, NAME, made(), house.clock.now())
    row = await house.db.row("SELECT sealed FROM documents")
    assert row
    assert b"PDF" not in bytes(row["sealed"])
    await house.db.write(lambda tx: tx.run("UPDATE documents SET account_id = :other", other=other.id))
    bram = await Seat(house).log_in("bram")
    [paper] = await flows.papers(house, bram.user, house.clock.now())
    with pytest.raises(WrongKey):
        await flows.read(house, bram, paper.id, house.clock.now())
