"""`twolatch phone`, as people and scripts use it, over a real connection."""

import json
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import segno
import uvicorn
from click.testing import Result
from typer.testing import CliRunner

from tests.client.fake_server import FakeServer
from twolatch.client.outcomes import Refused
from twolatch.faces.commands.phone import app
from twolatch.faces.commands.phone_talk import Exit, Talk, exit_of
from twolatch.protocol.challenge import Context
from twolatch.protocol.codes import show_session_id

PIN = "7391"
Run = Callable[..., Result]


def grouped(digits: str) -> str:
    """As a person reads them."""
    return f"{digits[:3]} {digits[3:]}"


def _bridge(server: FakeServer) -> Callable[..., Awaitable[None]]:
    """The fake server as an ASGI application."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()) and message.get("more_body"):
            body += message["body"]
        url = f"http://{server.host}{scope['path']}"
        request = httpx.Request(scope["method"], url, headers=scope["headers"], content=body + message.get("body", b""))
        reply = await server._handle(request)
        headers = [(name.lower(), value) for name, value in reply.headers.raw]
        await send({"type": "http.response.start", "status": reply.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": await reply.aread()})

    return application


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """The fake server on a port of this machine, under a name no resolver knows."""
    fake = FakeServer()
    runner = uvicorn.Server(uvicorn.Config(_bridge(fake), port=0, lifespan="off", log_level="error", http="httptools"))
    up = threading.Event()
    startup = runner.startup

    async def started(sockets: Any = None) -> None:
        await startup(sockets)
        up.set()

    runner.startup = started  # type: ignore[method-assign]
    thread = threading.Thread(target=runner.run)
    thread.start()
    assert up.wait(120)
    port = runner.servers[0].sockets[0].getsockname()[1]
    fake.host = f"phone.localhost:{port}"
    yield fake
    runner.should_exit = True
    thread.join()


@pytest.fixture
def run(server: FakeServer, tmp_path: Path) -> Run:
    runner = CliRunner()
    environment = {
        "TWOLATCH_PHONE_SERVER": f"http://{server.host}",
        "TWOLATCH_PHONE_STORE": str(tmp_path / "phone"),
        "TWOLATCH_PIN": None,
        "COLUMNS": "200",
    }

    def call(*words: str, input: str | None = None, **more: str) -> Result:
        return runner.invoke(app, list(words), env=environment | more, input=input)

    return call


@pytest.fixture
def anna(server: FakeServer, run: Run) -> str:
    """Anna's device id; her phone was activated with `--no-wait` and finished by the next look."""
    link = server.issue("anna").link.url(f"http://{server.host}")
    done = run("activate", link, "--no-wait", "--json", "--pin", PIN)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert server.confirm(told["six_digits"])
    look = run("waiting")
    assert (look.exit_code, look.stdout) == (3, "Activated for anna.\nNothing waits.\n")
    return str(told["device"])


def test_anna_types_a_session_id_and_reads_six_digits(server: FakeServer, run: Run) -> None:
    typed = show_session_id(server.issue("anna").typed)

    def confirm_at_once() -> None:
        [device] = server.devices.values()
        server.confirm(device.six_digits)

    server.on_look = confirm_at_once
    done = run("activate", typed, "--user", "anna", input=f"{PIN}\n{PIN}\n")
    assert done.exit_code == 0, done.output
    [device] = server.devices.values()
    assert done.stdout.lstrip() == (  # the test runner prints hidden prompts' line ends there
        "Linking this phone to Anna at Example.\n"
        f"Type these six digits where you found the code: {grouped(device.six_digits)}\n"
        "Activated for anna.\n"
    )
    assert device.activation == "active"
    assert PIN not in done.output
    listed = run("list", "--json")
    assert [user["state"] for user in json.loads(listed.stdout)["users"]] == ["active"]


def test_a_script_gets_the_digits_on_stderr_and_one_object_on_stdout(server: FakeServer, run: Run) -> None:
    server.on_look = lambda: [server.confirm(device.six_digits) for device in server.devices.values()] and None
    done = run("activate", server.issue("anna").link.url(f"http://{server.host}"), "--json", TWOLATCH_PIN=PIN)
    assert done.exit_code == 0
    [device] = server.devices.values()
    assert json.loads(done.stderr.splitlines()[0]) == {"six_digits": device.six_digits}
    assert json.loads(done.stdout) == {
        "ok": True,
        "device": device.id,
        "user": "anna",
        "site": "Example",
        "state": "active",
    }


def test_anna_looks_and_approves(server: FakeServer, run: Run, anna: str) -> None:
    question = server.ask("anna", digits="042871")
    look = run("waiting")
    assert look.exit_code == 0
    assert "Login of anna at Client Portal from Firefox on Linux, 192.0.2.7" in look.stdout
    assert question.id in look.stdout
    assert run("approve", "--pin", PIN, "--digits", "042872").exit_code == 5
    done = run("approve", "--pin", PIN, input="042871\n")
    assert done.exit_code == 0
    assert done.stdout.endswith("Approved.\n")
    assert question.state == "approved"
    assert run("approve", "--pin", PIN).exit_code == 3


def test_wrong_pins_are_told_with_the_tries_left(server: FakeServer, run: Run, anna: str) -> None:
    server.ask("anna")
    wrong = run("approve", "--pin", "8264", "--json")
    assert wrong.exit_code == 5
    assert json.loads(wrong.stdout) == {
        "ok": False,
        "code": "answer.wrong",
        "title": "Title of answer.wrong",
        "detail": "Detail.",
        "next": "Next.",
        "status": 403,
        "tries_left": 4,
    }
    people = run("approve", "--pin", "8264")
    assert people.stderr == "Title of answer.wrong\nDetail.\nNext.\nTries left: 3.\n"


def test_deny_and_not_me_take_no_pin(server: FakeServer, run: Run, anna: str) -> None:
    first = server.ask("anna")
    assert json.loads(run("deny", "--json").stdout) == {
        "ok": True,
        "challenge": first.id,
        "state": "denied",
        "user": "anna",
    }
    second = server.ask("anna")
    assert run("not-me", second.id).exit_code == 0
    assert (first.state, second.state) == ("denied", "not_me")


def test_of_several_one_must_be_named(server: FakeServer, run: Run, anna: str) -> None:
    first, second = server.ask("anna"), server.ask("anna")
    several = run("deny")
    assert several.exit_code == 2
    assert first.id in several.stderr
    assert run("deny", first.id[:12]).exit_code == 0
    assert (first.state, second.state) == ("denied", "pending")


def test_a_challenge_that_is_over_says_so(server: FakeServer, run: Run, anna: str) -> None:
    question = server.ask("anna")
    question.state = "superseded"
    over = run("deny", question.id, "--json")
    assert (over.exit_code, json.loads(over.stdout)["code"]) == (6, "challenge.superseded")


def test_a_locked_phone_says_so(server: FakeServer, run: Run, anna: str) -> None:
    server.devices[anna].state = "locked"
    assert run("waiting").exit_code == 7
    assert run("deny").exit_code == 7


def test_nobody_here_is_told_apart_from_nothing_waiting(run: Run) -> None:
    listed = run("list")
    assert (listed.exit_code, listed.stdout) == (3, "Nobody is on this phone.\n")
    assert "Nobody is on this phone yet" in run("waiting").stderr
    assert run("approve", "--pin", PIN, "--user", "bert").exit_code == 3


def test_the_users_of_one_site_are_listed(server: FakeServer, run: Run, anna: str) -> None:
    assert anna in run("list", "--server", f"http://{server.host}").stdout
    assert run("list", "--server", "http://elsewhere.localhost").exit_code == Exit.NOTHING
    assert "No such user" in run("waiting", "--user", "bert").stderr


def test_a_long_link_stays_in_one_piece_in_a_narrow_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    link = "http://phone.localhost/a#" + "x" * 90
    Talk(False).say(f"Or open this link there: {link}")
    assert link in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("activate", "0000-0000-0001", "--pin", PIN), 4),
        (("activate", "0000-0000-0000", "--pin", PIN), 4),
        (("activate", "0000-0000-0000", "--pin", "1234"), 2),
        (("activate", "0000-0000-0000", "--pin", PIN, "--server", "ftp://x"), 2),
        (("activate", "0000-0000-0000", "--pin", PIN, "--server", "http://nobody.localhost:9"), 9),
        (("activate",), 2),
        (("approve", "--nonsense"), 2),
    ],
    ids=str,
)
def test_what_goes_wrong_has_its_exit_code(run: Run, words: tuple[str, ...], status: int) -> None:
    assert run(*words).exit_code == status


def test_a_broken_folder_is_a_fault(run: Run, tmp_path: Path) -> None:
    (tmp_path / "phone").mkdir()
    (tmp_path / "phone" / "phone.json").write_text("{")
    assert run("list").exit_code == 1


def test_texts_of_strangers_do_not_steer_the_terminal(server: FakeServer, run: Run, anna: str) -> None:
    server.ask("anna", context=Context("\x1b[2J", "x", "Fire\u202efox [bold]", False, "a\nb"))
    shown = run("waiting").stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown)
    assert "Fire\ufffdfox [bold], \ufffd[2J, a\ufffdb" in shown


@pytest.mark.parametrize(
    ("code", "http", "status"),
    [
        ("code.expired", 410, Exit.CODE),
        ("phone.already_here", 409, Exit.CODE),
        ("answer.wrong", 403, Exit.WRONG),
        ("challenge.answered", 409, Exit.OVER),
        ("phone.copied", 403, Exit.PHONE),
        ("phone.removed", 403, Exit.PHONE),
        ("limit.activation", 429, Exit.BUSY),
        ("server.busy", 503, Exit.BUSY),
        ("server.fault", 500, Exit.FAULT),
        ("pin.weak", 0, Exit.USAGE),
    ],
)
def test_every_refusal_has_its_exit_code(code: str, http: int, status: Exit) -> None:
    assert exit_of(Refused(code, "", status=http)) is status


def test_the_help_names_the_exit_codes(run: Run) -> None:
    for words in ([], ["activate"], ["approve"]):
        text = " ".join(run(*words, "--help").stdout.split())
        assert "Exit codes: 0 done." in text
        assert "9 the server cannot be reached." in text


def test_without_network_the_phone_answers_the_portals_number(server: FakeServer, run: Run, anna: str) -> None:
    before = len(server.seen)
    right = run("respond", "402 917", "--pin", PIN, "--json")
    assert right.exit_code == 0, right.output
    response = json.loads(right.stdout)["response"]
    assert run("respond", "402917", "--pin", PIN).stdout == (
        f"Type this into the portal: {response[:4]} {response[4:]}\n"
    )
    assert json.loads(run("respond", "402917", "--pin", "0000", "--json").stdout)["response"] != response
    assert json.loads(run("respond", "40291700", "--pin", PIN, "--json").stdout)["response"] != response
    assert len(server.seen) == before, "not one word to the server"


def test_anna_leaves_the_phone_with_her_pin(server: FakeServer, run: Run, anna: str) -> None:
    wrong = run("remove", "--pin", "2846")
    assert (wrong.exit_code, "Tries left: 4." in wrong.stderr) == (Exit.WRONG, True)
    assert "anna" in run("list").stdout
    done = run("remove", "--pin", PIN)
    assert (done.exit_code, done.stdout) == (Exit.DONE, "anna is no longer on this phone.\n")
    assert server.devices[anna].state == "removed"
    assert run("list").exit_code == Exit.NOTHING


def test_without_the_pin_the_phone_is_suspended_and_a_script_reads_so(
    server: FakeServer, run: Run, anna: str
) -> None:
    done = run("remove", "--without-pin", "--json")
    assert json.loads(done.stdout) == {"ok": True, "device": anna, "user": "anna", "state": "suspended"}
    assert server.devices[anna].state == "suspended"


def test_who_cannot_reach_the_server_stays_on_the_phone(server: FakeServer, run: Run, anna: str) -> None:
    server.down = 9
    assert run("remove", "--pin", PIN).exit_code == Exit.AWAY
    assert server.devices[anna].state == "active"
    server.down = 0
    assert "anna" in run("list").stdout


def test_what_is_no_number_of_the_portal_is_told(server: FakeServer, run: Run, anna: str) -> None:
    assert run("respond", "4029", "--pin", PIN).exit_code == 2
    assert run("respond", "402917", "--pin", PIN, "--user", "bert").exit_code == 3


def test_anna_changes_her_pin_and_only_the_new_one_serves(server: FakeServer, run: Run, anna: str) -> None:
    wrong = run("change-pin", "--pin", "2846", "--new", "k8t2")
    assert (wrong.exit_code, "Tries left: 4." in wrong.stderr) == (Exit.WRONG, True)
    weak = run("change-pin", "--pin", PIN, "--new", "1234")
    assert (weak.exit_code, "too easy to guess" in weak.stderr) == (Exit.USAGE, True)
    done = run("change-pin", input=f"{PIN}\nk8t2\nk8t2\n")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (Exit.DONE, "The new PIN is for all users of this phone.")
    assert not {PIN, "k8t2"} & set(done.output.split())
    question = server.ask("anna")
    assert run("approve", question.id, "--pin", PIN).exit_code == Exit.WRONG
    assert run("approve", question.id, "--pin", "k8t2").exit_code == Exit.DONE
    assert question.state == "approved"


def test_a_script_changes_the_pin_of_all_users_or_of_none(server: FakeServer, run: Run, anna: str) -> None:
    link = server.issue("bert").link.url(f"http://{server.host}")
    told = json.loads(run("activate", link, "--no-wait", "--json", "--pin", PIN).stdout)
    server.confirm(told["six_digits"])
    run("waiting")
    server.devices[anna].state = "locked"  # she goes along: the phone has one PIN
    assert json.loads(run("change-pin", "--pin", PIN, "--new", "k8t2", "--json").stdout) == {
        "ok": True,
        "state": "changed",
    }
    server.devices[anna].state = "active"
    for user in ("anna", "bert"):
        question = server.ask(user)
        assert run("approve", "--user", user, "--pin", "k8t2").exit_code == Exit.DONE
        assert question.state == "approved"
    server.down = 9
    assert run("change-pin", "--pin", "k8t2", "--new", "w8p3").exit_code == Exit.AWAY
    server.down = 0
    server.ask("anna")
    assert run("approve", "--user", "anna", "--pin", "k8t2").exit_code == Exit.DONE, "nothing was changed"


def test_a_picture_of_the_portals_code_activates(server: FakeServer, run: Run, tmp_path: Path) -> None:
    link = server.issue("anna").link.url(f"http://{server.host}")
    segno.make_qr(link).save(str(tmp_path / "code.png"), scale=6, border=4)
    done = run("scan", str(tmp_path / "code.png"), "--no-wait", "--pin", PIN)
    assert done.exit_code == Exit.DONE, done.output
    [device] = server.devices.values()
    assert done.stdout == (
        "Linking this phone to Anna at Example.\n"
        f"Type these six digits where you found the code: {grouped(device.six_digits)}\n"
    )


def test_what_is_no_picture_of_a_code_is_told(run: Run, tmp_path: Path) -> None:
    segno.make_qr("https://example.org/").save(str(tmp_path / "other.png"))
    (tmp_path / "text.png").write_text("no picture")
    for seen in ("other.png", "text.png", "missing.png"):
        refused = run("scan", str(tmp_path / seen), "--pin", PIN)
        assert (refused.exit_code, "No code of a portal" in refused.stderr) == (Exit.USAGE, True)
    assert run("scan", "https://example.org/x", "--pin", PIN).exit_code == Exit.USAGE
