"""The doctor goes the way of a browser: name, certificate, proxy, and what a stranger may claim."""

import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.doctor.conftest import asked, by_code, settings_of
from tests.servers import Answers, answering
from tests.site import Site
from twolatch.faces.commands.checks import proxies
from twolatch.faces.commands.checks.proxies import ONCE, Road
from twolatch.settings import Settings

HEADERS = dict.fromkeys(ONCE, "x")
ALIVE = Answers(200, b"alive\n", HEADERS)


def stream(forwarded: int, believed: str = "") -> Answers:
    facts = json.dumps({"forwarded": forwarded, "believed": believed})
    body = f": ok\n\nevent: through\ndata: {facts}\n\n".encode()
    return Answers(200, body, {"content-type": "text/event-stream", **HEADERS})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path).model_copy(update={"trusted_proxies": 0})


def at(settings: Settings, port: int, **more: object) -> Settings:
    urls = {f"{who}_url": f"http://{host}localhost:{port}" for who, host in HOSTS.items()}
    return settings.model_copy(update={**urls, **more})


HOSTS = {"portal": "", "phone": "phone.", "desk": "desk."}


def codes(settings: Settings) -> set[str]:
    return set(by_code(proxies.way(asked(settings))))


def test_a_site_that_does_not_run_yet_is_no_fault(settings: Settings) -> None:
    assert codes(settings) == {"site.silent"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answers(421, b"unknown host\n"), "proxy.host"),
        (Answers(502, b"Bad Gateway"), "proxy.no_server"),
        (Answers(200, b"<h1>Welcome to nginx!</h1>"), "proxy.elsewhere"),
        (Answers(404, b""), "proxy.elsewhere"),
    ],
)
def test_who_answers_instead_is_told_apart(settings: Settings, answer: Answers, code: str) -> None:
    with answering({"/livez": answer}) as port:
        assert codes(at(settings, port)) == {code}
    assert {each["Host"] for each in answer.seen} == {f"{host}localhost:{port}" for host in HOSTS.values()}


def test_headers_that_a_proxy_takes_or_doubles_are_found(settings: Settings) -> None:
    few = dict.fromkeys(ONCE[1:], "x")
    for headers, what in ((few, "missing"), ({**few, ONCE[0]: "x\nx"}, "twice")):
        with answering({"/livez": Answers(200, b"alive\n", headers), "/throughz": stream(2)}) as port:
            [finding] = by_code(proxies.way(asked(at(settings, port)))).values()
        assert finding.code == "proxy.headers"
        assert ONCE[0] in finding.says
        assert what in finding.says


@pytest.mark.parametrize(
    ("ours", "came", "believed", "code"),
    [
        (0, 2, "", None),  # nobody between us
        (0, 3, "", "proxy.hops"),  # somebody adds, and nobody reads it
        (0, 1, "", "proxy.hops"),  # somebody replaces
        (1, 1, "", None),
        (1, 3, "", None),
        (1, 2, "192.0.2.78", "proxy.address"),  # nobody between us, and what we claim is taken
        (2, 1, "", "proxy.hops"),  # more are counted than there are
    ],
)
def test_whose_address_is_believed(settings: Settings, ours: int, came: int, believed: str, code: str | None) -> None:
    through = stream(came, believed)
    with answering({"/livez": ALIVE, "/throughz": through}) as port:
        assert codes(at(settings, port, trusted_proxies=ours)) == ({code} if code else set())
    assert {each["X-Forwarded-For"] for each in through.seen} == {proxies.MADE_UP}


def test_a_proxy_that_holds_streams_back_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "PATIENCE", 0.2)
    held = stream(2)
    held.held = threading.Event()
    with answering({"/livez": ALIVE, "/throughz": held}) as port:
        found = list(proxies._stream(asked(at(settings, port)), Road(f"http://localhost:{port}")))
    assert [one.code for one in found] == ["proxy.buffers"]


def test_a_stream_that_does_not_come_through_is_found(settings: Settings) -> None:
    with answering({"/livez": ALIVE}) as port:
        assert codes(at(settings, port)) == {"proxy.stream"}


@pytest.fixture
def running(made: Site, tmp_path: Path) -> Iterator[Site]:
    """A real one, with nothing before it."""
    site = Site.on(tmp_path, made.settings.database, key_file=made.settings.key_file, trusted_proxies=0)
    site.workers = 1
    site.start()
    yield site
    site.stop()


def test_a_real_site_that_runs_without_a_proxy_is_well(running: Site) -> None:
    assert codes(running.settings) == set()
    said = json.loads(running.run("doctor", "--json", "--port", str(running.port)))
    assert [one["code"] for one in said["findings"] if one["severity"] == "bad"] == []
    assert {"the way to them", "running processes"} <= set(said["checks"])


END = datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC)


def certificate(folder: Path) -> ssl.SSLContext:
    """For our three names, until END, by nobody's authority but its own; `chain.pem` in that folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName(f"{host}localhost") for host in HOSTS.values()])
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(END)
        .add_extension(names, False)
        .add_extension(own, False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, form, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(made.public_bytes(pem) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem")
    return context


@pytest.mark.parametrize(
    ("days", "is_trusted", "code"),
    [(400, False, "certificate.refused"), (10, True, "certificate.ends_soon"), (400, True, None)],
)
def test_a_certificate_that_browsers_refuse_or_that_ends_soon_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, is_trusted: bool, code: str | None
) -> None:
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "chain.pem") if is_trusted else "/dev/null")
    now = round((END - datetime.timedelta(days=days)).timestamp() * 1000)
    with answering({"/livez": ALIVE, "/throughz": stream(2)}, tls) as port:
        urls = {f"{who}_url": f"https://{host}localhost:{port}" for who, host in HOSTS.items()}
        question = replace(asked(settings.model_copy(update=urls)), now=now)
        found = set(by_code(proxies.way(question)))
    assert found == ({code} if code else set())
