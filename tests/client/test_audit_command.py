"""`twolatch audit`: an operator takes the log out, and somebody else verifies it with nothing but the file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.site import Site

SERVER_ROOMS = ("storage", "house", "audit", "app", "people", "authenticators", "wires")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A small site with a little history; nothing runs."""
    folder = tmp_path_factory.mktemp("audit")
    site = Site.on(folder, f"sqlite:///{folder}/site.db")
    site.run("migrate")
    for name in ("anna", "bram"):
        site.run("user", "add", name, "--password", "linden tree 42 kites")
    return site


@pytest.fixture(scope="module")
def export(site: Site) -> Path:
    path = site.folder / "log.txt"
    site.run("audit", "export", str(path))
    (site.folder / "log.key").write_text(site.run("audit", "key"))
    return path


def verify(export: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """In an environment that knows no site, and says which rooms of the program were opened for it."""
    code = (
        "import sys; from twolatch.faces.commands.words import command_line\n"
        "try: command_line()(sys.argv[1:])\n"
        "finally: print(*sorted({name.split('.')[1] for name in sys.modules if name.startswith('twolatch.')}))"
    )
    words = ["audit", "verify", str(export), *more]
    if "--key" not in more:
        words += ["--key", str(export.with_name("log.key"))]
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120, check=False, env={}
    )


def test_an_export_is_verified_without_the_server(export: Path) -> None:
    done = verify(export)
    assert done.returncode == 0, done.stderr
    told, *_, rooms = done.stdout.splitlines()
    count = sum(b'"number"' in line for line in export.read_bytes().splitlines())
    assert count >= 2
    assert told == f"Sound: {count} lines, signed up to line {count}."
    assert not set(SERVER_ROOMS) & set(rooms.split())


def test_a_changed_line_ends_with_its_own_exit_code(export: Path, tmp_path: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    changed = tmp_path / "changed.txt"
    changed.write_bytes(b"".join([*lines[:2], lines[2].replace(b'"event":"', b'"event":"x'), *lines[3:]]))
    done = verify(changed, "--key", str(export.with_name("log.key")))
    assert done.returncode == 3
    assert "TAMPERED at line 2 (changed)" in done.stderr


def test_checkpoints_kept_elsewhere_find_a_cut_end(export: Path, tmp_path: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    kept, short = tmp_path / "kept", tmp_path / "short.txt"
    kept.write_bytes(lines[-1])
    short.write_bytes(b"".join(lines[:2]))
    key = str(export.with_name("log.key"))
    assert verify(export, "--checkpoints", str(kept)).returncode == 0
    assert verify(short, "--key", key).returncode == 0
    done = verify(short, "--key", key, "--checkpoints", str(kept))
    assert done.returncode == 3
    assert "shortened" in done.stderr


def test_what_cannot_be_read_is_said_with_the_next_step(export: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    for words, told in [
        (("--key", "x"), "`twolatch audit key` prints it"),
        (("--checkpoints", str(nothing)), f"Cannot read {nothing}"),
        (("--checkpoints", str(export.with_name("log.key"))), "holds no checkpoint of this log"),
    ]:
        done = verify(export, *words)
        assert done.returncode == 1
        assert told in " ".join(done.stderr.split())


def test_an_export_overwrites_nothing(site: Site, export: Path) -> None:
    before = export.read_bytes()
    with pytest.raises(subprocess.CalledProcessError) as fault:
        site.run("audit", "export", str(export))
    assert "Name a new file" in fault.value.stderr
    assert export.read_bytes() == before
