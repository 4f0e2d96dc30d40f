"""A code card as a page to print: A4, and within Letter too. No client's name: who finds it must not know whose it is.

fpdf is imported at the first use: it brings 30 MB that a site without such cards does not need.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twolatch.words.shapes import KeepCard

if TYPE_CHECKING:
    from fpdf import FPDF

# Millimetres. 184 x 252 from (13, 12): inside the margins that printers leave, on 210 x 297 and on 216 x 279.
LEFT, TOP, WIDTH = 13.0, 12.0, 184.0
COLUMNS, ROWS = 8, 28
CELL_WIDTH, CELL_HEIGHT = WIDTH / COLUMNS, 7.0
GRID_TOP = TOP + 36
INK, PALE, SHADE, LINE = (17, 24, 39), (95, 105, 120), (235, 239, 245), (150, 160, 175)


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on the card besides its cells, in the client's language."""

    language: str
    site: str
    host: str
    title: str
    number: str
    until: str
    how: str
    care: str
    foot: str

    @property
    def shown_site(self) -> str:
        """The fonts every printer has know no other script: then the portal's host says where the card belongs."""
        return self.site if _is_latin(self.site) else self.host


def card_pdf(card: KeepCard, words: Words, now: int) -> bytes:
    """One page with every cell. Takes some 50 ms: not on the loop."""
    from fpdf import FPDF

    page = FPDF(unit="mm", format="A4")
    page.set_auto_page_break(auto=False)
    page.set_creation_date(datetime.fromtimestamp(now / 1000, UTC))
    page.set_title(f"{words.shown_site}: {words.title} {card.number}")
    page.set_lang(words.language)
    page.add_page()
    _head(page, words)
    for at, signs in enumerate(card.cells):
        _cell(page, at, signs)
    _lines(page)
    _foot(page, words)
    return bytes(page.output())


def _head(page: "FPDF", words: Words) -> None:
    half = WIDTH / 2
    rows: list[tuple[str, float, tuple[int, int, int], str, str]] = [
        ("B", 17, INK, words.shown_site, words.title),
        ("", 11, PALE, words.host, words.number),
        ("B", 11, INK, "", words.until),
    ]
    for row, (style, size, ink, left, right) in enumerate(rows):
        page.set_text_color(*ink)
        page.set_font("Helvetica", style, size)
        page.set_xy(LEFT, TOP + (0, 8, 14)[row])
        page.cell(half, 7, _fitting(page, left, half), align="L")
        page.cell(half, 7, _fitting(page, right, half), align="R")
    page.set_text_color(*INK)
    page.set_font("Helvetica", "", 10.5)
    page.set_xy(LEFT, TOP + 24)
    page.multi_cell(WIDTH, 5, words.how, align="L")


def _cell(page: "FPDF", at: int, signs: str) -> None:
    """Down the columns, as one counts. Shades change every row, so that the eye stays on its line."""
    column, row = divmod(at, ROWS)
    x, y = LEFT + column * CELL_WIDTH, GRID_TOP + row * CELL_HEIGHT
    if row % 2 == 0:
        page.set_fill_color(*SHADE)
        page.rect(x, y, CELL_WIDTH, CELL_HEIGHT, style="F")
    page.set_xy(x, y)
    page.set_text_color(*PALE)
    page.set_font("Helvetica", "", 8)
    page.cell(7, CELL_HEIGHT, str(at + 1), align="R")
    page.set_text_color(*INK)
    page.set_font("Courier", "B", 14 if len(signs) == 3 else 10)
    page.cell(CELL_WIDTH - 7, CELL_HEIGHT, signs, align="C")


def _lines(page: "FPDF") -> None:
    page.set_draw_color(*LINE)
    page.set_line_width(0.2)
    for column in range(COLUMNS + 1):
        x = LEFT + column * CELL_WIDTH
        page.line(x, GRID_TOP, x, GRID_TOP + ROWS * CELL_HEIGHT)
    for y in (GRID_TOP, GRID_TOP + ROWS * CELL_HEIGHT):
        page.line(LEFT, y, LEFT + WIDTH, y)


def _foot(page: "FPDF", words: Words) -> None:
    page.set_xy(LEFT, GRID_TOP + ROWS * CELL_HEIGHT + 3)
    page.set_text_color(*INK)
    page.set_font("Helvetica", "B", 9.5)
    page.multi_cell(WIDTH, 4.5, words.care, align="L", new_x="LMARGIN", new_y="NEXT")
    page.set_x(LEFT)
    page.set_text_color(*PALE)
    page.set_font("Helvetica", "", 9)
    page.multi_cell(WIDTH, 4.5, words.foot, align="L")


def _fitting(page: "FPDF", text: str, room: float) -> str:
    while text and page.get_string_width(text) > room - 2:
        text = text[:-1]
    return text


def _is_latin(text: str) -> bool:
    return text.isprintable() and all(ord(sign) < 256 for sign in text)


def words_of(
    say: Callable[..., str], language: str, site: str, host: str, card: KeepCard, until: str
) -> Words:
    """`say` gives the text of a key in that language; `until` is its last moment in it, "" where it has none."""
    return Words(
        language,
        site,
        host,
        say("card.title"),
        say("card.number", number=card.number),
        say("card.until", moment=until) if until else "",
        say("card.how", first="17", second="142"),
        say("card.care"),
        say("card.foot"),
    )
