"""What K_dev signs to speak for a device (docs/protocol.md, "Signed requests" and section 3.3)."""

from hashlib import sha256

from twolatch.protocol.octets import label, lp

DEVICE_HEADER = "Twolatch-Device"
NONCE_HEADER = "Twolatch-Nonce"
SIGNATURE_HEADER = "Twolatch-Signature"
SESSION_HEADER = "Twolatch-Session"  # of the app's own sign-in; serves only beside a signature of its device


def request_text(host: str, device: str, method: str, path: str, nonce: str, body: bytes) -> bytes:
    """A signed request; `method` in capitals, `path` as sent, without query."""
    return label("request") + lp(host, device, method, path, nonce) + sha256(body).digest()


def stream_text(host: str, device: str, nonce: str) -> bytes:
    """One device's claim to hear of its changes."""
    return label("stream") + lp(host, device, nonce)
