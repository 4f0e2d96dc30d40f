"""Web Push as a wake-up: "there is something to look at".

Encrypted for one browser (RFC 8291, aes128gcm), signed with our name (RFC 8292, VAPID). A push carries no
secret and decides nothing; losing one costs the person a tap on the app. The endpoint was chosen by a
stranger's browser, see `public_http` for what that means.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from twolatch.wires.public_http import Answer, NotPublic, PublicPost, host_of

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

# Exact names, or ".suffix" for any name below it. The services of Chrome and Edge, Firefox, Windows, Safari.
PUSH_HOSTS = frozenset(
    {
        "fcm.googleapis.com",
        ".push.services.mozilla.com",
        ".notify.windows.com",
        "web.push.apple.com",
        ".push.apple.com",
    }
)
MOST_PAYLOAD_BYTES = 3_993  # RFC 8291: a record of 4,096 less header, delimiter and tag
TOKEN_LIFE_SECONDS = 6 * 3_600  # RFC 8292 allows 24 h, our own rule 12 h
TOKEN_KEPT_SECONDS = 1_800
_MOST_TOKENS = 64
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SUBJECT = re.compile(r"https://[!-~]+|mailto:[!-~]+@[!-~]+")
_ORIGIN = re.compile(r"https?://[^/]+")


class BadSubscription(ValueError):
    """What a browser sent is not a push subscription."""


class Subscription(msgspec.Struct, frozen=True):
    """Where and for whom: `p256dh` 65 bytes (a point on P-256), `auth` 16 bytes. Made by `parse`."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    @classmethod
    def parse(cls, endpoint: str, p256dh: str, auth: str) -> "Subscription":
        """From the strings of the browser's `toJSON()`: base64url, unpadded. Raises BadSubscription."""
        if not 1 <= len(endpoint) <= 1_024 or re.fullmatch(r"https?://[!-~]+", endpoint) is None:
            raise BadSubscription("endpoint")
        try:
            point, secret = _from_b64u(p256dh, 65), _from_b64u(auth, 16)
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError as error:
            raise BadSubscription("keys") from error
        return cls(endpoint, point, secret)

    def __repr__(self) -> str:
        # Whoever knows the endpoint may disturb the phone, whoever knows `auth` may forge what it shows.
        return f"Subscription({host_of(self.endpoint)})"


def is_subject(text: str) -> bool:
    """An https or mailto address: what push services take as the operator's."""
    return _SUBJECT.fullmatch(text) is not None


class VapidKeys:
    """Our name towards push services: one P-256 key for all phones. Changing it ends all subscriptions."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        if not isinstance(private.curve, ec.SECP256R1):
            raise ValueError("a VAPID key is a P-256 key")
        self._private = private
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = urlsafe_b64encode(point).decode("ascii").rstrip("=")
        """base64url of 65 bytes, the browser's `applicationServerKey`."""

    @classmethod
    def from_pem(cls, pem: str | bytes) -> "VapidKeys":
        """Raises ValueError when it is not an unencrypted P-256 private key."""
        key = load_pem_private_key(pem.encode("ascii") if isinstance(pem, str) else pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("a VAPID key is a P-256 key")
        return cls(key)

    @classmethod
    def from_raw(cls, secret: str) -> "VapidKeys":
        """From the base64url of 32 bytes, as other tools write it. Raises ValueError."""
        return cls(ec.derive_private_key(int.from_bytes(_from_b64u(secret, 32)), ec.SECP256R1()))

    @classmethod
    def new(cls) -> "VapidKeys":
        return cls(ec.generate_private_key(ec.SECP256R1()))

    def pem(self) -> str:
        """The private key, PKCS 8. To be written where secrets live and nowhere else."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    def for_signing(self) -> "ECKey":
        from joserfc.jwk import ECKey  # a process that never pushes never pays for it

        return ECKey.import_key(self._private)

    def __repr__(self) -> str:
        return f"VapidKeys({self.public[:8]}...)"


class Delivered(msgspec.Struct, frozen=True):
    """The push service took it. Whether the phone shows it, nobody knows."""


class Gone(msgspec.Struct, frozen=True):
    """The subscription is dead (404, 410) or its endpoint is none that we may call: drop it."""

    why: str


class Later(msgspec.Struct, frozen=True):
    """Not now: overloaded, unreachable, refused. `retry_after` in seconds when the service asked for it."""

    why: str
    retry_after: int | None = None


class Transport(Protocol):
    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer: ...

    async def close(self) -> None: ...


class Push:
    """Sends wake-ups. `subject`: an https or mailto URL of the operator (Apple insists on a real one).

    `unsafe_origins` are exact origins ("http://127.0.0.1:8099") that skip every check: for tests only.
    """

    def __init__(
        self,
        keys: VapidKeys,
        subject: str,
        allowed_hosts: frozenset[str] = PUSH_HOSTS,
        transport: Transport | None = None,
        unsafe_origins: frozenset[str] = frozenset(),
    ) -> None:
        if not is_subject(subject):
            raise ValueError("a push subject is an https or mailto URL")
        self._keys = keys
        self._subject = subject
        self._allowed_hosts = allowed_hosts
        self._unsafe_origins = unsafe_origins
        self._transport: Transport = transport or PublicPost(unsafe_origins=unsafe_origins)
        self._tokens: dict[str, tuple[int, str]] = {}

    def admits(self, endpoint: str) -> bool:
        """Whether we would ever call this endpoint; ask before storing a subscription."""
        if any(endpoint.startswith(f"{origin}/") for origin in self._unsafe_origins):
            return True
        host = host_of(endpoint)
        return host is not None and any(
            host.endswith(allowed) if allowed.startswith(".") else host == allowed for allowed in self._allowed_hosts
        )

    async def send(
        self, subscription: Subscription, payload: bytes, *, topic: str, ttl: int, now: int
    ) -> Delivered | Gone | Later:
        """Encrypt and send once. `topic` (1 to 32 of A-Z a-z 0-9 _ -): newer replaces older. `ttl`: seconds.

        Raises ValueError when payload (3,993 bytes), topic or ttl are out of bounds: the caller's fault.
        """
        if len(payload) > MOST_PAYLOAD_BYTES or _TOPIC.fullmatch(topic) is None or not 0 <= ttl <= 86_400:
            raise ValueError("payload, topic or ttl out of bounds")
        if not self.admits(subscription.endpoint):
            return Gone("endpoint not allowed")
        headers = self._headers(subscription.endpoint, topic, ttl, now)
        body = _sealed(subscription, payload)
        try:
            answer = await self._transport.post(subscription.endpoint, headers, body)
        except NotPublic:
            return Later("address not public")
        except OSError as error:
            return Later(type(error).__name__)
        return _judged(answer)

    async def close(self) -> None:
        await self._transport.close()

    def _headers(self, endpoint: str, topic: str, ttl: int, now: int) -> dict[str, str]:
        return {
            "Authorization": f"vapid t={self._token(endpoint, now // 1000)}, k={self._keys.public}",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl),
            "Urgency": "high",
            "Topic": topic,
        }

    def _token(self, endpoint: str, second: int) -> str:
        found = _ORIGIN.match(endpoint)
        origin = found[0].removesuffix(":443") if found else ""
        made, token = self._tokens.get(origin, (second, ""))
        if token and 0 <= second - made < TOKEN_KEPT_SECONDS:
            return token
        if len(self._tokens) >= _MOST_TOKENS:
            self._tokens.clear()
        token = self._new_token(origin, second)
        self._tokens[origin] = (second, token)
        return token

    def _new_token(self, origin: str, second: int) -> str:
        from joserfc import jwt

        header = {"typ": "JWT", "alg": "ES256"}
        claims = {"aud": origin, "exp": second + TOKEN_LIFE_SECONDS, "sub": self._subject}
        return jwt.encode(header, claims, self._keys.for_signing(), algorithms=["ES256"])


def _judged(answer: Answer) -> Delivered | Gone | Later:
    if 200 <= answer.status < 300:
        return Delivered()
    if answer.status in (404, 410):
        return Gone(f"status {answer.status}")
    return Later(f"status {answer.status}", answer.retry_after)


def _sealed(subscription: Subscription, payload: bytes) -> bytes:
    import http_ece

    sealed: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.p256dh,
        auth_secret=subscription.auth,
        version="aes128gcm",
    )
    return sealed


def _from_b64u(text: str, size: int) -> bytes:
    """Exactly `size` bytes in their one spelling; Python's decoder alone would skip odd characters and
    stray bits.
    """
    if re.fullmatch(r"[A-Za-z0-9_-]{1,128}", text) is None:
        raise ValueError("not base64url")
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""
    if len(raw) != size or urlsafe_b64encode(raw).decode("ascii").rstrip("=") != text:
        raise ValueError("wrong length")
    return raw
