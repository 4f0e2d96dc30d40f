"""Who asks, from where: approving, denying, "it was not me", and coming too late."""

from playwright.async_api import expect

from tests.browser.portal import Portal
from tests.browser.street import PASSWORD, PIN, Client, Street, remember_browser
from tests.people import FIREFOX

WRONG_PIN = "2846"


async def stranger(street: Street, anna: Client) -> Portal:
    """A browser that Anna never used, with her password; the phone is asked."""
    portal = await street.portal()
    await portal.log_in(anna.user.name, PASSWORD)
    await portal.at("/login/second")
    return portal


async def time_passes(street: Street, anna: Client) -> None:
    """All that waits for Anna's phone has waited too long."""
    done = await street.town.do(
        "UPDATE challenges SET expires_at = :now WHERE user_id = :user AND state = 'pending'",
        now=street.town.house.clock.now() - 1,
        user=anna.user.id,
    )
    assert done == 1


def other_than(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06}"


async def test_an_unknown_browser_asks_for_digits_and_only_the_right_ones_open(street: Street) -> None:
    anna = await street.with_phone()
    portal = await stranger(street, anna)
    await street.look(portal, "second with digits")
    await anna.app.at("request")
    await anna.app.says("This browser is new here")
    await street.look(anna.app, "request with digits")
    await anna.app.tap("Approve")
    await anna.app.says("Please type the six digits")
    digits = await portal.digits()
    await anna.app.approve(PIN, other_than(digits))
    await anna.app.says("PIN or digits are not right. 2 tries left.")
    await street.look(anna.app, "request wrong digits")
    await expect(anna.app.page.locator("[name=digits]")).to_have_value("")
    await anna.app.approve(PIN, f"{digits[:3]} {digits[3:]}")
    await portal.at("/")


async def test_three_wrong_numbers_end_the_login_and_both_sides_say_so(street: Street) -> None:
    anna = await street.with_phone()
    portal = await stranger(street, anna)
    wrong = other_than(await portal.digits())
    for left in ("2 tries left", "One try left"):
        await anna.app.approve(PIN, wrong)
        await anna.app.says(left)
    await anna.app.approve(PIN, wrong)
    await anna.app.at("outcome", outcome="locked")
    await street.look(anna.app, "outcome locked")
    await portal.has_title("Too many wrong answers")
    await street.look(portal, "over challenge locked")


async def test_anna_denies_and_nobody_gets_in(street: Street) -> None:
    anna = await street.with_phone()
    portal = await stranger(street, anna)
    await anna.app.at("request")
    await anna.app.tap("Deny")
    await anna.app.at("outcome", outcome="denied")
    await street.look(anna.app, "outcome denied")
    await portal.has_title("Denied on the phone")
    await street.look(portal, "over denied")
    await portal.open("/security")
    await portal.at("/login")


async def test_it_was_not_me_throws_the_stranger_out_and_asks_for_a_new_password(street: Street) -> None:
    anna = await street.with_phone()
    portal = await stranger(street, anna)
    await anna.app.at("request")
    await anna.app.tap("It was not me")
    await anna.app.at("not-me")
    await street.look(anna.app, "not me")
    await anna.app.tap("Yes, it was not me")
    await anna.app.at("outcome", outcome="not_me")
    await street.look(anna.app, "outcome not me")
    await portal.has_title("Reported as “It was not me”")
    await street.look(portal, "over not me")
    await anna.app.press_main()

    await anna.log_in()  # at her own browser
    await anna.app.approve_and_see(PIN)
    await anna.portal.at("/password")
    await street.look(anna.portal, "password forced")
    await anna.portal.open("/security")
    await anna.portal.at("/password")  # no way around it
    await anna.portal.page.locator("#new").fill("quiet harbour 77 larks")
    await anna.portal.page.locator("#repeat").fill("quiet harbour 77 larks")
    await anna.portal.page.get_by_role("button", name="Save").click()
    await anna.portal.at("/")
    assert (await street.town.notices(anna.user))["not_me"] == 1


async def test_it_was_not_me_ends_the_session_of_the_browser_that_asked(street: Street) -> None:
    """Somebody at Anna's open laptop wants to remove her phone."""
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    await street.town.do("UPDATE sessions SET fresh_at = 0 WHERE user_id = :user", user=anna.user.id)
    await anna.portal.open("/security")
    await anna.portal.page.get_by_role("link", name="Remove").click()
    await anna.portal.page.locator("form[action='/step-up'] button").click()
    await anna.app.at("request")
    await anna.app.has_title("Confirm once more")
    await street.look(anna.app, "request step up")
    await anna.app.tap("It was not me")
    await anna.app.tap("Yes, it was not me")
    await anna.app.at("outcome", outcome="not_me")
    await anna.portal.at("/login")  # by itself: the session is gone


async def test_a_newer_login_withdraws_the_older_request_in_plain_words(street: Street) -> None:
    anna = await street.with_phone()
    await anna.log_in()
    await anna.app.at("request")
    await anna.log_in()
    await anna.app.at("outcome", outcome="superseded")  # by itself, while she looks at it
    await street.look(anna.app, "outcome superseded")
    await anna.app.press_main()
    await anna.app.approve(PIN)
    await anna.portal.at("/")


async def test_a_late_tap_on_a_withdrawn_request_is_told_apart_from_a_wrong_pin(street: Street) -> None:
    anna = await street.with_phone()
    street.allow("net::ERR_FAILED")
    await anna.log_in()
    await anna.app.fill_request(PIN)
    for lines in ("**/v1/challenges", "**/v1/stream"):  # the phone has lost its ears, not its mouth
        await anna.app.page.route(lines, lambda route: route.abort())
    await anna.log_in()
    await anna.app.tap("Approve")
    await anna.app.at("outcome", outcome="superseded")


async def test_a_tap_after_the_time_is_over_says_so_and_opens_nothing(street: Street) -> None:
    anna = await street.with_phone()
    await anna.log_in()
    await anna.app.fill_request(PIN)
    await time_passes(street, anna)
    await anna.app.tap("Approve")
    await anna.app.at("outcome", outcome="expired")
    await street.look(anna.app, "outcome expired")
    await anna.portal.looks_again()
    await anna.portal.has_title("The time is over")
    await street.look(anna.portal, "over expired")


async def test_a_phone_opened_late_tells_what_it_missed(street: Street) -> None:
    anna = await street.with_phone()
    await anna.app.page.close()
    await anna.log_in()
    await anna.portal.page.close()  # she gives up
    await time_passes(street, anna)
    anna.app.page = await street.reopened(anna.app)
    await anna.app.open()
    await anna.app.at("home")
    await anna.app.says("A login waited for you and ended: it was too old.")
    await street.look(anna.app, "home with ended")


async def test_five_wrong_pins_lock_the_phone_and_the_portal_explains(street: Street) -> None:
    anna = await street.with_phone()
    await anna.log_in()
    for left in ("4 tries left", "3 tries left", "2 tries left", "One try left"):
        await anna.app.approve(WRONG_PIN)
        await anna.app.says(left)
    await street.look(anna.app, "request one try left")
    await anna.app.approve(WRONG_PIN)
    await anna.app.at("refusal", code="phone.locked")
    await street.look(anna.app, "refusal phone locked")
    await expect(anna.portal.page.locator("h1")).to_have_text("Too many wrong answers")
    await anna.portal.log_in(anna.user.name, PASSWORD)
    await anna.portal.refuses("login.phone_locked")
    await street.look(anna.portal, "over phone locked")
    await anna.app.tap("Go to overview")
    await anna.app.says("This phone is locked", "Log in to the portal with it and set this one up again")
    await expect(anna.app.page.locator("[data-stopped='phone.locked']")).to_be_visible()
    for promise in ("[name=password]", "[data-rung]"):  # no login begins here, and none can be approved
        await expect(anna.app.page.locator(promise)).to_have_count(0)
    await expect(anna.app.page.locator("main")).not_to_contain_text("A login that waits for you appears by itself")
    await street.look(anna.app, "home locked")


async def test_the_page_sends_another_request_when_the_first_got_lost(street: Street) -> None:
    anna = await street.with_phone()
    await anna.app.page.close()
    await anna.log_in()
    await anna.portal.page.locator("form[action='/login/again'] button").click()
    await anna.portal.page.locator("summary").click()
    await street.look(anna.portal, "second help open")
    anna.app.page = await street.reopened(anna.app)
    await anna.app.open()
    await anna.app.approve(PIN)
    await anna.portal.at("/")


async def test_a_known_browser_is_recognised_after_it_was_closed(street: Street) -> None:
    anna = await street.with_phone()
    await anna.let_in()
    await anna.app.press_main()
    kept = {cookie["name"]: cookie["value"] for cookie in await anna.portal.page.context.cookies()}
    portal = await street.portal(user_agent=FIREFOX)
    await remember_browser(portal, kept["__Host-dev"])
    await portal.log_in(anna.user.name, PASSWORD)
    await anna.app.at("request")
    await expect(anna.app.page.locator("[name=digits]")).to_have_count(0)


async def test_a_second_stranger_waits_until_the_first_is_answered(street: Street) -> None:
    anna = await street.with_phone()
    await stranger(street, anna)
    other = await street.portal()
    await other.log_in(anna.user.name, PASSWORD)
    await other.has_title("Another login is waiting")
    await street.look(other, "over another waiting")
