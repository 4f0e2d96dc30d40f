"""What people do in these tests, in one call each."""

from tests.client.fake_server import SERVER, FakeServer
from twolatch.client.outcomes import Activated, Shown
from twolatch.client.phone import SoftPhone

PIN = "7391"


async def activated(phone: SoftPhone, server: FakeServer, user: str = "anna", pin: str = PIN) -> Activated:
    """Scans, shows the digits, confirms them in the portal, finishes."""
    shown = await phone.claim(server.issue(user).link.url(SERVER), pin)
    assert isinstance(shown, Shown), shown
    assert server.confirm(shown.six_digits)
    done = await phone.wait_active(shown.device)
    assert isinstance(done, Activated), done
    return done
