"""Letters out of the house: into a folder (rehearsal, small sites with their own mailer) or to a mail server.

What a stranger chose (the name of a phone, a user name in a sentence) ends up in letters. So addresses
and ids are refused unless plain, while in subjects and texts everything that could end a line or turn the
reading direction is neutralised: refusing there would let a hostile phone name suppress the very letter
that warns of it.
"""

import asyncio
import os
import re
import ssl
from binascii import b2a_qp
from contextlib import suppress
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import msgspec

from twolatch.words.secret import Secret

if TYPE_CHECKING:
    import aiosmtplib

MOST_SUBJECT_CHARACTERS = 200
MOST_TEXT_CHARACTERS = 100_000
_STEP_SECONDS = 20.0  # one answer of the mail server
_GOODBYE_SECONDS = 2.0
_WHOLE_SECONDS = 60.0  # one letter; a server that drips must not hold the outbox

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9._~-]{1,120}")
_SENDER = re.compile(r"(?:(?P<name>[^<>]*)<(?P<address>[^<>]*)>|(?P<bare>[^<>]*))")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # Unicode's Cc, Zl, Zp and Cs
# Controls, but no line breaks and tabs. Embeddings, overrides and isolates: they let "gpj.exe" read "exe.jpg".
_HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_SHORT = 69  # characters of a subject that fill a line of 78 with its name


class MailFailed(Exception):
    """The letter did not leave. `retry`: later may work (connection, 4xx), or never will (5xx)."""

    def __init__(self, reason: str, *, retry: bool) -> None:
        super().__init__(reason)
        self.retry = retry


class Letter(msgspec.Struct, frozen=True):
    """`to`: one bare ASCII address. `message_id`: our id, the same at every try. `at`: the Date, ms.

    Raises ValueError for an address or id that is not plain.
    """

    to: str
    subject: str
    text: str
    message_id: str
    at: int

    def __post_init__(self) -> None:
        if not is_address(self.to):
            raise ValueError("not a mail address")
        if _MESSAGE_ID.fullmatch(self.message_id) is None:
            raise ValueError("not a message id")

    def __repr__(self) -> str:
        return f"Letter({self.message_id})"  # the text may hold a code or a link, the address is a person


class Sender(NamedTuple):
    """Who a site's letters are from: the name may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def shown(self) -> str:
        """As a header tells it."""
        if self.name.isascii():
            return formataddr((self.name, self.address))
        return f"{_encoded(self.name, 'From')} <{self.address}>"


class Mail(Protocol):
    """A way out for letters. A letter may leave twice; its Message-ID tells the reader's mail program."""

    async def deliver(self, letter: Letter) -> None:
        """Raises MailFailed."""

    async def greet(self) -> None:
        """Whether it would take a letter: the way there, TLS and password; none is sent. Raises MailFailed."""


def is_address(text: str) -> bool:
    """Plain `local@domain` in ASCII, without `=?`: mail software would decode it (see _one_line)."""
    return "=?" not in text and _ADDRESS.fullmatch(text) is not None


class MailFolder:
    """One `.eml` file per letter (mode 0600), named so that names sort by time; never half a file."""

    def __init__(self, directory: Path | str, sender: str = "Twolatch <twolatch@localhost>") -> None:
        self._directory = Path(directory)
        self._sender = _sender(sender)

    async def deliver(self, letter: Letter) -> None:
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError as error:
            raise MailFailed(f"mail folder: {type(error).__name__}", retry=True) from error

    async def greet(self) -> None:
        folder = self._directory.absolute()
        place = next(each for each in (folder, *folder.parents) if each.exists())
        if not place.is_dir() or not os.access(place, os.W_OK):
            raise MailFailed(f"mail folder: nobody may write into {place}", retry=True)

    def _write(self, letter: Letter) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{letter.at:015d}-{letter.message_id}.eml"
        unfinished = self._directory / f".{name}.{os.getpid()}.part"
        try:
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(as_bytes(letter, self._sender))
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._directory / name)
        finally:
            unfinished.unlink(missing_ok=True)


class MailServer:
    """Hands letters to an SMTP server, one connection per letter.

    `tls`: "tls" from the first byte, "starttls" (required, never "if offered"), or "none". `authorities`:
    a file of CA certificates beside the system's. A password without TLS is refused except to this very
    machine.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        username: str | None,
        password: Secret[str] | None,
        tls: Literal["none", "starttls", "tls"],
        sender: str,
        authorities: Path | str | None = None,
    ) -> None:
        if username and tls == "none" and host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a mail password travels only over TLS")
        self._host, self._port = host, port
        self._username, self._password = username or None, password
        self._tls = tls
        self._sender = _sender(sender)
        self._context = ssl.create_default_context() if tls != "none" else None
        if self._context is not None and authorities is not None:
            self._context.load_verify_locations(cafile=str(authorities))

    async def deliver(self, letter: Letter) -> None:
        connection = self._new_connection()
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                await self._connect(connection)
                await self._hand_over(connection, letter)
            await self._part(connection)
        except (OSError, TimeoutError) as error:
            raise MailFailed(f"mail server: {type(error).__name__}", retry=True) from error
        finally:
            connection.close()

    async def greet(self) -> None:
        connection = self._new_connection()
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                await self._connect(connection)
            await self._part(connection)
        except (OSError, TimeoutError) as error:
            raise MailFailed(f"mail server: {type(error).__name__}", retry=True) from error
        finally:
            connection.close()

    def _new_connection(self) -> "aiosmtplib.SMTP":
        import aiosmtplib  # a site that writes to a folder never pays for it

        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password.reveal() if self._password else None,
            timeout=_STEP_SECONDS,
            local_hostname=self._sender.domain,  # the default asks DNS for our own name, and the loop waits
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            tls_context=self._context,
        )

    async def _connect(self, connection: "aiosmtplib.SMTP") -> None:
        """What the server says before it saw the letter is about the connection: worth a retry."""
        import aiosmtplib

        try:
            await connection.connect()
        except aiosmtplib.SMTPException as error:
            raise MailFailed(f"mail server: {type(error).__name__}", retry=True) from error

    async def _hand_over(self, connection: "aiosmtplib.SMTP", letter: Letter) -> None:
        import aiosmtplib

        content = as_bytes(letter, self._sender)
        try:
            await connection.sendmail(self._sender.address, [letter.to], content)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except aiosmtplib.SMTPException as error:
            raise MailFailed(f"mail server: {type(error).__name__}", retry=True) from error

    async def _part(self, connection: "aiosmtplib.SMTP") -> None:
        """Accepted is accepted: a server that hangs up at the goodbye must not cause a second letter."""
        import aiosmtplib

        with suppress(aiosmtplib.SMTPException, OSError):
            await connection.quit(timeout=_GOODBYE_SECONDS)


def as_bytes(letter: Letter, sender: Sender) -> bytes:
    """The letter as RFC 5322 says it, with the answer machines told to be quiet (RFC 3834), in plain ASCII and short
    lines for servers without 8BITMIME. By hand: as a tree of the email library it costs forty times as much."""
    subject, text = _one_line(letter.subject), _harmless(letter.text[:MOST_TEXT_CHARACTERS])
    is_plain = subject.isascii() and len(subject) <= _SHORT
    lines = (
        f"From: {sender.shown}",
        f"To: {letter.to}",
        f"Subject: {subject if is_plain else _encoded(subject, 'Subject')}",
        f"Date: {format_datetime(datetime.fromtimestamp(letter.at / 1000, UTC))}",
        f"Message-ID: <{letter.message_id}@{sender.domain}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        b2a_qp(text.removesuffix("\n").encode(), istext=True).decode(),
        "",
    )
    return "\n".join(lines).replace("\n", "\r\n").encode()


def _encoded(text: str, header: str) -> str:
    """As encoded words (RFC 2047), a line each."""
    return Header(text, "utf-8", header_name=header).encode()


def _refused(answer: "aiosmtplib.SMTPResponseException") -> MailFailed:
    """Only the number is kept: the sentence beside it is a stranger's and often repeats the address."""
    return MailFailed(f"mail server: {answer.code}", retry=answer.code < 500)


def _sender(text: str) -> Sender:
    found = _SENDER.fullmatch(text)
    address = (found["address"] or found["bare"] or "").strip() if found else ""
    name = (found["name"] or "").strip().strip('"') if found else ""
    if not is_address(address) or name != _one_line(name):
        raise ValueError("not a sender: 'Name <address>' or an address")
    return Sender(name, address)


def _one_line(text: str) -> str:
    """A header value of one line. `=?` is parted: Python before 3.11.10 decodes `=?utf-8?q?=0ABcc:...?=` in a
    value it is given and writes the line break out (CVE-2024-6923)."""
    return _CONTROL.sub(" ", _harmless(text)).replace("=?", "= ?")[:MOST_SUBJECT_CHARACTERS]


def _harmless(text: str) -> str:
    """Line breaks and tabs stay; other controls and turned reading directions become U+FFFD."""
    return _HOSTILE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
