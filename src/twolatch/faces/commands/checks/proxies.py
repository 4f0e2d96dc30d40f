"""The way that strangers take: the name in DNS, the certificate, the proxy, and what it does to requests and answers.

Asked like a browser asks, at the addresses that the settings name. A site that does not run yet is no fault here.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from twolatch.faces.commands.checks.finding import Finding, Round, bad, note, warning
from twolatch.faces.commands.checks.names import urls
from twolatch.settings import is_loopback_name

PATIENCE = 6.0  # seconds; below the ten that the stream at /throughz stays open
SOON = 14 * 24 * 3600  # seconds before a certificate ends
MADE_UP = "192.0.2.77, 192.0.2.78"  # addresses that nobody has
# Each exactly once: two policies of one kind shut out more than either, or are ignored.
ONCE = ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy", "x-request-id")
HSTS = "strict-transport-security"
EVENT_LINES = 5  # ": ok", nothing, the name of the event, its data, nothing
_ALIVE = b"alive\n"


@dataclass
class Answer:
    """`headers`: pairs as they came, names in small letters. `ends_at`: of the certificate, seconds since 1970."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    ends_at: float | None = None


@dataclass
class Road:
    """To one of our hosts; on this machine for the names that mean it."""

    url: str

    def open(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        raw = socket.create_connection(("127.0.0.1" if is_loopback_name(host) else host, port), PATIENCE)
        line = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        try:
            context = ssl.create_default_context() if parts.scheme == "https" else None
            line.sock = context.wrap_socket(raw, server_hostname=host) if context else raw
        except BaseException:
            raw.close()
            raise
        return line

    def ask(self, path: str, **headers: str) -> Answer:
        """Raises OSError (of TLS too) and HTTPException."""
        line = self.open()
        try:
            sock = line.sock
            ends_at = _end_of(sock) if isinstance(sock, ssl.SSLSocket) else None
            own = {"Host": urlsplit(self.url).netloc, "User-Agent": "twolatch doctor"}
            line.request("GET", path, headers={**own, **{name.replace("_", "-"): headers[name] for name in headers}})
            answer = line.getresponse()
            is_stream = answer.headers.get_content_type() == "text/event-stream"
            body = b"".join(answer.readline(500) for _ in range(EVENT_LINES)) if is_stream else answer.read(200)
            return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], body, ends_at)
        finally:
            line.close()


def _end_of(sock: ssl.SSLSocket) -> float | None:
    told = (sock.getpeercert() or {}).get("notAfter")
    return ssl.cert_time_to_seconds(told) if isinstance(told, str) else None


def way(asked: Round) -> Iterator[Finding]:
    for url in urls(asked.settings).values():
        yield from _one(asked, Road(url))


def _one(asked: Round, road: Road) -> Iterator[Finding]:
    try:
        answer = road.ask("/livez")
    except ssl.SSLCertVerificationError as fault:
        says = f"Browsers refuse the certificate of {road.url}: {fault.verify_message}."
        yield bad("certificate.refused", says, "Renew it, with the whole chain and with all three names in it.")
        return
    except (OSError, http.client.HTTPException) as fault:
        says = f"Nothing answers at {road.url} from here yet ({type(fault).__name__})."
        yield note("site.silent", says, "Start the site and its proxy, then ask again; or ask from where clients are.")
        return
    if answer.ends_at is not None and answer.ends_at < asked.now / 1000 + SOON:
        days = max(0, int(answer.ends_at - asked.now / 1000)) // 86_400
        says = f"The certificate of {road.url} ends in {days} days."
        yield warning("certificate.ends_soon", says, "Renew it, and see why that did not happen by itself.")
    if (elsewhere := _elsewhere(road, answer)) is not None:
        yield elsewhere
        return
    yield from _headers(road, answer)
    yield from _stream(asked, road)


def _elsewhere(road: Road, answer: Answer) -> Finding | None:
    if (answer.status, answer.body) == (200, _ALIVE):
        return None
    if answer.status == 421:
        remedy = "Let it pass on Host as it came (nginx: proxy_set_header Host $host), as deploy/ shows."
        return bad("proxy.host", f"The proxy of {road.url} does not pass on the name of the host.", remedy)
    if answer.status in {502, 503, 504}:
        says = f"The proxy of {road.url} finds no server behind it ({answer.status})."
        return warning("proxy.no_server", says, "Start `twolatch serve`, or mend the address in the proxy.")
    says = f"Something else than Twolatch answers at {road.url} (/livez: {answer.status})."
    return bad("proxy.elsewhere", says, "Lead this name to Twolatch: all of it, and not a folder below it.")


def _headers(road: Road, answer: Answer) -> Iterator[Finding]:
    parts = urlsplit(road.url)
    wanted = (*ONCE, HSTS) if parts.scheme == "https" and parts.port is None else ONCE
    came = [name for name, _ in answer.headers]
    how = {0: "is missing", 1: ""}
    wrong = [f"{name} {how.get(came.count(name), 'comes twice')}" for name in wanted if came.count(name) != 1]
    if wrong:
        remedy = "Twolatch sets these headers itself: let the proxy neither take them away nor add its own."
        yield bad("proxy.headers", f"At {road.url} the header {', '.join(wrong)}.", remedy)


def _stream(asked: Round, road: Road) -> Iterator[Finding]:
    try:
        answer = road.ask("/throughz", X_Forwarded_For=MADE_UP, Accept="text/event-stream")
        facts = json.loads(answer.body.partition(b"data: ")[2].splitlines()[0])
    except TimeoutError:
        yield bad(
            "proxy.buffers",
            f"The proxy of {road.url} holds event streams back: a waiting page learns of the phone's answer too late.",
            "Switch its buffering off (nginx: proxy_buffering off; Caddy: flush_interval -1).",
        )
        return
    except (OSError, http.client.HTTPException, ValueError, IndexError) as fault:
        says = f"The stream at {road.url}/throughz does not come through ({type(fault).__name__})."
        yield bad("proxy.stream", says, "Let the proxy pass on answers without an end, whatever their length.")
        return
    yield from _addresses(asked, road, facts)


def _addresses(asked: Round, road: Road, facts: dict[str, object]) -> Iterator[Finding]:
    """We said two made-up addresses. Who adds to them makes three of them, who replaces them makes one."""
    ours, came = asked.settings.trusted_proxies, int(str(facts["forwarded"]))
    if facts["believed"]:
        yield bad(
            "proxy.address",
            f"At {road.url} a stranger chooses his own address, and so passes every limit by address.",
            "Let the outermost proxy replace X-Forwarded-For; TWOLATCH_TRUSTED_PROXIES counts proxies of yours alone.",
        )
    elif (ours == 0 and came != 2) or ours > came:
        yield bad(
            "proxy.hops",
            f"{road.url} takes everybody for its proxy: TWOLATCH_TRUSTED_PROXIES is {ours}, and all share one limit.",
            "Set TWOLATCH_TRUSTED_PROXIES to the number of your proxies that add to X-Forwarded-For.",
        )
