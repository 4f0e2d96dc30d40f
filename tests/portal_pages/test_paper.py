"""The card on paper: one page, every cell where a person looks for it, and nobody's name."""

from functools import partial

import pypdfium2 as pdfium
import pytest

from twolatch.faces.portal.paper import Words, card_pdf, words_of
from twolatch.kinds.codecard import shown
from twolatch.texts.catalogue import LANGUAGES, Texts
from twolatch.words.shapes import KeepCard

NOW = 1_795_361_541_000
CARD, STRICT = shown(bytes(range(32)), 3), shown(bytes(range(32)), 6)
MM = 72 / 25.4
LETTER = (215.9 * MM, 279.4 * MM)
MARGIN = 6 * MM  # what printers leave white


def words(language: str, card: KeepCard = CARD, site: str = "Acme Bank & Söhne") -> Words:
    texts = Texts()
    until = texts.moment(language, NOW)
    return words_of(partial(texts.say, language), language, site, "portal.example.com", card, until)


def read(made: bytes) -> pdfium.PdfPage:
    document = pdfium.PdfDocument(made)
    assert len(document) == 1
    return document[0]


def text_of(page: pdfium.PdfPage) -> str:
    return " ".join(str(page.get_textpage().get_text_range()).split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("card", [CARD, STRICT], ids=["three signs", "six signs"])
def test_every_cell_stands_once_behind_its_number(language: str, card: KeepCard) -> None:
    page = read(card_pdf(card, words(language, card), NOW)).get_textpage()
    lines = str(page.get_text_range()).split()
    found = [(lines[at], lines[at + 1]) for at in range(len(lines) - 1) if lines[at + 1] in card.cells]
    wanted = [(str(place + 1), text) for place, text in enumerate(card.cells)]
    assert sorted(found, key=lambda pair: int(pair[0])) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_tells_site_number_and_end_in_the_clients_language(language: str) -> None:
    said = text_of(read(card_pdf(CARD, words(language), NOW)))
    texts = Texts()
    for key, values in (
        ("card.title", {}),
        ("card.number", {"number": CARD.number}),
        ("card.until", {"moment": texts.moment(language, NOW)}),
        ("card.care", {}),
        ("card.foot", {}),
    ):
        assert texts.say(language, key, **values) in said
    assert "Acme Bank & Söhne" in said
    assert "portal.example.com" in said


def test_it_fits_the_paper_of_europe_and_of_america() -> None:
    page = read(card_pdf(STRICT, words("nl", STRICT), NOW))
    width, height = page.get_size()
    assert (round(width / MM), round(height / MM)) == (210, 297)
    boxes = [thing.get_bounds() for thing in page.get_objects()]
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    bottom, top = min(box[1] for box in boxes), max(box[3] for box in boxes)
    assert left >= MARGIN
    assert right <= min(width, LETTER[0]) - MARGIN
    assert top <= height - MARGIN
    assert top - bottom <= LETTER[1] - 2 * MARGIN
    assert height - bottom <= LETTER[1] - MARGIN, "printed from the upper edge it stays on the shorter sheet"


def test_a_site_name_of_another_script_gives_way_to_the_portals_address() -> None:
    said = text_of(read(card_pdf(CARD, words("en", site="株式会社"), NOW)))
    assert "portal.example.com" in said
    assert "?" not in said.replace("valid? Shred", "").replace("Lost? Report", "")


def test_a_long_name_stays_on_its_side() -> None:
    page = read(card_pdf(CARD, words("en", site="W" * 200), NOW))
    assert max(box[2] for box in (thing.get_bounds() for thing in page.get_objects())) <= page.get_size()[0] - MARGIN
