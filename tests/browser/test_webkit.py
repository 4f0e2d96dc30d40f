"""The engine of every iPhone: the app starts in it, keeps its keys, is activated by typing, and approves."""

from pathlib import Path

from tests.browser.street import PASSWORD, PIN, SCREENS
from tests.browser.webkit import WebKit, running_webkit
from tests.people import Town


async def keep(kit: WebKit, name: str) -> None:
    """A picture of what this engine makes of the screen."""
    folder = SCREENS / "webkit"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(await kit.picture())


async def test_in_webkit_anna_types_the_session_id_and_approves_her_login(town: Town, tmp_path: Path) -> None:
    async with running_webkit(tmp_path) as kit:
        anna, forms = await town.person(), town.browser()
        await forms.log_in(anna.name, PASSWORD)
        await kit.open(town.site.settings.phone_url)
        await kit.at("start")
        await keep(kit, "start")
        await kit.press("button.primary")
        await kit.at("method")
        await keep(kit, "method")
        await kit.press("[aria-labelledby=by-id]")
        await kit.at("explain")
        await kit.press("button.primary")
        await kit.at("code")
        await kit.fill(code=forms.page.session_id)
        await kit.press("button[type=submit]")
        await kit.at("pin")
        await keep(kit, "pin")
        await kit.fill(pin=PIN, repeat=PIN)
        await kit.press("button[type=submit]")
        await kit.at("whom")
        await keep(kit, "whom")
        await kit.press("button[type=submit]")
        await forms.confirm(await kit.digits())
        await kit.at("success")
        await keep(kit, "success")
        await kit.press("button.primary")
        await kit.at("home")
        await keep(kit, "home")

        await kit.open(town.site.settings.phone_url)  # opened anew: the key was kept, though it cannot be read
        await kit.at("home")
        await forms.log_out()
        await forms.log_in(anna.name, PASSWORD)
        await kit.at("request")
        await keep(kit, "request")
        await kit.fill(pin=PIN)
        await kit.press("button.approve")
        await kit.until("() => document.body.dataset.outcome === 'approved'")
        await forms.collect()
        assert await forms.is_in()
