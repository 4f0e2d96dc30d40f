"""Where cards go back to: read by everybody, in his language, his own region first."""

import re

import pytest

from tests.people import Browser, Town


def speaking(town: Town, languages: str) -> Browser:
    browser = town.browser()
    browser.language = languages
    return browser


def order(text: str) -> list[str]:
    return re.findall(r'<h2 id="region-([a-z-]+)"', text)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", "europe"),
        ("nl", "europe"),
        ("en-AU", "australia"),
        ("ja-JP", "japan"),
        ("zh-Hant-HK,en;q=0.5", "asia"),
        ("en-GB", "europe"),
        ("en", "us-canada"),  # nobody knows where he is: in the order of the files
        ("xx-ZZ, ../..", "us-canada"),
    ],
)
async def test_the_region_of_the_browsers_languages_stands_first(town: Town, asked: str, first: str) -> None:
    page = await speaking(town, asked).get("/contact")
    assert order(page.text)[0] == first
    assert sorted(order(page.text)) == ["asia", "australia", "europe", "japan", "us-canada"]


async def test_a_client_says_where_he_is_and_his_region_comes_first(town: Town) -> None:
    browser = speaking(town, "nl-NL")
    await browser.get("/contact")
    page = await browser.send("/contact", country="JP")
    assert order(page.text)[0] == "japan"
    assert "カード返却係" in page.text
    assert 'lang="ja"' in page.text
    page = await browser.send("/language", language="en", place="contact", country="JP")
    assert order(page.text)[0] == "japan", "the language changes, the place does not"


@pytest.mark.parametrize("country", ["", "XX", "nl", "//evil.example", "NL\r\nx: y", "<script>"])
async def test_whatever_else_is_sent_as_a_country_leads_to_the_page_alone(town: Town, country: str) -> None:
    browser = speaking(town, "en")
    await browser.get("/contact")
    page = await browser.send("/contact", country=country)
    assert page.path.removesuffix("?country=XX") == "/contact"
    assert page.status == 200
    assert "<script>" not in page.text.replace('<script type="module"', "")


async def test_the_article_tells_what_the_law_of_returns_says_in_both_languages(town: Town) -> None:
    dutch = (await speaking(town, "nl-NL").get("/help/return")).text
    for said in ("gewatteerde envelop", "volgnummer", "aansprakelijk", "drie tot vijf werkdagen", "tijdelijke code"):
        assert said in dutch
    assert "versnipper haar" in dutch
    assert "belastingformulieren" in dutch
    english = (await speaking(town, "en-US").get("/help/return")).text
    for said in ("padded envelope", "tracking number", "liable", "three to five business days", "temporary code"):
        assert said in english
    assert "1 (800) 555-0199" in english, "the number of his own region"
