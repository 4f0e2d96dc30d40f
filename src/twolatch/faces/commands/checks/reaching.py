"""Whom the site speaks to: the mail server, push services, the broker of signals, the places for checkpoints."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twolatch.faces.commands.checks.finding import Finding, Round, bad, note, warning
from twolatch.settings import is_loopback_name

if TYPE_CHECKING:
    from twolatch.wires.mail import Mail

PATIENCE = 3.0  # seconds for a connection
HTTPS = 443
NATS = 4222
LETTER = "This is a letter of `twolatch doctor`. That you read it means that notices of this site arrive.\n"


def reached(host: str, port: int) -> str:
    """Why there is no connection; empty where there is one."""
    try:
        with socket.create_connection((host, port), PATIENCE):
            return ""
    except OSError as fault:
        return fault.strerror or type(fault).__name__


def mail(asked: Round) -> Iterator[Finding]:
    from twolatch.app import mail_of

    settings = asked.settings
    try:
        post = mail_of(settings)
    except ValueError as fault:
        yield bad("mail.unusable", f"Mail cannot be sent: {fault}.", "Mend TWOLATCH_MAIL and TWOLATCH_MAIL_SENDER.")
        return
    if settings.mail.startswith("folder:"):
        if asked.is_real:
            says = f"Notices only go to the folder {settings.mail.removeprefix('folder:')}; no client gets one."
            yield bad("mail.folder", says, "Set TWOLATCH_MAIL to your mail server.")
    else:
        if settings.mail_sender.rstrip("> ").endswith("@localhost"):
            says = f"Letters come from {settings.mail_sender}: no mail server of others takes them."
            yield bad("mail.sender", says, "Set TWOLATCH_MAIL_SENDER to an address of your domain, with SPF and DKIM.")
        parts = urlsplit(settings.mail)
        if parts.scheme == "smtp" and not is_loopback_name(parts.hostname or ""):
            says = f"Letters travel to {parts.hostname} unencrypted; some hold links that open something."
            yield warning("mail.plain", says, "Take smtp+starttls:// or smtps:// for TWOLATCH_MAIL.")
    yield from asyncio.run(_posted(asked, post))


async def _posted(asked: Round, post: "Mail") -> list[Finding]:
    from twolatch.wires.mail import Letter, MailFailed, is_address

    try:
        await post.greet()
    except MailFailed as fault:
        remedy = "Is it up, are port, name and password right, and is its certificate one that this machine trusts?"
        return [bad("mail.unreachable", f"The mail server does not take letters: {fault}.", remedy)]
    if not asked.mail_to:
        return []
    if not is_address(asked.mail_to):
        return [bad("mail.address", f"There is no mail address {asked.mail_to}.", "Name one with --mail-to.")]
    letter = Letter(asked.mail_to, f"{asked.settings.site_name}: a test", LETTER, f"doctor-{asked.now}", asked.now)
    try:
        await post.deliver(letter)
    except MailFailed as fault:
        remedy = "Its log says why: is this sender allowed there, and that address known?"
        return [bad("mail.refused", f"The mail server refused a letter to {asked.mail_to}: {fault}.", remedy)]
    return []


def push(asked: Round) -> Iterator[Finding]:
    from twolatch.wires.push import PUSH_HOSTS, is_subject

    settings = asked.settings
    if not settings.push_subject:
        if asked.is_real:
            says = "Phones are not woken: clients find what waits only when they open the app."
            yield note("push.off", says, "Set TWOLATCH_PUSH_SUBJECT to an https address of yours.")
        return
    if not is_subject(settings.push_subject):
        says = f"TWOLATCH_PUSH_SUBJECT is {settings.push_subject}; push services want an https or mailto address."
        yield bad("push.subject", says, "Set it to an address where the people behind this site are reached.")
    hosts = sorted(host for host in settings.push_hosts or PUSH_HOSTS if not host.startswith("."))
    far = [f"{host} ({why})" for host in hosts if (why := reached(host, HTTPS))]
    if far:
        remedy = "Let this machine reach them by https, straight and not through a proxy that opens TLS."
        yield warning("push.unreachable", f"Push services are out of reach: {', '.join(far)}.", remedy)


def signals(asked: Round) -> Iterator[Finding]:
    far = []
    for address in filter(None, asked.settings.signals.split(",")):
        parts = urlsplit(address)
        if why := reached(parts.hostname or "", parts.port or NATS):
            far.append(f"{parts.hostname}:{parts.port or NATS} ({why})")
    if far:
        says = f"Brokers of signals are out of reach: {', '.join(far)}. Until then people wait seconds longer."
        yield warning("signals.unreachable", says, "Start them, or mend TWOLATCH_SIGNALS.")


def traces(asked: Round) -> Iterator[Finding]:
    from twolatch.wires.traces import is_installed

    if not (address := asked.settings.otlp):
        return
    if not is_installed():
        says = "TWOLATCH_OTLP names a collector, and what speaks to it is not installed."
        yield bad("traces.missing", says, "pip install 'twolatch[otel]'; or take the setting out.")
        return
    parts = urlsplit(address)
    port = parts.port or (HTTPS if parts.scheme == "https" else 80)
    if why := reached(parts.hostname or "", port):
        says = f"The collector of traces at {parts.hostname}:{port} is out of reach ({why}); nobody waits for it."
        yield warning("traces.unreachable", says, "Start it, or mend TWOLATCH_OTLP.")


def sinks(asked: Round) -> Iterator[Finding]:
    from twolatch.wires.sinks import sinks_of

    addresses = asked.settings.audit_sinks
    try:
        sinks_of(addresses)
    except ValueError as fault:
        says = f"A place for checkpoints cannot be used: {fault}."
        yield bad("audit.sink_unknown", says, "Mend TWOLATCH_AUDIT_SINKS: docs/operations/audit.md.")
    if not addresses and asked.is_real:
        says = "Whoever owns the database could cut the audit log short unseen."
        yield warning("audit.no_sink", says, "Set TWOLATCH_AUDIT_SINKS to a place beyond his reach.")
    for address in addresses:
        scheme, _, rest = address.partition(":")
        if scheme == "file" and not _writable(Path(rest)):
            says = f"Checkpoints cannot be written to {rest}."
            yield bad("audit.sink_unwritable", says, "Make its folder, and let the service's user append there.")


def _writable(file: Path) -> bool:
    return os.access(file, os.W_OK) if file.exists() else file.parent.is_dir() and os.access(file.parent, os.W_OK)
