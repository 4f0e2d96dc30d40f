"""Templates to pages. Whatever a template shows is escaped; a name it does not get is a fault, not a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from twolatch.faces import qr
from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.folding import FoldingEnvironment, shown
from twolatch.texts.catalogue import LANGUAGES, Texts


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page needs of a request. `place` and `marks` lead the language switch back (places.path_of)."""

    language: str
    csrf: str
    place: str
    now: int
    person: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    reads: bool = False  # his last account is closed: the short menu
    is_rehearsal: bool = False  # this site's clock can be moved, and every page says so


class Renderer:
    """One per process. Templates are read once and kept."""

    def __init__(
        self, texts: Texts, assets: Assets, site_name: str, support: str = "", *, before: Sequence[Path] = ()
    ) -> None:
        """`support` is how to reach the operator's support, as one short text, or empty;
        `before`: folders whose templates take the place of the portal's of the same name."""
        self._door = "desk" if before else "portal"
        self._folders = [*before, Path(__file__).parent / "templates"]
        self._texts, self._assets = texts, assets
        self._brand = {"name": site_name, "logo": assets.logo, "support": support}
        self._languages = [(code, LANGUAGES[code]) for code in texts.languages]
        self._pages = {language: self._environment(language) for language in texts.languages}

    def page(self, template: str, frame: Frame, **context: Any) -> str:
        """The HTML of `templates/<template>.html`; each template's head names the context it wants."""
        return self._pages[frame.language].page(
            f"{template}.html",
            csrf_field=_hidden({"csrf": frame.csrf}),
            mark_fields=_hidden(frame.marks),
            place=frame.place,
            marks=frame.marks,
            person=frame.person,
            reads=frame.reads,
            is_rehearsal=frame.is_rehearsal,
            now=frame.now,
            ago=partial(self._texts.ago, frame.language, now=frame.now),
            **context,
        )

    def _environment(self, language: str) -> FoldingEnvironment:
        texts = self._texts
        pages = FoldingEnvironment(
            {"t": partial(texts.say, language), "asset": self._assets.address},
            {"language": language, "languages": self._languages, "door": self._door, "brand": self._brand},
            loader=FileSystemLoader(self._folders),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        pages.globals |= {
            "moment": partial(texts.moment, language),
            "clock": texts.clock,
            "day": partial(texts.day, language),
            "span": partial(texts.span, language),
            "either": partial(texts.either, language),
            "browser": partial(texts.browser, language),
            "period": partial(texts.period, language),
            "iso": _iso,
            "price": partial(texts.price, language),
            "kilobytes": partial(_kilobytes, texts, language),
            "money": partial(texts.money, language),
        }
        return pages


@lru_cache(maxsize=128)
def qr_picture(text: str) -> Markup:
    """Not for what is secret for longer than minutes: it stays in memory."""
    return Markup(qr.as_picture(text))  # noqa: S704  nothing in it would be escaped, see tests/portal_pages/test_qr.py


def _hidden(fields: Mapping[str, str]) -> Markup:
    each = (f'<input type="hidden" name="{shown(name)}" value="{shown(value)}">' for name, value in fields.items())
    return Markup("".join(each))  # noqa: S704  escaped above


def _kilobytes(texts: Texts, language: str, size: int) -> str:
    return f"{texts.number(language, max(1, round(size / 1000)))} kB"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
