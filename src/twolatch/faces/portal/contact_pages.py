"""Pages for everybody: where cards go back to and who answers the telephone, and how a card is returned."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from twolatch.faces.portal.places import Place, path_of
from twolatch.faces.portal.showing import go, show
from twolatch.faces.web import form_of, house_of, language_of, texts_of, who_is, who_reads
from twolatch.regions import Phone, Region
from twolatch.texts.catalogue import Texts

_SPOKEN_IN = {"nl": "NL", "ja": "JP"}  # where a language names its country well enough
_HEADER_LIMIT = 200  # characters of Accept-Language that are read
_WITH_COUNTRY = re.compile(r"\b[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-([A-Za-z]{2})\b")


async def contact(request: Request) -> Response:
    """The client's own region first. Which one it is, he says; before that his browser's languages do."""
    house, country = house_of(request), country_of(request)
    first = house.regions.of_country(country) if country else None
    shown = house.regions.beginning_with(first) if first else house.regions.every
    return await _page(request, "contact", Place.CONTACT, shown, country, mine=first.id if first else "")


async def choose(request: Request) -> Response:
    fields = await form_of(request)
    return go(path_of(Place.CONTACT, {"country": fields.get("country", "")}))


async def returning(request: Request) -> Response:
    house, country = house_of(request), country_of(request)
    region, access = house.regions.of_country(country), house.settings.closed_access
    return await _page(request, "help_return", Place.HELP_RETURN, [region], country, access=access)


async def _page(
    request: Request, name: str, place: Place, regions: Sequence[Region], country: str, **context: Any
) -> Response:
    """With the menu of whoever is in, though nobody has to be."""
    if not await who_is(request):
        await who_reads(request)
    texts, language = texts_of(request), language_of(request)
    return show(
        request,
        name,
        place,
        marks={"country": country} if country else {},
        country=country,
        countries=texts.countries(language, served_by(house_of(request).regions.every)),
        regions=[region_shown(texts, language, one) for one in regions],
        all_samples=all(one.is_sample for one in regions),
        **context,
    )


def country_of(request: Request) -> str:
    """ISO 3166-1 alpha-2, or empty: what was chosen, else what the browser's languages say."""
    known = served_by(house_of(request).regions.every)
    header = request.headers.get("accept-language", "")[:_HEADER_LIMIT]
    chosen = request.query_params.get("country", "").upper()
    said = [code.upper() for code in _WITH_COUNTRY.findall(header)]
    spoken = _SPOKEN_IN.get(language_of(request), "")
    return next((code for code in (chosen, *said, spoken) if code in known), "")


def served_by(regions: Iterable[Region]) -> frozenset[str]:
    return frozenset(code for region in regions for code in region.countries)


def region_shown(texts: Texts, language: str, region: Region) -> dict[str, Any]:
    return {
        "id": region.id,
        "name": region.name(language),
        "sample": region.is_sample,
        "posts": region.posts,
        "phones": [{"line": phone, "about": about(texts, language, phone)} for phone in region.phones],
    }


def about(texts: Texts, language: str, phone: Phone) -> str:
    """`direct line, Cantonese`, and for whose callers where that is said."""
    spoken = texts.language(language, phone.language)
    kind = texts.say(language, f"phone.{phone.kind}", spoken=spoken)
    return f"{texts.country(language, phone.country)}: {kind}" if phone.country else kind
