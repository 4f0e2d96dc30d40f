"""The form that goes along with a returned card: what is on it, that a scanner reads it, and that it fits the paper."""

from dataclasses import replace
from functools import partial

import pypdfium2 as pdfium
import pytest
import zxingcpp

from twolatch.faces.portal.contact_pages import about
from twolatch.faces.portal.return_form import ReturnForm, Words, form_pdf, words_of
from twolatch.regions import Post, Region, shipped
from twolatch.texts.catalogue import LANGUAGES, Texts

NOW = 1_795_361_541_000
MM = 72 / 25.4
MARGIN = 6 * MM  # what printers leave white
REFERENCE, SERIAL = "R-7K3Q-X9D2", "4711-0815-2266"
SITE = "Acme Bank & Söhne"
REGIONS = {one.id: one for one in shipped(SITE).every}
TEXTS = Texts()
SHEETS = {"A4": (210, 297), "Letter": (216, 279)}

every_region = pytest.mark.parametrize("name", REGIONS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def words(language: str, region: Region, site: str = SITE) -> Words:
    say, tell = partial(TEXTS.say, language), partial(about, TEXTS, language)
    return words_of(say, tell, language, site, "portal.example.com", region)


def made(language: str, region: Region, reference: str = REFERENCE, site: str = SITE) -> pdfium.PdfPage:
    form = ReturnForm(reference, SERIAL, TEXTS.say(language, "return_form.reason"), region)
    document = pdfium.PdfDocument(form_pdf(form, words(language, region, site), NOW))
    assert len(document) == 1
    return document[0]


def text_of(page: pdfium.PdfPage) -> str:
    return " ".join(str(page.get_textpage().get_text_range()).split())


def scanned(page: pdfium.PdfPage, dots_per_inch: int) -> list[str]:
    picture = page.render(scale=dots_per_inch / 72).to_pil()
    found = zxingcpp.read_barcodes(picture)
    assert all(one.format == zxingcpp.BarcodeFormat.Code128 for one in found)
    return [one.text for one in found]


@every_region
@every_language
def test_it_tells_the_number_the_card_the_address_and_the_telephones(language: str, name: str) -> None:
    region = REGIONS[name]
    said = text_of(made(language, region))
    for line in (REFERENCE, SERIAL, SITE, *region.post.lines, *(phone.number for phone in region.phones)):
        assert line in said
    for key in ("title", "todo", "step.cut", "step.pack", "step.send", "step.track", "care.liable", "enclosed"):
        assert TEXTS.say(language, f"return_form.{key}") in said
    assert (TEXTS.say(language, "return_form.care.box") in said) is region.post.is_box


@every_region
@pytest.mark.parametrize("dots", [100, 200], ids=["a poor copy", "an office printer"])
def test_a_scanner_reads_the_number_from_paper(name: str, dots: int) -> None:
    assert scanned(made("nl", REGIONS[name]), dots) == [REFERENCE]


@pytest.mark.parametrize("reference", ["7", "01k9x2q7d3m8v5n4t6b1c0e9fr", "R" * 32])
def test_short_and_long_numbers_are_read_as_well(reference: str) -> None:
    assert scanned(made("en", REGIONS["europe"], reference), 200) == [reference]


@pytest.mark.parametrize("reference", ["", "R" * 33, "Ré", "R\n1"])
def test_what_no_scanner_would_read_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        ReturnForm(reference, SERIAL, "", REGIONS["europe"])


def test_the_japanese_address_stands_there_in_japanese_as_well() -> None:
    said = text_of(made("nl", REGIONS["japan"]))
    for line in REGIONS["japan"].posts[1].lines:
        assert line in said


def test_japanese_letters_are_drawn_and_not_replaced_by_boxes() -> None:
    """Without its second address the sheet has less ink just there, and not a little less."""
    japan = REGIONS["japan"]
    latin = japan.post.lines
    both, one = (made("en", replace(japan, posts=posts)) for posts in (japan.posts, japan.posts[:1]))
    boxes = made("en", replace(japan, posts=(japan.post, Post("ja", tuple("□" * len(line) for line in latin)))))
    assert len({bytes(page.render(scale=2).to_pil().tobytes()) for page in (both, one, boxes)}) == 3


def test_an_address_in_letters_that_no_font_here_knows_is_left_out_and_the_first_one_never() -> None:
    thai = Post("th", ("ธนาคาร", "กรุงเทพ"))
    region = replace(REGIONS["asia"], posts=(REGIONS["asia"].post, thai))
    said = text_of(made("en", region))
    assert region.post.lines[2] in said
    assert "ธ" not in said


def test_a_site_of_another_script_is_written_as_it_is() -> None:
    assert "株式会社" in text_of(made("en", REGIONS["europe"], site="株式会社"))


@every_region
def test_an_example_says_on_paper_that_nothing_is_to_be_sent_there(name: str) -> None:
    region = REGIONS[name]
    assert TEXTS.say("nl", "regions.sample") in text_of(made("nl", region))
    assert TEXTS.say("nl", "regions.sample") not in text_of(made("nl", replace(region, is_sample=False)))


@every_region
@every_language
def test_it_fits_its_paper_inside_the_margins_of_a_printer(language: str, name: str) -> None:
    region = REGIONS[name]
    page = made(language, region)
    width, height = page.get_size()
    assert (round(width / MM), round(height / MM)) == SHEETS[region.paper.value]
    boxes = [thing.get_bounds() for thing in page.get_objects()]
    assert min(box[0] for box in boxes) >= MARGIN
    assert max(box[2] for box in boxes) <= width - MARGIN
    assert min(box[1] for box in boxes) >= MARGIN
    assert max(box[3] for box in boxes) <= height - MARGIN


@every_language
def test_a_long_address_and_many_telephones_never_lie_over_each_other(language: str) -> None:
    lines = tuple(f"{at} " + "W" * 60 for at in range(9))
    phones = REGIONS["us-canada"].phones * 3
    region = replace(REGIONS["australia"], posts=(Post("en", lines, is_box=True),), phones=phones)
    page = made(language, region)
    texts = [thing.get_bounds() for thing in page.get_objects() if thing.type == pdfium.raw.FPDF_PAGEOBJ_TEXT]
    for at, one in enumerate(texts):
        for other in texts[at + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
            assert apart, (one, other)


def test_the_same_words_at_the_same_time_give_the_same_bytes() -> None:
    form = ReturnForm(REFERENCE, SERIAL, "Damaged", REGIONS["japan"])
    assert form_pdf(form, words("en", form.region), NOW) == form_pdf(form, words("en", form.region), NOW)
