"""The demo's mailbox in a browser: a mail that the site wrote is read there, and its link leads to the portal."""

import shutil
from pathlib import Path

from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import DESK, FIREFOX, HAND, Street
from tests.ports import free_port
from tests.site import START_SECONDS, until
from twolatch.faces.commands import mailbox
from twolatch.texts.catalogue import Texts


def beside(street: Street, folder: Path) -> str:
    """A mailbox on a port of its own; its origin."""
    port, settings = free_port(), street.town.site.settings
    here = f"http://mail.localhost:{port}"
    server = mailbox.serve_beside(folder, here, frozenset([settings.portal_url]), port, Texts())
    until(lambda: server.started, START_SECONDS)
    return here


def bring(posted: Path, folder: Path, wanted: set[str]) -> None:
    """The mails to these people alone: the site is everybody's."""
    for file in posted.glob("*.eml"):
        if any(address in file.read_text(encoding="utf-8") for address in wanted):
            shutil.copy(file, folder)


async def test_anna_reads_in_the_mailbox_that_a_phone_was_added_and_follows_the_link(
    street: Street, tmp_path: Path
) -> None:
    here = beside(street, tmp_path)
    context = await street.context(user_agent=FIREFOX, viewport=HAND)
    box = Portal(await context.new_page(), here)
    await box.open()
    await box.says("No mail yet.")
    await street.look(box, "mailbox empty")

    anna = await street.with_phone()
    bram = await street.with_phone(display="Bram Jansen", language="nl", locale="nl-NL")
    posted = Path(street.town.site.settings.mail.removeprefix("folder:"))
    wanted = {anna.user.email, bram.user.email}
    until(lambda: wanted <= {mail.to for mail in mailbox.letters(posted)}, START_SECONDS)
    bring(posted, tmp_path, wanted)
    await box.page.get_by_role("link", name="Look again").click()
    await expect(box.page.locator("summary")).to_have_count(2)
    await street.look(box, "mailbox")
    await box.page.get_by_role("link", name=f"{anna.user.email} (1)").click()
    await expect(box.page.locator("summary")).to_have_count(1)
    await expect(box.page.locator("[aria-current]")).to_contain_text(anna.user.email)
    await box.page.set_viewport_size(DESK)
    await box.page.emulate_media(color_scheme="dark")
    await street.look(box, "mailbox of one", thoroughly=False)

    await box.page.locator(".letter a").first.click()
    portal = Portal(box.page, street.town.site.settings.portal_url)
    await expect(portal.page.locator("form[action^='/suspend/'] button").first).to_be_visible()
