"""Papers for a rehearsal: real PDFs of one page, made here, and marked all over as samples. They tell no figures of
anybody: an invented balance would look like a true one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

LEFT, WIDTH = 22.0, 166.0
INK, PALE, MARK = (17, 24, 39), (95, 105, 120), (222, 226, 233)


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on it, in the client's language. `lines` are (name, value)."""

    language: str
    site: str
    title: str
    mark: str
    lines: tuple[tuple[str, str], ...]
    about: str


def sample_pdf(words: Words, now: int) -> bytes:
    """A4. The same words at the same time (ms) give the same bytes."""
    from fpdf import FPDF

    page = FPDF(unit="mm", format="A4")
    page.set_auto_page_break(auto=False)
    page.set_creation_date(datetime.fromtimestamp(now / 1000, UTC))
    page.set_title(f"{words.mark}: {words.title}")
    page.set_lang(words.language)
    page.add_page()
    _mark(page, words.mark)
    page.set_text_color(*INK)
    page.set_font("Helvetica", "B", 12)
    page.set_xy(LEFT, 24)
    page.cell(WIDTH, 7, _shown(words.site))
    page.set_font("Helvetica", "B", 22)
    page.set_xy(LEFT, 42)
    page.cell(WIDTH, 10, _shown(words.title))
    for at, (name, value) in enumerate(words.lines):
        _line(page, 62 + 11 * at, name, value)
    page.set_text_color(*INK)
    page.set_font("Helvetica", "", 11)
    page.set_xy(LEFT, 74 + 11 * len(words.lines))
    page.multi_cell(WIDTH, 6, _shown(words.about), align="L")
    return bytes(page.output())


def _mark(page: "FPDF", mark: str) -> None:
    """Across the whole page, so that no part of it passes for a true one."""
    page.set_text_color(*MARK)
    page.set_font("Helvetica", "B", 58)
    for y in (135.0, 195.0, 255.0):
        with page.rotation(28, 105, y):
            page.set_xy(0, y - 12)
            page.cell(210, 24, _shown(mark), align="C")


def _line(page: "FPDF", y: float, name: str, value: str) -> None:
    page.set_draw_color(*MARK)
    page.line(LEFT, y + 9, LEFT + WIDTH, y + 9)
    page.set_font("Helvetica", "", 11)
    page.set_text_color(*PALE)
    page.set_xy(LEFT, y)
    page.cell(60, 8, _shown(name))
    page.set_text_color(*INK)
    page.cell(WIDTH - 60, 8, _shown(value))


def _shown(text: str) -> str:
    """The fonts every printer has know Latin letters alone; a sample makes do with them."""
    return text.encode("latin-1", "replace").decode("latin-1")
