"""Browsers with a security key: what the page's script does with the options in a page, done by hand."""

import re
from html import unescape

from tests.authenticator import Key, Lies
from tests.people import Browser, Page


def options(page: Page) -> str:
    """What the page asks of the browser's keys."""
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, f"{page.path} ({page.status}) asks for no key"
    return unescape(found[1])


def confirmation(page: Page) -> str:
    [action] = [form.action for form in page.forms if form.action.endswith("/confirm")]
    return action


async def begin_key(browser: Browser) -> Page:
    """The page that lets the browser make a key."""
    await browser.get("/security/add/passkey")
    return await browser.send("/security/add/passkey")


async def add_key(browser: Browser, key: Key | None = None, lies: Lies | None = None) -> Key:
    """The key is active; the browser is at its security settings."""
    key = key or Key(origin=browser.origin)
    page = await begin_key(browser)
    await browser.send(confirmation(page), answer=key.create(options(page), lies))
    return key


async def touch(browser: Browser, key: Key, lies: Lies | None = None, action: str = "/login/answer") -> Page:
    """Answers the question of the open page."""
    return await browser.send(action, answer=key.get(options(browser.page), lies))


async def log_in_with_key(browser: Browser, name: str, key: Key, lies: Lies | None = None) -> Page:
    await browser.log_in(name)
    return await touch(browser, key, lies)


async def invited(browser: Browser) -> str:
    """What this browser's login page may ask of any key."""
    page = await browser.ask("GET", "/login/key", sec_fetch_site="same-origin", keep=False)
    assert page.status == 200, page.text
    return page.text


async def log_in_by_key_alone(browser: Browser, key: Key, lies: Lies | None = None) -> Page:
    """No name and no password."""
    await browser.get("/login")
    return await browser.send("/login/key", answer=key.get(await invited(browser), lies))
