"""Keys outlive a new version of the app, a second window and a wrong clock; where the browser has deleted them, the
app says so."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.phone_app import PhoneApp
from tests.browser.street import IPHONE, PASSWORD, PIN, Street

VERSION_1 = (Path(__file__).parent / "vaults" / "version1.js").read_text(encoding="utf-8").partition("\nasync")[2]
# Lays what the app holds now into a vault of version 1, as if it had been written then.
BACK_TO_VERSION_1 = """
async () => {
  const done = (wish) => new Promise((resolve, reject) => {
    wish.onsuccess = () => resolve(wish.result);
    wish.onerror = () => reject(wish.error);
  });
  const db = await done(indexedDB.open("twolatch"));
  const store = (name) => db.transaction(name).objectStore(name);
  const records = await done(store("phones").getAll());
  const language = await done(store("choices").get("language"));
  db.close();
  await done(indexedDB.deleteDatabase("twolatch"));
  await (async %s)({ records, choices: { language: language ?? "en" } });
  return records.map((record) => [record.deviceKey.extractable, record.maskKey.extractable]);
}
"""
SHAPE = """
() => new Promise((resolve, reject) => {
  const wish = indexedDB.open("twolatch");
  wish.onerror = () => reject(wish.error);
  wish.onsuccess = () => {
    const { version, objectStoreNames } = wish.result;
    wish.result.close();
    resolve([version, [...objectStoreNames]]);
  };
})
"""
# A browser that breaks down in the middle of an upgrade, until it is told to work again.
BREAKS = """
const make = IDBDatabase.prototype.createObjectStore;
IDBDatabase.prototype.createObjectStore = function (...given) {
  if (localStorage.getItem("test-breaks")) throw new DOMException("disk full", "QuotaExceededError");
  return make.apply(this, given);
};
"""
EVICT = """
async () => {
  await new Promise((resolve, reject) => {
    const wish = indexedDB.deleteDatabase("twolatch");
    wish.onsuccess = resolve;
    wish.onerror = reject;
  });
}
"""
# A phone whose clock is a day off.
OFF = """
{
  const real = Date, by = %d;
  Date = class extends real {
    constructor(...given) { given.length ? super(...given) : super(real.now() + by); }
    static now() { return real.now() + by; }
  };
}
"""
DAY = 86_400_000


async def beside(app: PhoneApp) -> Page:
    """A page of the app's own address that is not the app: it holds nothing open."""
    page = await app.page.context.new_page()
    await page.goto(f"{app.origin}/manifest.webmanifest")
    return page


async def closed_and(app: PhoneApp, script: str) -> Any:
    """The app is closed, something happens to its storage, and a new window stands ready."""
    page = await beside(app)
    await app.page.close()
    result = await page.evaluate(script)
    app.page = page
    return result


async def test_keys_of_an_older_version_serve_the_new_one_even_if_the_first_upgrade_fails(street: Street) -> None:
    street.allow("disk full")
    street.allow("Uncaught exception in event handler.")
    anna = await street.with_phone(script=BREAKS)
    app = anna.app
    kept = await closed_and(app, BACK_TO_VERSION_1 % VERSION_1)
    assert kept == [[False, False]]  # not even we can read these keys out
    before = await app.page.evaluate(SHAPE)
    assert before == [1, ["choices", "phones"]]

    await app.page.evaluate("localStorage.setItem('test-breaks', 'yes')")
    await app.open()
    await app.at("refusal", code="vault.closed")
    assert await app.page.evaluate(SHAPE) == before  # all of the old vault, and nothing of the new one
    await app.page.evaluate("localStorage.removeItem('test-breaks')")
    await app.open()
    await app.at("home")
    await app.says("Anna de Vries")
    version, stores = await app.page.evaluate(SHAPE)
    assert version > 1
    assert {"choices", "phones", "seen"} <= set(stores)
    await anna.let_in()


async def test_a_page_of_yesterday_says_that_it_must_be_loaded_anew(street: Street) -> None:
    anna = await street.with_phone()
    await closed_and(anna.app, SHAPE.replace('open("twolatch")', 'open("twolatch", 999)'))
    await anna.app.open()
    await anna.app.at("refusal", code="vault.newer")
    await street.look(anna.app, "refusal newer vault")
    await expect(anna.app.main_button).to_have_text("Load new version")


async def test_a_browser_that_deleted_the_keys_is_explained_and_the_way_out_is_open(street: Street) -> None:
    anna = await street.with_phone()
    app = anna.app
    await closed_and(app, EVICT)
    await app.open()
    await app.at("lost")
    await app.says("This app was set up for Anna de Vries.", "Nobody can log in because of this")
    await street.look(app, "lost")
    await app.page.reload()
    await app.at("lost")  # not told once and forgotten
    await app.press_main()
    await app.at("method")
    await app.open()
    await app.tap("Do not remind me")
    await app.at("start")
    await app.page.reload()
    await app.at("start")


async def test_a_deleted_key_is_told_in_dutch_and_a_removed_user_is_not_missed(street: Street) -> None:
    anna = await street.with_phone(language="nl", locale="nl-NL")
    app = anna.app
    await closed_and(app, EVICT)
    await app.open()
    await app.at("lost")
    await app.has_title("De sleutel van deze telefoon is weg")
    await street.look(app, "lost")
    await app.tap("Niet meer melden")
    await street.activate(await street.person(), app)
    await app.page.get_by_role("button", name="Instellingen").click()
    await app.tap("Anna de Vries verwijderen")
    await app.remove(PIN)
    await app.at("start")
    await app.page.reload()
    await app.at("start")


async def test_a_plain_tab_of_an_iphone_is_told_to_install_before_its_keys_are_deleted(street: Street) -> None:
    user, app = await street.person(), await street.phone(agent=IPHONE)
    forms = street.town.browser()
    await forms.log_in(user.name, PASSWORD)
    await app.open(forms.page.link.removeprefix(app.origin))
    await app.tap("Use a PIN of the app instead")
    await app.press_main()
    await app.give_pin(PIN)
    await app.link()
    await forms.confirm(await app.digits())
    await app.at("success")
    await app.says("Safari deletes what a page has stored")
    await app.press_main()
    await app.at("home")
    await app.says("Safari deletes what a page has stored")
    await street.look(app, "home in a plain tab")


async def test_of_two_windows_one_answers_and_the_other_follows(street: Street) -> None:
    anna = await street.with_phone()
    other = PhoneApp(await street.reopened(anna.app), anna.app.origin)
    await other.open()
    await other.at("home")
    await anna.log_in()
    await other.at("request")
    await anna.app.approve_and_see(PIN)
    await other.at("outcome", outcome="approved")
    await other.press_main()
    await anna.portal.at("/")
    await anna.portal.log_out()
    await anna.log_in()
    await other.approve_and_see(PIN)  # with the epoch that the first window's answer brought
    await anna.app.at("outcome", outcome="approved")
    await anna.app.press_main()
    await anna.app.page.get_by_role("button", name="Settings").click()
    await anna.app.tap("Remove Anna de Vries")
    await anna.app.remove(PIN)
    await anna.app.at("start")
    await other.at("start")


async def test_a_phone_whose_clock_is_a_day_off_shows_requests_as_the_server_means_them(street: Street) -> None:
    for by in (DAY, -DAY):
        anna = await street.with_phone(script=OFF % by, worker=True)
        street.allow("net::ERR_INTERNET_DISCONNECTED")
        await anna.log_in()
        await anna.app.at("request")
        shown = await anna.app.page.locator(".timer").inner_text()
        assert "0:00" < shown.strip() <= "3:00", shown
        await anna.app.page.context.set_offline(True)
        await anna.app.page.reload()
        await anna.app.at("home")
        await anna.app.says("No connection. This is what was true on", "A login is waiting")
        if by > 0:
            await street.look(anna.app, "home offline with a request")
        await anna.app.page.context.set_offline(False)
        await anna.app.looks_again()
        await anna.app.approve_and_see(PIN)
        await anna.portal.at("/")


async def test_what_ran_out_while_there_was_no_network_is_not_shown_as_waiting(street: Street) -> None:
    """The other way round: nothing old is offered."""
    anna = await street.with_phone(worker=True)
    street.allow("net::ERR_INTERNET_DISCONNECTED")
    await anna.log_in()
    await anna.app.at("request")
    await anna.app.page.context.set_offline(True)
    await anna.app.page.evaluate(
        """() => new Promise((resolve) => {
          const wish = indexedDB.open("twolatch");
          wish.onsuccess = () => {
            const change = wish.result.transaction("choices", "readwrite");
            change.objectStore("choices").put(240000, "ahead");
            change.oncomplete = () => (wish.result.close(), resolve());
          };
        })"""
    )
    await anna.app.page.reload()
    await anna.app.at("home")
    await anna.app.says("Nothing is waiting", "A login waited for you and ended: it was too old.")
    await anna.app.page.context.set_offline(False)
    await anna.app.looks_again()
    await anna.app.fill_request(PIN)
