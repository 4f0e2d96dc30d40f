"""iOS way: no PIN of the app, but the phone's own lock (Face ID, fingerprint, passcode)."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, expect

from tests.browser.phone_app import PhoneApp
from tests.browser.street import IPHONE, Client, Street


@dataclass
class Lock:
    """The lock of one phone: a virtual platform authenticator."""

    wire: CDPSession
    id: str

    @classmethod
    async def on(cls, phone: PhoneApp, *, keeps_secrets: bool = False) -> "Lock":
        wire = await phone.page.context.new_cdp_session(phone.page)
        await wire.send("WebAuthn.enable")
        made = await wire.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "ctap2Version": "ctap2_1",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "hasPrf": keeps_secrets,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        return cls(wire, made["authenticatorId"])

    async def lies(self, **bits: bool) -> None:
        """`isBadUV`: answers without having verified anybody. `isBogusSignature`: signs nonsense."""
        await self.wire.send("WebAuthn.setResponseOverrideBits", {"authenticatorId": self.id, **bits})

    async def knows_the_face(self, knows: bool) -> None:
        wish: dict[str, Any] = {"authenticatorId": self.id, "isUserVerified": knows}
        await self.wire.send("WebAuthn.setUserVerified", wish)


async def with_lock(street: Street) -> tuple[PhoneApp, Lock]:
    phone = await street.phone(agent=IPHONE)
    lock = await Lock.on(phone)
    await phone.open()
    await phone.at("start")
    return phone, lock


async def to_whom(street: Street, phone: PhoneApp) -> Client:
    """Anna, her portal, and the phone that has claimed her code by typing it."""
    anna, portal = await street.at_the_banner()
    await phone.tap("Set up using QR code")
    await phone.at("code")
    await phone.type_code(await portal.session_id())
    await phone.at("whom")
    return Client(street, anna, portal, phone)


async def activated(street: Street, phone: PhoneApp) -> Client:
    anna = await to_whom(street, phone)
    await phone.tap("Link and unlock")
    await phone.at("digits")
    await anna.portal.at("/activate")
    await anna.portal.confirm(await phone.digits())
    await phone.at("success")
    await phone.tap("Done")
    await phone.at("home")
    return anna


async def test_anna_activates_an_iphone_and_approves_with_her_face(street: Street) -> None:
    phone, _ = await with_lock(street)
    await street.look(phone, "start ios")
    anna = await activated(street, phone)
    await phone.says("Device unlock")
    await street.look(phone, "home ios")
    await anna.portal.open()
    await anna.portal.log_out()
    await anna.log_in()
    await phone.at("request")
    await expect(phone.page.locator("[name=pin]")).to_have_count(0)
    await street.look(phone, "request ios")
    await phone.approve()
    await anna.portal.at("/")
    await phone.at("outcome", outcome="approved")


async def test_the_iphone_shows_the_typed_form_and_the_camera_on_one_page(street: Street) -> None:
    phone, _ = await with_lock(street)
    await phone.tap("Set up using QR code")
    await phone.at("code")
    await expect(phone.page.get_by_label("Activation code")).to_be_visible()
    await expect(phone.page.get_by_role("button", name="Launch camera")).to_be_visible()
    await street.look(phone, "code ios")


async def test_a_face_the_phone_does_not_know_opens_nothing_and_may_try_again(street: Street) -> None:
    phone, lock = await with_lock(street)
    await lock.knows_the_face(False)
    anna = await to_whom(street, phone)
    await phone.tap("Link and unlock")
    await phone.at("refusal", code="unlock.cancelled")
    await street.look(phone, "refusal unlock cancelled")
    await lock.knows_the_face(True)
    await phone.tap("Try again")
    await phone.at("whom")
    await phone.tap("Link and unlock")
    await anna.portal.at("/activate")
    await anna.portal.confirm(await phone.digits())
    await phone.at("success")


async def test_a_lock_that_only_pretends_to_have_looked_activates_nothing(street: Street) -> None:
    phone, lock = await with_lock(street)
    await lock.lies(isBadUV=True)
    anna = await to_whom(street, phone)
    await phone.tap("Link and unlock")
    await anna.portal.at("/activate")
    await anna.portal.confirm(await phone.digits())
    await phone.at("refusal")
    await street.look(phone, "refusal lying lock")
    await anna.portal.open("/security")
    await anna.portal.says("One latch only")


async def test_a_lock_that_only_pretends_to_have_looked_approves_nothing(street: Street) -> None:
    phone, lock = await with_lock(street)
    anna = await activated(street, phone)
    await anna.portal.open()
    await anna.portal.log_out()
    await anna.log_in()
    await lock.lies(isBadUV=True)
    await phone.approve()
    await expect(phone.page.locator("#pin-problem")).to_contain_text("4 tries left")
    await street.look(phone, "request lying lock")
    await lock.lies(isBadUV=False)
    await phone.approve()
    await anna.portal.at("/")


async def test_a_phone_without_a_lock_offers_the_pin_instead(street: Street) -> None:
    phone = await street.phone(agent=IPHONE)
    await phone.open()
    await phone.tap("Set up using QR code")
    await phone.at("unlock-missing")
    await street.look(phone, "unlock missing")
    await phone.tap("Use a PIN of the app")
    await phone.at("method")
