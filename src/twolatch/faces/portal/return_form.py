"""The form that goes along with a returned card, as a page to print: what to do, the address to cut out, and the part
for the envelope with its barcode. A4 or Letter, as the region prints. No client's name: the reference says enough.

fpdf and zxing are imported at the first use. Letters that the fonts of every printer do not know are drawn with a font
of our own (fonts/LICENCE.txt); an address in letters that it does not know either is left out, the first one never.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from twolatch.regions import Phone, Post, Region

if TYPE_CHECKING:
    from fpdf import FPDF

# Millimetres. 184 x 252 from (13, 12): inside the margins that printers leave, on 210 x 297 and on 216 x 279.
LEFT, TOP, WIDTH = 13.0, 12.0, 184.0
ADDRESS_TOP, ENCLOSED_TOP = 150.0, 212.0
BAR, BARS_HIGH, BARS_WIDE = 0.5, 20.0, 112.0
INK, PALE, LINE, MARK = (17, 24, 39), (95, 105, 120), (150, 160, 175), (190, 30, 45)
FONT = Path(__file__).parent / "fonts" / "jis.ttf"
LONGEST_REFERENCE = 32


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """`reference` is what the desk scans; `reason` stands in the client's language."""

    reference: str
    serial: str
    reason: str
    region: Region

    def __post_init__(self) -> None:
        scans = self.reference.isascii() and self.reference.isprintable()
        if not (scans and 0 < len(self.reference) <= LONGEST_REFERENCE):
            raise ValueError("a barcode takes 1 to 32 printable signs of ASCII")


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on it besides, in the client's language. `phones` are (number, what it is)."""

    language: str
    site: str
    host: str
    title: str
    reference: str
    card: str
    reason: str
    todo: str
    steps: tuple[str, ...]
    care: tuple[str, ...]
    contact: str
    phones: tuple[tuple[str, str], ...]
    address: str
    enclosed: str
    sample: str


def words_of(
    say: Callable[..., str], about: Callable[[Phone], str], language: str, site: str, host: str, region: Region
) -> Words:
    """`say` gives the text of a key in that language; `about` tells what a telephone number is."""
    steps = [say(f"return_form.step.{step}") for step in ("cut", "pack", "send", "track")]
    care = ["secret", "liable", "late", *(["box"] if region.post.is_box else [])]
    return Words(
        language,
        site,
        host,
        say("return_form.title"),
        say("return_form.reference"),
        say("return_form.card"),
        say("return_form.reason"),
        say("return_form.todo"),
        tuple(steps),
        tuple(say(f"return_form.care.{each}") for each in care),
        say("return_form.contact"),
        tuple((phone.number, about(phone)) for phone in region.phones),
        say("return_form.address"),
        say("return_form.enclosed"),
        say("regions.sample") if region.is_sample else "",
    )


def form_pdf(form: ReturnForm, words: Words, now: int) -> bytes:
    """One page. Takes some 50 ms, with Japanese letters 400: not on the loop."""
    from fpdf import FPDF

    page = FPDF(unit="mm", format=form.region.paper.value)
    page.set_auto_page_break(auto=False)
    page.set_creation_date(datetime.fromtimestamp(now / 1000, UTC))
    page.set_title(f"{words.title} {form.reference}")
    page.set_lang(words.language)
    page.add_page()
    _head(page, words)
    _facts(page, form, words, LEFT, TOP + 17, (62.0, 62.0, 60.0))
    _instructions(page, words)
    _cut(page, ADDRESS_TOP - 5)
    _addresses(page, form.region, words)
    _cut(page, ENCLOSED_TOP - 4)
    _enclosed(page, form, words)
    return bytes(page.output())


def _head(page: "FPDF", words: Words) -> None:
    _say(page, LEFT, TOP, 100, words.site, "B", 16, 8)
    _say(page, LEFT, TOP + 8, 100, words.host, "", 10, 5, PALE)
    _say(page, LEFT + 100, TOP, 84, words.title, "B", 14, 8, align="R")


def _facts(page: "FPDF", form: ReturnForm, words: Words, x: float, y: float, wide: tuple[float, ...]) -> None:
    pairs = ((words.reference, form.reference), (words.card, form.serial), (words.reason, form.reason))
    for (name, value), room in zip(pairs, wide, strict=True):
        _say(page, x, y, room - 2, name, "", 8.5, 4, PALE)
        _say(page, x, y + 4, room - 2, value, "B", 11, 6)
        x += room


def _instructions(page: "FPDF", words: Words) -> None:
    y = _rule(page, TOP + 29)
    _say(page, LEFT, y, WIDTH, words.todo, "B", 12, 6)
    y += 7
    for at, step in enumerate(words.steps, 1):
        _say(page, LEFT, y, 8, f"{at}.", "B", 10.5, 5)
        y = _tell(page, LEFT + 8, y, WIDTH - 8, step, 10.5, 5) + 1.2
    y += 1
    for care in words.care:
        _say(page, LEFT, y, 8, "\u00b7", "B", 12, 4.5)
        y = _tell(page, LEFT + 8, y, WIDTH - 8, care, 9.5, 4.5) + 0.6
    y += 2
    _say(page, LEFT, y, WIDTH, words.contact, "B", 10.5, 5)
    for at, (number, about) in enumerate(words.phones[:6]):
        x, line = LEFT + (at % 2) * WIDTH / 2, y + 6 + (at // 2) * 5
        _say(page, x, line, 40, number, "B", 9.5, 4.5)
        _say(page, x + 40, line, WIDTH / 2 - 42, about, "", 8.5, 4.5, PALE)


def _addresses(page: "FPDF", region: Region, words: Words) -> None:
    """Beside each other: the one that every carrier reads, and the one that the postman there reads."""
    _say(page, LEFT, ADDRESS_TOP, WIDTH, words.address, "", 8.5, 4, PALE)
    if words.sample:
        _say(page, LEFT, ADDRESS_TOP + 49, WIDTH, words.sample, "B", 10, 5, MARK)
    posts = [region.post, *(post for post in region.posts[1:2] if _can_draw(page, "".join(post.lines)))]
    for at, post in enumerate(posts):
        _label(page, LEFT + at * (WIDTH / 2 + 2), post)


def _label(page: "FPDF", x: float, post: Post) -> None:
    page.set_draw_color(*LINE)
    page.set_line_width(0.2)
    page.rect(x, ADDRESS_TOP + 5, WIDTH / 2 - 2, 42)
    height = min(6.0, 36 / len(post.lines))
    for at, line in enumerate(post.lines):
        y = ADDRESS_TOP + 8 + at * height
        _say(page, x + 5, y, WIDTH / 2 - 12, line, "B" if at == 0 else "", min(12.0, height * 2), height)


def _enclosed(page: "FPDF", form: ReturnForm, words: Words) -> None:
    _say(page, LEFT, ENCLOSED_TOP, WIDTH, words.enclosed, "", 8.5, 4, PALE)
    _bars(page, form.reference, LEFT + 4, ENCLOSED_TOP + 7)
    _say(page, LEFT + 4, ENCLOSED_TOP + 8 + BARS_HIGH, BARS_WIDE, form.reference, "B", 11, 6)
    x, y = LEFT + BARS_WIDE + 14, ENCLOSED_TOP + 6
    for name, value in ((words.card, form.serial), (words.reason, form.reason)):
        _say(page, x, y, WIDTH - BARS_WIDE - 14, name, "", 8.5, 4, PALE)
        _say(page, x, y + 4, WIDTH - BARS_WIDE - 14, value, "B", 11, 6)
        y += 12
    _say(page, x, y, WIDTH - BARS_WIDE - 14, words.site, "", 9, 5, PALE)


def _bars(page: "FPDF", text: str, x: float, y: float) -> None:
    """Code 128 as drawn lines: sharp on every printer. Narrower where the text is long, never below 0.25 mm."""
    runs = _runs(text)
    bar = min(BAR, BARS_WIDE / sum(length for _, length in runs))
    page.set_fill_color(0, 0, 0)
    for is_dark, length in runs:
        if is_dark:
            page.rect(x, y, length * bar, BARS_HIGH, style="F")
        x += length * bar


def _runs(text: str) -> list[tuple[bool, int]]:
    """(dark?, modules) from the left, quiet zones left out: the paper around is white."""
    import zxingcpp

    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128).to_image(scale=1, add_quiet_zones=False)
    row = bytes(memoryview(cast(bytes, drawn)).cast("B")[: drawn.shape[1]])
    runs: list[tuple[bool, int]] = []
    for shade in row:
        is_dark = shade < 128
        if runs and runs[-1][0] == is_dark:
            runs[-1] = (is_dark, runs[-1][1] + 1)
        else:
            runs.append((is_dark, 1))
    return runs


def _cut(page: "FPDF", y: float) -> None:
    page.set_draw_color(*LINE)
    page.set_line_width(0.3)
    page.set_dash_pattern(dash=2, gap=2)
    page.line(LEFT + 6, y, LEFT + WIDTH, y)
    page.set_dash_pattern()
    page.set_text_color(*PALE)
    page.set_font("ZapfDingbats", "", 12)
    page.set_xy(LEFT, y - 3)
    page.cell(6, 6, '"')  # scissors


def _rule(page: "FPDF", y: float) -> float:
    page.set_draw_color(*LINE)
    page.set_line_width(0.2)
    page.line(LEFT, y, LEFT + WIDTH, y)
    return y + 4


def _say(
    page: "FPDF",
    x: float,
    y: float,
    wide: float,
    text: str,
    style: str,
    size: float,
    high: float,
    ink: tuple[int, int, int] = INK,
    align: str = "L",
) -> None:
    """One line, made smaller until it fits: an address is never cut."""
    _font(page, text, style, size)
    while page.get_string_width(text) > wide and size > 5:
        size -= 0.5
        _font(page, text, style, size)
    page.set_text_color(*ink)
    page.c_margin = 0
    page.set_xy(x, y)
    page.cell(wide, high, text, align=align)


def _tell(page: "FPDF", x: float, y: float, wide: float, text: str, size: float, high: float) -> float:
    """Several lines. Returns where the next thing may begin."""
    _font(page, text, "", size)
    page.set_text_color(*INK)
    page.set_xy(x, y)
    page.multi_cell(wide, high, text, align="L", new_x="LMARGIN", new_y="NEXT")
    return float(page.get_y())


def _font(page: "FPDF", text: str, style: str, size: float) -> None:
    if _is_latin(text):
        page.set_font("Helvetica", style, size)
    else:
        _own_font(page)
        page.set_font("jis", "", size)


def _own_font(page: "FPDF") -> None:
    if "jis" not in page.fonts:
        page.add_font("jis", "", str(FONT))


def _is_latin(text: str) -> bool:
    return all(ord(sign) < 256 for sign in text)


def _can_draw(page: "FPDF", text: str) -> bool:
    """Whether the one font or the other knows every letter."""
    if _is_latin(text):
        return True
    _own_font(page)
    known = page.fonts["jis"].cmap  # type: ignore[union-attr]
    return all(ord(sign) in known for sign in text)
