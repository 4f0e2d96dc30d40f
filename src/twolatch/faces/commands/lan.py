"""The demo on the local network: HTTPS under a certificate authority of its own, so that a real phone can take part.

Portal, phone app and desk are told apart by port; a phone reaches them all by one name or address.
"""

import asyncio
import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.types import Receive, Scope, Send

from twolatch.faces.commands.inside import fail
from twolatch.faces.commands.server import free_port

YEARS = timedelta(days=365)


@dataclass(frozen=True)
class LanSite:
    """Addresses of the site, and where its authority's certificate lies."""

    name: str
    ports: tuple[int, int, int]
    authority: Path
    certificate: Path
    key: Path
    authority_port: int

    @property
    def portal(self) -> str:
        return f"https://{self.name}:{self.ports[0]}"

    @property
    def phone(self) -> str:
        return f"https://{self.name}:{self.ports[1]}"

    @property
    def desk(self) -> str:
        return f"https://{self.name}:{self.ports[2]}"

    def explain(self) -> None:
        where = f"http://{self.name}:{self.authority_port}/"
        typer.echo(
            f"\nThe phone and this computer's browser must trust the demo's own certificate authority, once:\n"
            f"  Android   open {where} on the phone, then Settings > Security > Install a certificate > CA\n"
            f"  iPhone    open {where} in Safari, allow the profile, Settings > General > VPN & Device Management >\n"
            f"            install it, then General > About > Certificate Trust Settings: switch it on\n"
            f"  Computer  import {self.authority} under the browser's certificate authorities\n"
            f"Remove it from the phone when you are done. Its key lies only in {self.authority.parent}."
        )
        if _is_address(self.name):
            typer.echo("Face and fingerprint need a host name: on a bare address the phone app offers the PIN.")

    def serve(self) -> None:
        """In the loop of every other server: Python's own leaves Nagle's algorithm (RFC 896) on for sockets that it is
        handed, and the body of each page then waits 40 ms for the head to be acknowledged."""
        import uvloop

        uvloop.run(self._serve())

    async def _serve(self) -> None:
        import uvicorn

        from twolatch.app import application
        from twolatch.faces.lines import Line
        from twolatch.faces.logs import plain_logs

        plain_logs()
        usual = {"log_config": None, "access_log": False, "server_header": False, "ws": "none", "http": Line}
        main = uvicorn.Config(
            application(),
            ssl_certfile=str(self.certificate),
            ssl_keyfile=str(self.key),
            proxy_headers=False,
            timeout_graceful_shutdown=2,
            **usual,  # type: ignore[arg-type]
        )
        side = uvicorn.Config(_HandOut(self.authority), lifespan="off", **usual)  # type: ignore[arg-type]
        servers = (uvicorn.Server(main), uvicorn.Server(side))
        sockets = [[_listen(port) for port in self.ports], [_listen(self.authority_port)]]
        main_run = asyncio.create_task(servers[0].serve(sockets[0]))
        side_run = asyncio.create_task(servers[1].serve(sockets[1]))
        await main_run
        servers[1].should_exit = True
        await side_run


def open_lan(data: Path, port: int) -> LanSite:
    """Finds this machine's name on the network and makes what certificates are missing."""
    address = _own_address()
    name = _mdns_name(address) or address
    ports: list[int] = []
    for wanted in (port, port + 1, port + 2, port + 3):
        ports.append(free_port("0.0.0.0", max(wanted, (ports or [0])[-1] + 1)))  # noqa: S104 the point of --lan
    folder = data / "certificates"
    folder.mkdir(exist_ok=True, mode=0o700)
    authority = folder / "twolatch-demo-ca.crt"
    if not authority.exists():
        _make_authority(authority)
    certificate, key = _make_certificate(authority, name, address)
    return LanSite(name, (ports[0], ports[1], ports[2]), authority, certificate, key, ports[3])


def _own_address() -> str:
    """The address by which the local network reaches us. Nothing is sent: connecting a UDP socket picks the route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            fail("This machine is on no network. Connect it to the phone's Wi-Fi, or run `make demo` without LAN=1.")


def _mdns_name(address: str) -> str:
    name = f"{socket.gethostname().split('.')[0]}.local"
    try:
        return name if socket.gethostbyname(name) == address else ""
    except OSError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _make_authority(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Twolatch demo on {socket.gethostname()}"[:64])])
    certificate = (
        _builder(who, who, key.public_key(), 2 * YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(path.with_suffix(".key"), _pem(key))
    _write(path, certificate.public_bytes(serialization.Encoding.PEM))


def _make_certificate(authority: Path, name: str, address: str) -> tuple[Path, Path]:
    """A new one at every start: the address may have changed. Phones take at most 398 days."""
    signer = serialization.load_pem_private_key(authority.with_suffix(".key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    parent = x509.load_pem_x509_certificate(authority.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")]
    names += [] if _is_address(name) else [x509.DNSName(name)]
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        _builder(parent.subject, who, key.public_key(), YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    paths = authority.with_name("server.crt"), authority.with_name("server.key")
    _write(paths[0], certificate.public_bytes(serialization.Encoding.PEM))
    _write(paths[1], _pem(key))
    return paths


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey, lives: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lives)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))  # noqa: S104
    return listener


class _HandOut:
    """Hands out the authority's certificate over plain HTTP: it is public, and nothing trusts it yet."""

    def __init__(self, authority: Path) -> None:
        self._content = authority.read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"application/x-x509-ca-cert"),
            (b"content-disposition", b'attachment; filename="twolatch-demo-ca.crt"'),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._content})
