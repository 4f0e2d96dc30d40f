"""Who keeps the key under which the site's data keys lie: a file, a credential of systemd, or a Vault.

`file:PATH` holds 64 hexadecimal digits that only its owner may read; `credential:NAME` is the same, handed in by
systemd (`LoadCredential=`); `vault:https://HOST/v1/transit/keys/NAME` is a key that never leaves a Vault (Transit).
The keeper is asked at the start and when keys change, never for a request: while it is away a running site goes on.
"""

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from twolatch.protocol.keys import hkdf
from twolatch.settings import Settings, is_loopback_name

PATIENCE = 5.0  # seconds for one question to a Vault
MOST_ANSWER = 64 * 1024
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # set by systemd
_TRANSIT = "/v1/transit/keys/"


class WrongKey(Exception):
    """The key does not open this database, or cannot be had; refusing to start is the only safe answer."""


class Keeper(Protocol):
    """`about` says what the key is for: a wrapped key that is put into another row does not open."""

    @property
    def name(self) -> str: ...
    async def wrap(self, key: bytes, about: bytes) -> bytes: ...
    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes: ...


def keeper_of(settings: Settings, address: str = "", *, make: bool = False) -> Keeper:
    """The keeper that the settings name, or the one at `address`. `make`: a key file that is missing is made.

    Raises WrongKey where it cannot be had, or is named in no form we know.
    """
    address = address or settings.key_provider or f"file:{settings.key_file}"
    scheme, _, rest = address.partition(":")
    if scheme == "file" and rest:
        return KeyFile("file", read_master_key(Path(rest), make=make))
    if scheme == "credential" and rest and "/" not in rest:
        return KeyFile("credential", _read_hex(Path(os.environ.get(CREDENTIALS, "")) / rest))
    if scheme == "vault":
        return Vault(rest, settings.vault_token_file, settings.vault_ca_file)
    raise WrongKey(f"{address!r} names no keeper of keys: file:PATH, credential:NAME or vault:https://HOST{_TRANSIT}NAME")


class KeyFile:
    """AES-256-GCM under a key from a file."""

    def __init__(self, name: str, master: bytes) -> None:
        if len(master) != 32:
            raise WrongKey("the master key must be 32 bytes")
        self.name = name
        self._gcm = AESGCM(hkdf(master, b"", b"twolatch/v1/house/wrap", 32))

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._gcm.encrypt(nonce, key, about)

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        try:
            return self._gcm.decrypt(wrapped[:12], wrapped[12:], about)
        except InvalidTag:
            raise WrongKey(
                "this master key is not the one of this database: use the key that was made together with it"
            ) from None


class Vault:
    """Transit, as HashiCorp Vault and OpenBao speak it: AES-256-GCM there, with `about` as associated data."""

    name = "vault"

    def __init__(self, address: str, token_file: Path | None, ca_file: Path | None) -> None:
        parts = urlsplit(address)
        self._key = parts.path.removeprefix(_TRANSIT)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback_name(parts.hostname or ""))
        if not is_safe or not parts.path.startswith(_TRANSIT) or not self._key.replace("-", "").isalnum():
            raise WrongKey(f"vault:{address} is no Transit key: vault:https://HOST:8200{_TRANSIT}NAME")
        if token_file is None:
            raise WrongKey("the Vault asks for a token: name its file in TWOLATCH_VAULT_TOKEN_FILE")
        self._base, self._token, self._ca = f"{parts.scheme}://{parts.netloc}/v1/transit", token_file, ca_file

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        said = await self._ask("encrypt", plaintext=b64encode(key).decode(), associated_data=b64encode(about).decode())
        wrapped = said.get("ciphertext")
        if not isinstance(wrapped, str) or not wrapped.startswith("vault:v"):
            raise WrongKey("the Vault answered in no form we know")
        return wrapped.encode("ascii", "replace")

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        text = wrapped.decode("ascii", "replace")
        said = await self._ask("decrypt", ciphertext=text, associated_data=b64encode(about).decode())
        try:
            return b64decode(str(said.get("plaintext", "")), validate=True)
        except NotBase64:
            raise WrongKey("the Vault answered in no form we know") from None

    async def _ask(self, wish: str, **body: str) -> dict[str, Any]:
        import httpx
        import msgspec

        try:
            token = self._token.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise WrongKey(f"cannot read the Vault's token {self._token}: {fault}") from None
        try:
            verify: Any = str(self._ca) if self._ca else True
            async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=verify) as client:
                headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
                answer = await client.post(f"{self._base}/{wish}/{self._key}", json=body, headers=headers)
        except (httpx.HTTPError, OSError) as fault:  # OSError: the file of its certificate authority
            raise WrongKey(f"the Vault at {self._base} does not answer: {type(fault).__name__}") from None
        if not answer.is_success:
            raise WrongKey(f"the Vault refused to {wish} ({answer.status_code}): is this its key, and the token alive?")
        try:
            return dict(msgspec.json.decode(answer.content[:MOST_ANSWER], type=dict[str, Any])["data"])
        except (msgspec.DecodeError, msgspec.ValidationError, KeyError, TypeError, ValueError):
            raise WrongKey("the Vault answered in no form we know") from None


def read_master_key(path: Path, *, make: bool) -> bytes:
    """32 bytes from a file that only its owner may read; made where it is missing and `make` allows it."""
    if not path.exists() and make:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(32).hex().encode())
            file.flush()
            os.fsync(file.fileno())
    return _read_hex(path)


def _read_hex(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode & 0o077
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise WrongKey(f"cannot read the master key {path}: {fault}") from None
    if mode:
        raise WrongKey(f"the master key {path} may be read by others: chmod 600 {path}")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise WrongKey(f"the master key {path} must be 64 hexadecimal digits") from None
