"""Templates to pages. Whatever a template shows is escaped; a name it does not get is a fault, not a gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from twolatch.faces import qr
from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.folding import FoldingEnvironment
from twolatch.texts.catalogue import LANGUAGES, Texts


@dataclass(frozen=True, slots=True)
class Brand:
    """What the operator calls himself. `support` is how to reach his support, as one short text, or empty."""

    name: str
    logo: str
    support: str


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
        """`before`: folders whose templates take the place of the portal's of the same name."""
        self._door = "desk" if before else "portal"
        self._folders = [*before, Path(__file__).parent / "templates"]
        self._texts, self._assets = texts, assets
        self._brand = Brand(site_name, assets.logo, support)
        self._languages = [(code, LANGUAGES[code]) for code in texts.languages]
        self._pages = {language: self._environment(language) for language in texts.languages}

    def page(self, template: str, frame: Frame, **context: Any) -> str:
        """The HTML of `templates/<template>.html`; each template's head names the context it wants."""
        page = self._pages[frame.language].get_template(f"{template}.html")
        return page.render(
            csrf_field=_hidden("csrf", frame.csrf),
            mark_fields=Markup("").join(_hidden(name, value) for name, value in frame.marks.items()),
            place=frame.place,
            marks=frame.marks,
            person=frame.person,
            reads=frame.reads,
            is_rehearsal=frame.is_rehearsal,
            now=frame.now,
            ago=partial(self._texts.ago, frame.language, now=frame.now),
            **context,
        )

    def _environment(self, language: str) -> Environment:
        texts = self._texts
        pages = FoldingEnvironment(
            {"t": partial(texts.say, language), "asset": self._assets.address},
            loader=FileSystemLoader(self._folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        pages.globals |= {
            "language": language,
            "languages": self._languages,
            "door": self._door,
            "brand": self._brand,
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


qr_picture = lru_cache(maxsize=128)(qr.as_picture)  # not for what is secret for longer than minutes: it stays in memory


def _hidden(name: str, value: str) -> Markup:
    return Markup(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">')  # noqa: S704  escaped here


def _kilobytes(texts: Texts, language: str, size: int) -> str:
    return f"{texts.number(language, max(1, round(size / 1000)))} kB"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
