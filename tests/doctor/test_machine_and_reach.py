"""The doctor looks at names, this machine, and whom the site speaks to."""

import socket
from collections import namedtuple
from pathlib import Path

import pytest

from tests.doctor.conftest import NOW, REAL, asked, by_code, settings_of
from tests.ports import free_port
from tests.servers import Answers, answering, mail_server
from twolatch.faces.commands import checks
from twolatch.faces.commands.checks import machine, names, reaching, shown
from twolatch.settings import Settings
from twolatch.wires import traces

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


def real(settings: Settings, **more: object) -> Settings:
    return settings.model_copy(update={**REAL, **more})


def test_three_ports_of_one_host_are_one_host(settings: Settings) -> None:
    assert by_code(names.addresses(asked(settings))) == {}
    same = settings.model_copy(update={"phone_url": "http://localhost:1", "desk_url": "http://localhost:2"})
    assert set(by_code(names.addresses(asked(same)))) == {"addresses.same"}


def test_a_public_site_with_an_example_left_in_it_is_found(settings: Settings) -> None:
    half = real(settings, desk_url="http://desk.localhost:8080")
    found = by_code(names.addresses(asked(half)))
    assert "TWOLATCH_DESK_URL" in found["addresses.example"].says
    assert "addresses.unknown" in found, "nobody knows the names of .invalid"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TWOLATCH_PORTAL_ULR", "TWOLATCH_PORTAL_URL"),
        ("TWOLATCH_MAIL_FIEL", "TWOLATCH_MAIL_FILE"),
        ("TWOLATCH_QQQQ", ""),
    ],
)
def test_a_mistyped_setting_is_found_with_what_was_meant(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv("TWOLATCH_DATABASE_FILE", "x")
    assert by_code(names.spelling(asked(settings))) == {}
    monkeypatch.setenv(name, "x")
    finding = by_code(names.spelling(asked(settings)))["settings.unknown"]
    assert name in finding.says
    assert (meant in finding.remedy) if meant else ("Take it out" in finding.remedy)


def test_a_mistyped_line_of_the_file_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "site.toml"
    monkeypatch.setenv("TWOLATCH_CONFIG", str(file))
    file.write_text('site_name = "X"\n[[strength]]\nrank = "none"\nday = 1\nfive_days = 1\n')
    assert by_code(names.spelling(asked(settings))) == {}
    file.write_text('side_name = "X"\n')
    assert by_code(names.spelling(asked(settings)))["settings.unknown"].remedy == "Did you mean site_name?"


def test_a_hash_that_is_too_dear_for_the_machine_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "MEMORY", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 30720 kB\n")
    monkeypatch.setattr(machine, "SLOWEST_HASH", 0.0)
    assert set(by_code(machine.password_hash(asked(settings)))) == {"hash.memory", "hash.slow"}
    monkeypatch.setattr(machine, "SLOWEST_HASH", 3600.0)
    (tmp_path / "meminfo").unlink()
    assert by_code(machine.password_hash(asked(settings))) == {}


def test_too_few_open_files_are_found_and_so_is_root(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (1024, 1024))
    assert set(by_code(machine.machine(asked(real(settings))))) == {"machine.files", "machine.root"}
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (1024, 1_048_576))
    assert by_code(machine.machine(asked(settings))) == {}, "the server takes what it may have by itself"


@pytest.mark.parametrize(("free", "code"), [(1 << 20, "disk.full"), (1 << 30, "disk.filling"), (1 << 40, None)])
def test_a_disk_that_fills_up_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free: int, code: str | None
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(1 << 41, 0, free))
    assert set(by_code(machine.disks(asked(settings)))) == ({code} if code else set())


def test_ports_and_running_nodes(settings: Settings) -> None:
    silent = asked(settings)
    assert set(by_code(machine.processes(silent))) == {"node.silent"}
    with answering({"/readyz": Answers(200, b"ready\n")}) as port:
        assert by_code(machine.processes(asked(settings, port=port))) == {}
        assert by_code(machine.processes(asked(settings, nodes=(f"127.0.0.1:{port}",)))) == {}
    for answer, code in (
        (Answers(200, b"hello"), "port.taken"),
        (Answers(503, b""), "node.not_ready"),
        (Answers(421, b""), "node.other_names"),
    ):
        with answering({"/readyz": answer}) as port:
            assert set(by_code(machine.processes(asked(settings, port=port)))) == {code}
    gone = asked(settings, nodes=(f"127.0.0.1:{free_port()}",))
    assert set(by_code(machine.processes(gone))) == {"node.unreachable"}


def test_figures_for_everybody_and_a_taken_port_of_theirs_are_found(settings: Settings) -> None:
    told = settings.model_copy(update={"metrics": "0.0.0.0:9464"})
    assert "metrics.open" in by_code(machine.processes(asked(told)))
    with answering({}) as port:
        taken = settings.model_copy(update={"metrics": f"127.0.0.1:{port}"})
        assert "port.metrics" in by_code(machine.processes(asked(taken)))


def test_regions_that_are_not_the_operators_or_of_a_year_that_is_over(settings: Settings, tmp_path: Path) -> None:
    assert by_code(shown.regions(asked(settings))) == {}
    assert set(by_code(shown.regions(asked(real(settings))))) == {"regions.samples"}
    shipped = Path(shown.__file__).parents[3] / "regions" / "shipped"
    own = tmp_path / "regions"
    own.mkdir()
    for file in shipped.glob("*.toml"):
        text = file.read_text(encoding="utf-8").replace("sample = true", "closed_on = [2024-12-24]")
        (own / file.name).write_text(text, encoding="utf-8")
    found = by_code(shown.regions(asked(real(settings, regions=own))))
    assert set(found) == {"regions.past_year"}
    (own / "japan.toml").write_text("order = 1\n")
    assert set(by_code(shown.regions(asked(real(settings, regions=own))))) == {"regions.unusable"}


def test_files_that_are_not_there_are_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twolatch.faces.phone_app import pages
    from twolatch.faces.portal import assets

    assert {*by_code(shown.portal(asked(settings))), *by_code(shown.phone_app(asked(settings)))} == set()
    missing = real(settings, brand_logo=tmp_path / "logo.svg")
    assert set(by_code(shown.portal(asked(missing)))) == {"portal.logo", "portal.support"}
    monkeypatch.setattr(assets.load, "__defaults__", (None, tmp_path))
    monkeypatch.setattr(pages.PhoneApp.__init__, "__defaults__", (tmp_path,))
    assert set(by_code(shown.portal(asked(settings)))) == {"portal.not_built"}
    assert set(by_code(shown.phone_app(asked(settings)))) == {"phone.not_built"}


def test_a_public_site_does_not_put_its_letters_into_a_folder(settings: Settings, tmp_path: Path) -> None:
    assert by_code(reaching.mail(asked(settings))) == {}
    assert set(by_code(reaching.mail(asked(real(settings))))) == {"mail.folder"}
    assert set(by_code(reaching.mail(asked(real(settings, mail="pigeon:home"))))) == {"mail.unusable"}
    (tmp_path / "file").write_text("")
    full = settings.model_copy(update={"mail": f"folder:{tmp_path}/file"})
    assert set(by_code(reaching.mail(asked(full)))) == {"mail.unreachable"}


def test_a_letter_of_the_doctor_arrives_or_is_told_why_not(settings: Settings) -> None:
    sender = "Example <no-reply@example.org>"
    with mail_server() as (port, letters):
        posted = real(settings, mail=f"smtp://127.0.0.1:{port}", mail_sender=sender)
        assert by_code(reaching.mail(asked(posted))) == {}
        assert letters == [], "without --mail-to nobody gets one"
        assert by_code(reaching.mail(asked(posted, mail_to="you@example.org"))) == {}
        assert [letter["to"] for letter in letters] == ["you@example.org"]
        assert f"doctor-{NOW}" in letters[0]["text"]
        assert set(by_code(reaching.mail(asked(posted, mail_to="nobody@example.org")))) == {"mail.refused"}
        assert set(by_code(reaching.mail(asked(posted, mail_to="you and me")))) == {"mail.address"}
        local = real(settings, mail=f"smtp://127.0.0.1:{port}")
        assert set(by_code(reaching.mail(asked(local)))) == {"mail.sender"}
    assert set(by_code(reaching.mail(asked(posted)))) == {"mail.unreachable"}
    plain = real(settings, mail="smtp://mail.example.invalid", mail_sender=sender)
    assert set(by_code(reaching.mail(asked(plain)))) == {"mail.plain", "mail.unreachable"}


def test_push_services_out_of_reach_are_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_code(reaching.push(asked(settings))) == {}
    assert set(by_code(reaching.push(asked(real(settings))))) == {"push.off"}
    with socket.create_server(("127.0.0.1", 0)) as service:
        monkeypatch.setattr(reaching, "HTTPS", service.getsockname()[1])
        own = {"push_subject": "https://example.org", "push_hosts": ("127.0.0.1", ".far.test")}
        near = settings.model_copy(update=own)
        assert by_code(reaching.push(asked(near))) == {}
    assert set(by_code(reaching.push(asked(near)))) == {"push.unreachable"}
    wrong = near.model_copy(update={"push_subject": "http://example.org"})
    assert "push.subject" in by_code(reaching.push(asked(wrong)))


def test_a_broker_of_signals_out_of_reach_is_found(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        near = settings.model_copy(update={"signals": f"nats://a:b@127.0.0.1:{broker.getsockname()[1]}"})
        assert by_code(reaching.signals(asked(near))) == {}
    finding = by_code(reaching.signals(asked(near)))["signals.unreachable"]
    assert "a:b" not in finding.says, "a password of the broker is in no finding"


def test_traces_without_what_speaks_to_the_collector_or_without_the_collector(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert by_code(reaching.traces(asked(settings))) == {}
    far = settings.model_copy(update={"otlp": f"http://127.0.0.1:{free_port()}"})
    assert set(by_code(reaching.traces(asked(far)))) == {"traces.unreachable"}
    monkeypatch.setattr(traces, "find_spec", lambda _: None)
    assert set(by_code(reaching.traces(asked(far)))) == {"traces.missing"}


def test_places_for_checkpoints(settings: Settings, tmp_path: Path) -> None:
    assert by_code(reaching.sinks(asked(settings))) == {}
    assert set(by_code(reaching.sinks(asked(real(settings))))) == {"audit.no_sink"}
    for sink, code in (
        ("pigeon:home", "audit.sink_unknown"), (f"file:{tmp_path}/gone/log", "audit.sink_unwritable"),
    ):  # fmt: skip
        assert set(by_code(reaching.sinks(asked(real(settings, audit_sinks=(sink,)))))) == {code}
    assert by_code(reaching.sinks(asked(real(settings, audit_sinks=(f"file:{tmp_path}/log",))))) == {}


def test_a_look_that_breaks_off_does_not_silence_the_others(settings: Settings) -> None:
    def breaks(_asked: object) -> list[object]:
        raise RuntimeError("no such thing")

    [finding] = checks.found(breaks, asked(settings))  # type: ignore[arg-type]
    assert finding.code == "doctor.broke"
    assert "no such thing" in finding.says
