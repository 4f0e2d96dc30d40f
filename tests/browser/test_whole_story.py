"""The whole story of a card, in Dutch and in English: client, agent and officer side by side, each at his own screen.

The card breaks and nothing else can prove the client: support helps him, but never one of them alone. He orders a card,
sends the old one back and sees it received; the new one arrives after his temporary code has narrowed, and he activates
it all the same. Later he closes his account, and name and password alone still open last year's tax form.
"""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pypdfium2
import pytest
from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, Street
from tests.browser.test_articles import LOCALES
from tests.browser.test_cards import with_card
from tests.browser.test_closing import had_it_for_long, holds, its_day_is_over, reads, types_its_number
from tests.browser.test_four_eyes import leave_field, press, scan, ships, sits
from tests.browser.test_sent_back import Say, in_by_code, orders_another, sends_back
from tests.http.test_cards import PIN, stocked
from tests.http.test_temporary_codes import let_pass
from tests.workers import at_work
from twolatch.client import cards as soft
from twolatch.client.cards import SoftCard
from twolatch.closing.effect import close_due
from twolatch.custody.orders import flows as orders
from twolatch.people.model import Role, User
from twolatch.texts.catalogue import Texts
from twolatch.words.limits import DAY

TRACKING = "3SABCD1234567"
CODE = re.compile(r"^[0-9A-Z]{5}-[0-9A-Z]{5}$")


@dataclass
class Story:
    """Bram, and who helps him."""

    street: Street
    say: Say
    language: str
    user: User
    agent: Portal
    officer: Portal

    async def look(self, at: Portal, name: str) -> None:
        await self.street.look(at, name)

    async def codes(self) -> int:
        rows = "FROM authenticators WHERE user_id = :id AND kind = 'tempcode'"
        return await self.street.town.count(rows, id=self.user.id)


async def begun(street: Street, language: str) -> Story:
    speak = {"locale": LOCALES[language]}
    user = await street.person(display="Bram Jansen", language=language)
    sanne, olga = await at_work(street.town), await at_work(street.town, Role.OFFICER, "Olga")
    agent, officer = await sits(street, sanne, **speak), await sits(street, olga, **speak)
    agent.kind = officer.kind = "desk"
    return Story(street, partial(Texts().say, language), language, user, agent, officer)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_bram_breaks_his_card_gets_another_and_closes_his_account_in_the_end(
    street: Street, tmp_path: Path, language: str
) -> None:
    story = await begun(street, language)
    account = holds(street, story.user, tmp_path)
    old, _ = await with_card(street, story.user, await street.portal())

    await reads_what_to_do(story)
    await phones(story, old)
    code = await is_helped_by_two(story)
    bram = await in_by_code(street, story.user, language, code)
    await reads_who_helped(story, bram)
    await orders_another(street, bram, story.say, old)
    new = await is_sent_one(story, bram)
    barcode = await sends_back(street, bram, story.say, old)
    where = bram.page.url
    await comes_back(story, old, barcode)
    await sees_it_received(story, bram, where)
    await activates_after_days(story, bram, new)

    bram = await comes_in_with(story, new)
    await asks_to_close(story, bram, account)
    barcode = await sends_back(street, bram, story.say, new, "closing")
    await comes_back(story, new, barcode)
    await close_due(street.town.house, street.town.house.clock.now())
    await opens_last_years_tax_form(story)


# the card breaks


async def reads_what_to_do(story: Story) -> None:
    """The article is open to everybody: he cannot log in."""
    anyone = await story.street.portal(locale=LOCALES[story.language])
    await anyone.open("/help/return")
    await anyone.says(story.say("help_return.kind.codes"))
    await story.look(anyone, "the article")


async def phones(story: Story, old: SoftCard) -> None:
    """He reads out who he is; what the broken card was asked stays without an answer."""
    agent, say = story.agent, story.say
    await agent.open("/")
    await agent.page.locator("#sought").fill(old.serial)
    await agent.page.keyboard.press("Enter")
    await agent.page.locator("#words-1").fill("Kaart gebroken, scherm blijft zwart.")
    await agent.page.keyboard.press("Enter")
    await agent.page.wait_for_url(re.compile("/cases/"), wait_until="load")
    await agent.page.keyboard.press("p")
    await expect(agent.page.locator(".asked .number-digits")).to_be_visible()
    await story.look(agent, "the card is asked")
    await press(agent.page, "/withdraw")
    await expect(agent.page.locator(".level-nothing")).to_be_visible()
    await agent.page.keyboard.press("f")
    await agent.page.keyboard.press("Enter")
    await agent.says(say("desk.done.faulty"))
    await story.look(agent, "the card is faulty")
    client = await story.street.portal(locale=LOCALES[story.language])
    await client.log_in(story.user.name, PASSWORD)
    await expect(client.page.locator("#answer")).to_have_count(0)
    await story.look(client, "nothing opens any more")


async def is_helped_by_two(story: Story) -> str:
    """The agent can only propose. What he sends past his page is refused, and there is no code until she agrees."""
    agent, officer, say = story.agent, story.officer, story.say
    await agent.page.keyboard.press("c")
    await agent.page.keyboard.press("Enter")
    await agent.page.wait_for_url(re.compile("/proposals/"), wait_until="load")
    await agent.says(say("proposal.waits"))
    own = agent.page.url.removeprefix(agent.origin)
    for verb in ("approve", "show"):
        await agent.page.locator("form[action$='/withdraw']").evaluate(
            "(form, verb) => { form.action = form.action.replace('withdraw', verb); form.requestSubmit(); }", verb
        )
        await agent.page.wait_for_url(re.compile(f"{own}/{verb}$"), wait_until="load")
        assert await story.codes() == 0
        await agent.open(own)
    await story.look(agent, "the proposal waits")

    await officer.open("/proposals")
    await officer.page.locator(f"a[href='{own}']").click()
    await officer.says(say("proposal.what.temporary_code"), "Sanne")
    await story.look(officer, "the proposal is decided")
    await officer.page.keyboard.press("y")
    await officer.says(say("proposal.state.executed"))
    await expect(officer.page.locator("form[action$='/show']")).to_have_count(0)

    await agent.says(say("proposal.state.executed"))
    await press(agent.page, "/show")
    shown = agent.page.locator(".given-code [aria-hidden]")
    await expect(shown).to_have_text(CODE)
    assert await story.codes() == 1
    return await shown.inner_text()


async def reads_who_helped(story: Story, bram: Portal) -> None:
    await bram.open("/diary")
    await bram.says(story.say("diary.desk.case.opened"))
    await story.look(bram, "diary")


# another card, and the old one goes back


async def is_sent_one(story: Story, bram: Portal) -> SoftCard:
    town, agent = story.street.town, story.agent
    [order] = await orders.mine(town.house, story.user)
    new = await stocked(town)
    await agent.open("/orders")
    await ships(agent, order.number, new.serial, TRACKING)
    await agent.says(story.say("orders.sent", serial=new.serial))
    await bram.open("/cards")
    await bram.says(new.serial, TRACKING, story.say("card_state.shipped.means"))
    await story.look(bram, "the new card is on its way")
    return new


async def comes_back(story: Story, card: SoftCard, barcode: str) -> None:
    """Scanned, looked at, destroyed: without a mouse."""
    agent, say = story.agent, story.say
    await agent.open("/returns")
    await expect(agent.page.locator("#scanned")).to_be_focused()
    await scan(agent.page, barcode)
    await agent.says(card.serial, say("returns.now.received"))
    await leave_field(agent.page)
    await agent.page.keyboard.press("1")
    await agent.says(card.serial, say("returns.now.inspected"))
    await leave_field(agent.page)
    await agent.page.keyboard.press("d")
    await agent.says(card.serial, say("returns.now.destroyed"))
    await story.look(agent, "the card is destroyed")


async def sees_it_received(story: Story, bram: Portal, where: str) -> None:
    await bram.page.goto(where)
    await bram.says(story.say("returning.received"), story.say("returning.seen"))
    await expect(bram.page.locator("ol.steps > li.done")).to_have_count(4)
    await bram.page.locator("details.help summary").first.click()
    await story.look(bram, "the old card is received")


async def activates_after_days(story: Story, bram: Portal, new: SoftCard) -> None:
    """The post took three days; by then the code opens only the way to something better, and this is it."""
    await let_pass(story.street.town, story.user, 3 * DAY)
    await story.street.town.do("UPDATE sessions SET fresh_at = seen_at WHERE user_id = :id", id=story.user.id)
    await bram.open("/")
    await bram.at("/bridging")
    await story.look(bram, "bridging with a card from the post")
    await bram.page.locator("main a[href='/card']").click()
    await bram.at("/card")
    await bram.says(new.serial)
    await bram.page.locator("form[action='/card'] button").click()
    await answers(bram, new, "$='/confirm'")
    await expect(bram.page.locator("#answer")).to_have_count(0)
    await story.look(bram, "the new card is active")


async def answers(at: Portal, card: SoftCard, action: str) -> None:
    """What the card shows for the number on the screen, typed."""
    answer = soft.answer(card, PIN, await at.digits())
    assert answer
    await at.page.locator("#answer").fill(answer)
    await at.page.locator(f"form[action{action}] button").click()


# the end of the account


async def comes_in_with(story: Story, new: SoftCard) -> Portal:
    portal = await story.street.portal(locale=LOCALES[story.language])
    await portal.log_in(story.user.name, PASSWORD)
    await portal.at("/login/second")
    await answers(portal, new, "='/login/answer'")
    await portal.at("/")
    await portal.open("/security")
    await portal.says(new.serial)
    return portal


async def asks_to_close(story: Story, bram: Portal, account: str) -> None:
    await had_it_for_long(story.street, story.user)
    await bram.open("/accounts")
    await bram.page.locator("a[href$='/close']").click()
    await types_its_number(story.street, bram, account)
    where = bram.page.url
    await its_day_is_over(story.street, story.user)
    await bram.page.goto(where)
    await bram.says(story.say("closing.send_back"))
    await story.look(bram, "closing waits for the card")
    await bram.page.locator("main a[href='/cards']").click()
    await bram.at("/cards")


async def opens_last_years_tax_form(story: Story) -> None:
    reader = await story.street.portal(locale=LOCALES[story.language])
    await reader.log_in(story.user.name, PASSWORD)
    await reader.at("/closed")
    await reader.says("2025", story.say("papers.tax_form"))
    await story.look(reader, "closed")
    paper = await reader.page.locator("main a[href^='/documents/']").first.get_attribute("href")
    answer = await reader.page.request.get(f"{reader.origin}{paper}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline")
    assert "Tax form" in pypdfium2.PdfDocument(await answer.body())[0].get_textpage().get_text_range()
    await reads(reader, story.language)
