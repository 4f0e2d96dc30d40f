"""What a slow line must not break."""

from tests.browser.street import PIN, Street


async def test_on_a_slow_line_anna_is_still_logged_in_after_typing_the_six_digits(street: Street) -> None:
    """The digits renew the session's token. A look of the waiting page that is on its way with the old one must neither
    take the new one away nor stand in the way of the form."""
    (_anna, portal), phone = await street.at_the_banner(), await street.phone()
    await phone.claim(await portal.session_id(), PIN)
    await portal.at("/activate")
    await phone.link()
    line = await portal.page.context.new_cdp_session(portal.page)
    await line.send("Network.enable")
    wish = {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1}
    await line.send("Network.emulateNetworkConditions", wish)
    await portal.confirm(await phone.digits())
    await phone.at("success")
    await portal.says("Your phone is activated")
    await portal.open("/security")
    await portal.says("Pixel 8")
