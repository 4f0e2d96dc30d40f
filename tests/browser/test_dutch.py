"""The main journey in Dutch. No word on any page or screen is one that only the English texts have."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from playwright.async_api import expect

import twolatch.texts
from tests.browser.phone_app import PhoneApp
from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Street

WORD = re.compile(r"\b[^\W\d_]{2,}\b")  # not the letters inside a session ID
PHONE_TEXTS = Path(__file__).parents[2] / "phone" / "src" / "texts"
NAMES = "Anna de Vries Client Portal Chrome Firefox Linux Pixel Twolatch"
# All that is seen or read out.
SHOWN = """
() => {
  const named = [...document.querySelectorAll("[aria-label], [alt], [placeholder]")];
  const said = named.flatMap((each) => ["aria-label", "alt", "placeholder"].map((name) => each.getAttribute(name)));
  return [document.title, document.body.innerText, ...said].join("\\n");
}
"""
# The longest words are on these; the others were examined in English.
EXAMINED = {"login", "home with banner", "start", "request with digits", "settings", "security", "more"}
SPEAK: dict[str, Any] = {"locale": "nl-NL"}


def words(texts: str) -> set[str]:
    return {word.lower() for word in WORD.findall(texts)}


def portal_words(language: str) -> set[str]:
    with open(Path(twolatch.texts.__file__).parent / f"{language}.po", "rb") as file:
        return words(" ".join(str(entry.string) for entry in read_po(file) if entry.id))


def phone_words(language: str) -> set[str]:
    found: list[str] = []
    for file in (PHONE_TEXTS / f"{language}.ts", *PHONE_TEXTS.glob(f"*.{language}.ts")):
        found += re.findall(r'^  "[a-z0-9_.]+":\s*"(.*)",$', file.read_text(encoding="utf-8"), re.M)
    assert len(found) > 150, language
    return words(" ".join(found))


@cache
def only_english() -> set[str]:
    dutch = portal_words("nl") | phone_words("nl")
    return (portal_words("en") | phone_words("en")) - dutch - {"english"}


@dataclass
class Ear:
    """Listens for English on every page it is shown."""

    street: Street
    heard: list[str] = field(default_factory=list)

    async def look(self, at: Portal | PhoneApp, name: str) -> None:
        await expect(at.page.locator("html")).to_have_attribute("lang", "nl")
        leaked = words(await at.page.evaluate(SHOWN)) & only_english() - words(NAMES)
        if leaked:
            self.heard.append(f"{at.kind} {name}: {sorted(leaked)}")
        await self.street.look(at, name, thoroughly=name in EXAMINED)


async def test_anna_walks_the_main_journey_in_dutch(street: Street) -> None:
    anna, ear = await street.person(language="nl"), Ear(street)
    portal, phone = await street.portal(**SPEAK), await street.phone(**SPEAK)
    await portal.open("/login")
    await ear.look(portal, "login")
    assert await portal.page.title() == "Aanmelden · Twolatch"
    await portal.log_in(anna.name, PASSWORD)
    await portal.at("/")
    await ear.look(portal, "home with banner")
    await phone.open()
    await phone.at("start")
    await ear.look(phone, "start")
    await phone.press_main()
    await phone.at("method")
    await ear.look(phone, "method")
    await phone.page.locator("[aria-labelledby=by-id]").click()
    await phone.at("explain")
    await ear.look(phone, "explain")
    await phone.press_main()
    await phone.at("code")
    await ear.look(phone, "code")
    await phone.type_code(await portal.session_id())
    await phone.give_pin("1234")
    await ear.look(phone, "pin weak")
    await phone.give_pin(PIN)
    await phone.at("whom")
    await ear.look(phone, "whom")
    await portal.at("/activate")
    await ear.look(portal, "activate confirm")
    await phone.link()
    await ear.look(phone, "digits")
    await portal.confirm(await phone.digits())
    await phone.at("success")
    await ear.look(phone, "success")
    await expect(portal.page.locator("main a.main")).to_be_visible()
    await ear.look(portal, "activate done")
    await phone.press_main()
    await phone.at("home")
    await ear.look(phone, "home")
    await portal.open("/security")
    await ear.look(portal, "security")
    await portal.log_out()
    await ear.look(portal, "logged out")

    stranger = await street.portal(**SPEAK)
    await stranger.log_in(anna.name, "verkeerd")
    await ear.look(stranger, "login wrong")
    await stranger.log_in(anna.name, PASSWORD)
    await stranger.at("/login/second")
    await ear.look(stranger, "second with digits")
    await phone.at("request")
    await ear.look(phone, "request with digits")
    await phone.approve("9z9y", await stranger.digits())
    await expect(phone.page.locator("#pin-problem")).to_contain_text("2")
    await ear.look(phone, "request wrong digits")
    await phone.approve(PIN, await stranger.digits())
    await stranger.at("/")
    await phone.at("outcome", outcome="approved")
    await ear.look(phone, "outcome approved")
    await phone.press_main()
    await phone.page.locator("header button.round").click()
    await phone.at("settings")
    await ear.look(phone, "settings")
    assert ear.heard == []


async def test_anna_signs_in_to_the_app_in_dutch(street: Street) -> None:
    anna, ear = await street.with_phone(language="nl", **SPEAK), Ear(street)
    app = anna.app
    await ear.look(app, "login in the app")
    await app.type_password(anna.user.name, PASSWORD)
    await app.at("sign-in")
    await ear.look(app, "sign-in")
    await app.prove(PIN)
    await app.says("U bent aangemeld.")
    await ear.look(app, "home signed in")
    await app.tap("Telefoons en sessies")
    await app.says("Waar u bent aangemeld")
    await ear.look(app, "devices")
    await app.page.get_by_role("button", name="Terug").click()
    await app.tap("Het hele dagboek")
    await app.says("Er is iets voor uw aanmelding ingesteld.")
    await ear.look(app, "diary")
    await app.page.get_by_role("button", name="Terug").click()
    await app.tap("Meer")
    await ear.look(app, "more")
    await app.tap("Tweestapsverificatie")
    await ear.look(app, "two-factor")
    await app.tap("Anna de Vries")
    await expect(app.page.locator("[name=label]")).to_have_value("Pixel 8")
    await ear.look(app, "user")
    await app.tap("Anna de Vries verwijderen")
    await ear.look(app, "remove")
    await app.tap("Ik weet de pincode niet")
    await ear.look(app, "remove without proof")
    await app.tap("Zonder bewijs verwijderen")
    await app.at("removed")
    await ear.look(app, "removed")
    assert ear.heard == []


async def test_the_phone_changes_its_language_at_once_and_keeps_it(street: Street) -> None:
    phone = await street.phone()
    await phone.open()
    await phone.at("start")
    await phone.page.get_by_role("button", name="Settings").click()
    await phone.page.get_by_label("Nederlands").check()
    await expect(phone.page.locator("html")).to_have_attribute("lang", "nl")
    await phone.has_title("Instellingen")
    await phone.page.reload()
    await phone.at("start")
    await expect(phone.page.locator("html")).to_have_attribute("lang", "nl")


async def test_the_portal_changes_its_language_and_stays_where_it_is(street: Street) -> None:
    anna = await street.with_phone()
    await anna.log_in()
    await anna.portal.page.get_by_role("button", name="Nederlands").click()
    await anna.portal.at("/login/second")
    await expect(anna.portal.page.locator("html")).to_have_attribute("lang", "nl")
    await anna.app.approve(PIN)
    await anna.portal.at("/")
