"""Security keys and platform authenticators of a computer, as Chromium's own virtual ones."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession

from tests.browser.portal import Portal

OFFERS_NONE = "window.PublicKeyCredential && (PublicKeyCredential.isConditionalMediationAvailable = async () => false)"


@dataclass
class VirtualKey:
    """One authenticator at this browser's window."""

    wire: CDPSession
    id: str

    @classmethod
    async def at(
        cls, portal: Portal, *, verifies: bool = True, is_roaming: bool = False, offers: bool = False
    ) -> "VirtualKey":
        """A laptop's own lock; `is_roaming`: a key on a key ring, by USB; without `verifies` it is only touched.
        `offers`: the browser offers it among the names, and this one's person picks it at once; else it does not."""
        if not offers:
            await portal.page.context.add_init_script(OFFERS_NONE)
        wire = await portal.page.context.new_cdp_session(portal.page)
        await wire.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "usb" if is_roaming else "internal",
            "hasResidentKey": verifies,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        made = await wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(wire, made["authenticatorId"])

    async def knows_the_finger(self, knows: bool) -> None:
        wish: dict[str, Any] = {"authenticatorId": self.id, "isUserVerified": knows}
        await self.wire.send("WebAuthn.setUserVerified", wish)

    async def lies(self, **bits: bool) -> None:
        """`isBadUV`: answers without having verified anybody. `isBogusSignature`: signs nonsense."""
        await self.wire.send("WebAuthn.setResponseOverrideBits", {"authenticatorId": self.id, **bits})

    async def is_gone(self) -> None:
        """Pulled out, with all it holds."""
        await self.wire.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    async def credentials(self) -> list[dict[str, Any]]:
        found = await self.wire.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        held: list[dict[str, Any]] = found["credentials"]
        return held
