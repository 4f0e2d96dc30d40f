"""Every page in every state and language: whole, escaped, without inline script or style, and usable without script."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tests.portal_pages.samples import NOW, SAMPLES, drawn
from twolatch.faces.portal.assets import Assets
from twolatch.faces.portal.rendering import Frame, Renderer
from twolatch.texts.catalogue import LANGUAGES, Texts

TEMPLATES = Path(__file__).parents[2] / "src/twolatch/faces/portal/templates"
EVIL = "<script>alert(1)</script>\"' onmouseover=alert(1) \u202e"

every_page = pytest.mark.parametrize("name", SAMPLES)
every_language = pytest.mark.parametrize("language", LANGUAGES)


class Seen(HTMLParser):
    """What a test asks of a page: tags with their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for found, attributes in self.tags if found == tag]


def forms(page: str) -> list[tuple[str, str]]:
    """(opening tag, inside) of each form."""
    return re.findall(r"(<form[^>]*>)(.*?)</form>", page, re.DOTALL)


@every_page
@every_language
def test_nothing_on_a_page_is_inline(renderer: Renderer, name: str, language: str) -> None:
    seen = Seen(drawn(renderer, name, language))
    assert not [tag for tag, given in seen.tags if "style" in given or any(name.startswith("on") for name in given)]
    assert not seen.all("style")
    assert {frozenset(script) for script in seen.all("script")} == {frozenset({"type", "src"})}
    assert all(script["src"].startswith("/assets/") for script in seen.all("script"))


@every_page
def test_a_page_loads_from_its_own_host_only(renderer: Renderer, name: str) -> None:
    page = drawn(renderer, name, "en")
    tags = Seen(page).tags
    addresses = [value for _, given in tags for key, value in given.items() if key in {"src", "href", "action"}]
    ours = ("/", "#", "data:image/svg+xml", "data:text/plain;charset=utf-8,", "otpauth://", "tel:")  # or an app's own
    assert all(address.startswith(ours) for address in addresses)
    assert not any(address.startswith("//") for address in addresses)


@every_page
def test_every_form_is_a_post_with_the_token(renderer: Renderer, name: str) -> None:
    for opening, inside in forms(drawn(renderer, name, "en")):
        assert 'method="post"' in opening
        assert inside.count('name="csrf" value="the-form-token"') == 1


@every_page
@every_language
def test_a_page_says_its_language_and_has_one_title_and_one_heading(
    renderer: Renderer, name: str, language: str
) -> None:
    page = drawn(renderer, name, language)
    assert Seen(page).all("html") == [{"lang": language}]
    assert page.count("<h1") == 1
    assert re.search(r"<title>[^<·]+ · Example Bank</title>", page)


@every_page
def test_every_field_has_a_label_and_every_reference_a_target(renderer: Renderer, name: str) -> None:
    seen = Seen(drawn(renderer, name, "en"))
    ids = [given["id"] for _, given in seen.tags if "id" in given]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in seen.all("label")}
    for field in seen.all("input"):
        assert field["type"] == "hidden" or field.get("id") in labelled or "aria-label" in field
    for _, given in seen.tags:
        for reference in ("aria-describedby", "aria-labelledby", "for"):
            assert set(given.get(reference, "").split()) <= set(ids)


@pytest.mark.parametrize("template", sorted(path.stem for path in TEMPLATES.glob("*.html")))
def test_every_template_is_looked_at(template: str) -> None:
    assert template == "layout" or template in {sample[0] for sample in SAMPLES.values()}


def test_dutch_pages_hold_no_english(renderer: Renderer) -> None:
    for name in SAMPLES:
        words = re.sub(r"<[^>]+>", " ", drawn(renderer, name, "nl"))
        assert not re.search(r"\b(the|your|with|phone|password|again)\b", words), name


def test_a_name_that_is_html_is_shown_as_it_is(renderer: Renderer) -> None:
    template, place, _, context = SAMPLES["home-protected"]
    page = renderer.page(template, Frame("en", EVIL, place, NOW, EVIL), **{**context, "phones": [EVIL]})
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") == 4  # greeting, phone, two hidden fields
    assert not any("onmouseover" in given for _, given in Seen(page).tags)


def test_what_a_template_is_not_given_is_a_fault(renderer: Renderer) -> None:
    with pytest.raises(UndefinedError):
        renderer.page("login", Frame("en", "", "login", NOW))


def test_the_number_is_read_digit_by_digit_and_seen_in_two_groups(renderer: Renderer) -> None:
    page = drawn(renderer, "second-digits", "en")
    assert '<span class="unseen">4 0 2 9 1 7</span>' in page
    assert 'aria-hidden="true">402<' in page


def test_without_script_the_second_page_looks_again_by_itself_and_has_a_button(renderer: Renderer) -> None:
    page = drawn(renderer, "second", "en")
    assert '<noscript><meta http-equiv="refresh" content="4; url=/login/second"></noscript>' in page
    assert re.search(r'action="/login/collect".*<noscript><button type="submit"', page, re.DOTALL)


def test_the_banner_never_stands_in_the_way(renderer: Renderer) -> None:
    page = drawn(renderer, "home-banner", "en")
    for wanted in ("7K3M-Q9XD-2WPB", "data:image/svg+xml", "data-clock", "/banner/dismiss", "Never read this"):
        assert wanted in page
    assert "This session" in page.split("</section>", 1)[1]


def test_a_site_with_one_language_has_its_own_name_for_it(assets: Assets) -> None:
    dutch = Renderer(Texts(("nl",)), assets, "Voorbeeldbank")
    page = drawn(dutch, "login", "nl")
    assert "Nederlands" in page
    assert "English" not in page
    assert "Ondersteuning:" not in page
