"""Letters: what they look like, what cannot be smuggled into them, and what a mail server says."""

import asyncio
import email
import email.policy
import ssl
import stat
import unicodedata
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from twolatch.wires import mail
from twolatch.wires.mail import Letter, MailFailed, MailFolder, MailServer
from twolatch.words.secret import Secret

AT = 1_767_225_600_000  # 2026-01-01 00:00:00 UTC
SENDER = "Client Portal <no-reply@bank.example>"


TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # Unicode's names of what turns the reading
HEADERS = [
    "Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version",
    "Message-ID", "Subject", "To",
]  # fmt: skip


def letter(**parts):
    told = {"to": "anna@example.org", "subject": "A phone was linked", "text": "Was this you?\n"}
    return Letter(**{**told, "message_id": "m1", "at": AT, **parts})


class Postbox:
    """Answers as told and keeps what it took."""

    def __init__(self):
        self.taken = []
        self.rcpt = self.data = "250 OK"
        self.was_encrypted = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        self.was_encrypted = session.ssl is not None
        if self.data.startswith("250"):
            self.taken.append(envelope)
        return self.data


@asynccontextmanager
async def mail_server(protocol=SMTP, **options):
    box = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(box, loop=loop, **options), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


def way_to(box, **options):
    told = {"username": None, "password": None, "tls": "none", "sender": SENDER}
    return MailServer("localhost", box.port, **{**told, **options})


@pytest.fixture(scope="module")
def certificate(certificate_for):
    return certificate_for("localhost")


def tls_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def body(found):
    return found.get_content().replace("\r\n", "\n")  # mail ends its lines with both


async def written(tmp_path, **parts):
    await MailFolder(tmp_path, SENDER).deliver(letter(**parts))
    (path,) = tmp_path.iterdir()
    return path


async def test_a_letter_in_the_folder_reads_as_it_was_written(tmp_path):
    text = "Grüezi Anna,\n\nein Telefon wurde verbunden: 你好.\n" + "x" * 300 + "\n.\nEnde\n"
    found = read(await written(tmp_path, subject="Neues Gerät für Müller & Söhne", text=text))
    assert found["From"] == SENDER
    assert found["To"] == "anna@example.org"
    assert found["Subject"] == "Neues Gerät für Müller & Söhne"
    assert found["Date"].datetime == datetime(2026, 1, 1, tzinfo=UTC)
    assert found["Message-ID"] == "<m1@bank.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert body(found) == text


@pytest.mark.parametrize(
    "name", ["", "Müller, Söhne & Co", 'Bank "The (Old)", Ltd', "Portal \\", "long names of " * 9 + "us"]
)
async def test_a_name_of_any_signs_is_read_as_the_operator_wrote_it(tmp_path, name):
    await MailFolder(tmp_path, f"{name} <no-reply@bank.example>").deliver(letter())
    (path,) = tmp_path.iterdir()
    (sender,) = read(path)["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "no-reply@bank.example")


@pytest.mark.parametrize("subject", ["你好" * 40, "long words of " * 9 + "us", "ü, and then: nothing"])
async def test_a_long_subject_is_read_as_it_was_written_and_its_lines_are_short(tmp_path, subject):
    path = await written(tmp_path, subject=subject)
    assert read(path)["Subject"] == subject
    assert max(map(len, path.read_bytes().split(b"\r\n"))) <= 78


async def test_a_letter_on_its_way_is_plain_ascii_with_short_lines(tmp_path):
    raw = (await written(tmp_path, text="ü" * 5_000)).read_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n")


async def test_names_in_the_folder_sort_by_time_and_a_second_try_replaces_the_first(tmp_path):
    folder = MailFolder(tmp_path, SENDER)
    for at, name in ((AT + 9, "a"), (AT, "b"), (999, "c"), (AT, "b")):
        await folder.deliver(letter(at=at, message_id=name))
    assert [path.name.split("-")[1] for path in sorted(tmp_path.iterdir())] == ["c.eml", "b.eml", "a.eml"]


async def test_only_the_owner_can_read_letters_in_the_folder(tmp_path):
    folder = tmp_path / "mail"
    await MailFolder(folder, SENDER).deliver(letter())
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_written_is_worth_another_try(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MailFailed) as failed:
        await MailFolder(tmp_path / "file", SENDER).deliver(letter())
    assert failed.value.retry
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "subject",
    [
        "Phone\r\nBcc: thief@example.net",
        "Phone\nBcc: thief@example.net",
        "Phone\rBcc: thief@example.net",
        "Phone\r\n\r\nanother body",
        "Phone\u2028Bcc: thief@example.net",
        "Phone\x00\x1b[31m\x7f",
        "=?utf-8?q?Phone=0D=0ABcc=3A_thief=40example=2Enet?=",
        "=?utf-8?b?UGhvbmUNCkJjYzogdGhpZWZAZXhhbXBsZS5uZXQ=?=",
        "x" * 10_000 + "\nBcc: thief@example.net",
        "=" * 3 + "?utf-8?q?a=0ABcc:_b?=" * 20,
    ],
)
async def test_a_hostile_phone_name_in_the_subject_stays_in_the_subject(tmp_path, subject):
    path = await written(tmp_path, subject=subject)
    raw = path.read_bytes()
    head = raw.split(b"\r\n\r\n")[0]
    found = read(path)
    assert sorted(found.keys()) == HEADERS
    assert b"\nbcc" not in head.lower()
    assert not any(ord(character) < 32 or ord(character) == 127 for character in str(found["Subject"]))
    assert body(found) == "Was this you?\n"


async def test_a_hostile_phone_name_in_the_text_cannot_turn_or_hide_the_rest(tmp_path):
    text = "Phone \u202eenohp\x1b[8m\x00 linked\r\nWas this you?\rYes\n"
    found = read(await written(tmp_path, text=text))
    assert body(found) == "Phone \ufffdenohp\ufffd[8m\ufffd linked\nWas this you?\nYes\n"


@pytest.mark.parametrize(
    "address",
    [
        "", "anna", "anna@", "@example.org", "anna@example.org\nBcc: x@y.example", "anna@x.org, b@x.org",
        "Anna <anna@example.org>", "anna@exa mple.org", "anna@example.org\x00", "anna@-example.org",
        "a" * 65 + "@x.org", "anna@" + "x" * 64 + ".org", "an..na@example.org", '"anna b"@example.org',
        "anna@[127.0.0.1]", "änna@example.org", "=?utf-8?q?a=0ABcc=3A?=@example.org", "anna@example.org>",
        "<anna@example.org", "anna@example.org\n",
    ],
)  # fmt: skip
def test_what_is_not_one_plain_address_is_refused(address):
    with pytest.raises(ValueError):
        letter(to=address)


@pytest.mark.parametrize("message_id", ["", "a b", "a>\r\nBcc: x", "../../etc/passwd", "a@b", "x" * 121])
def test_what_is_not_a_plain_id_is_refused(message_id):
    with pytest.raises(ValueError):
        letter(message_id=message_id)


@pytest.mark.parametrize(
    "sender",
    ["", "Portal", "Portal <x>", "A\nBcc: b@c.example <a@b.example>", "=?utf-8?q?=0A?= <a@b.example>"],
)
def test_a_sender_that_is_not_plain_is_refused(sender):
    with pytest.raises(ValueError):
        MailFolder("unused", sender)


def test_a_printed_letter_shows_neither_text_nor_address():
    assert repr(letter(text="code 123456")) == "Letter(m1)"


async def test_a_server_takes_the_letter_for_one_person():
    async with mail_server() as box:
        await way_to(box).deliver(letter(text="one\n..\n.\nend\n"))
    (envelope,) = box.taken
    assert envelope.mail_from == "no-reply@bank.example"
    assert envelope.rcpt_tos == ["anna@example.org"]
    found = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert body(found) == "one\n..\n.\nend\n"


async def test_starttls_protects_the_letter_and_the_password(certificate):
    class Doorman:
        seen = None

        def __call__(self, server, session, envelope, mechanism, data):
            Doorman.seen = (data.login, data.password, session.ssl is not None)
            return AuthResult(success=data.password == b"right", handled=False)

    options = {"tls_context": tls_of(certificate), "require_starttls": True}
    async with mail_server(**options, authenticator=Doorman(), auth_required=True) as box:
        way = {"tls": "starttls", "authorities": certificate, "username": "portal"}
        await way_to(box, **way, password=Secret("right")).deliver(letter())
        assert box.was_encrypted
        assert Doorman.seen == (b"portal", b"right", True)
        with pytest.raises(MailFailed) as failed:
            await way_to(box, **way, password=Secret("wrong")).deliver(letter())
        assert failed.value.retry  # the operator's mistake is not the letter's end
        assert len(box.taken) == 1


async def test_a_certificate_nobody_vouches_for_gets_no_letter(certificate):
    async with mail_server(tls_context=tls_of(certificate)) as box:
        with pytest.raises(MailFailed) as failed:
            await way_to(box, tls="starttls").deliver(letter())
        assert failed.value.retry
        assert box.taken == []


async def test_a_server_that_stopped_offering_starttls_gets_no_letter(certificate):
    async with mail_server() as box:
        with pytest.raises(MailFailed) as failed:
            await way_to(box, tls="starttls", authorities=certificate).deliver(letter())
        assert failed.value.retry
        assert box.taken == []


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize(("answer", "retry"), [("451 later", True), ("550 no such anna@example.org", False)])
async def test_a_server_that_says_later_is_asked_again_and_one_that_says_no_is_not(stage, answer, retry):
    async with mail_server() as box:
        setattr(box, stage, answer)
        with pytest.raises(MailFailed) as failed:
            await way_to(box).deliver(letter())
    assert failed.value.retry is retry
    assert str(failed.value) == f"mail server: {answer[:3]}"


async def test_a_server_that_hangs_up_after_taking_the_letter_took_it():
    class Curt(SMTP):
        async def smtp_QUIT(self, arg):
            self.transport.abort()

    async with mail_server(protocol=Curt) as box:
        await way_to(box).deliver(letter())
    assert len(box.taken) == 1


async def test_a_server_that_is_not_there_is_worth_another_try():
    async with mail_server() as box:
        pass
    with pytest.raises(MailFailed) as failed:
        await way_to(box).deliver(letter())
    assert failed.value.retry


def test_a_password_without_tls_travels_to_this_machine_only():
    options = {"username": "portal", "password": Secret("x"), "tls": "none", "sender": SENDER}
    MailServer("127.0.0.1", 25, **options)
    with pytest.raises(ValueError):
        MailServer("mail.bank.example", 25, **options)


def test_what_ends_a_line_or_turns_the_reading_direction_is_what_unicode_says_it_is() -> None:
    every = [chr(code) for code in range(0x110000)]
    controls = {sign for sign in every if unicodedata.category(sign) in {"Cc", "Zl", "Zp", "Cs"}}
    turning = {sign for sign in every if unicodedata.bidirectional(sign) in TURNING}
    assert {sign for sign in every if mail._one_line(f"a{sign}b") != f"a{sign}b"} == controls | turning
    assert {sign for sign in every if mail._harmless(sign) != sign} == (controls - {"\n", "\t"}) | turning
