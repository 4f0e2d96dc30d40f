"""Who keeps the keys: a file, a credential, a Vault; each refuses what is not its own, and says so."""

from pathlib import Path

import pytest

from tests.wires import vault
from twolatch.settings import Settings
from twolatch.wires.wrapping import CREDENTIALS, KeyFile, WrongKey, keeper_of

KEY, ABOUT = bytes(range(32, 64)), b"twolatch/v1/data-key/1/seal"


def settings(**more: object) -> Settings:
    return Settings(**more)  # type: ignore[arg-type]


def key_file(folder: Path, digits: str = "ab" * 32, mode: int = 0o600) -> Path:
    path = folder / "master.key"
    path.write_text(digits)
    path.chmod(mode)
    return path


async def test_a_file_gives_back_what_it_was_given_for_the_same_purpose_alone() -> None:
    keeper = KeyFile("file", bytes(32))
    wrapped = await keeper.wrap(KEY, ABOUT)
    assert KEY not in wrapped
    assert await keeper.unwrap(wrapped, ABOUT) == KEY
    for other, about in ((KeyFile("file", b"\1" * 32), ABOUT), (keeper, ABOUT + b"x")):
        with pytest.raises(WrongKey, match="not the one of this database"):
            await other.unwrap(wrapped, about)


def test_the_key_file_is_the_keeper_unless_another_is_named(tmp_path: Path) -> None:
    assert keeper_of(settings(key_file=key_file(tmp_path))).name == "file"


def test_a_credential_of_systemd_is_read_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CREDENTIALS, str(tmp_path))
    key_file(tmp_path)
    assert keeper_of(settings(key_provider="credential:master.key")).name == "credential"
    with pytest.raises(WrongKey, match="cannot read"):
        keeper_of(settings(key_provider="credential:missing"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nobody:x", "no keeper"),
        ("credential:../etc/key", "no keeper"),
        ("file:", "no keeper"),
        ("vault:http://vault.example.com/v1/transit/keys/t", "no Transit key"),
        ("vault:https://vault.example.com/v1/secret/t", "no Transit key"),
        ("vault:https://vault.example.com/v1/transit/keys/../x", "no Transit key"),
        ("vault:https://vault.example.com/v1/transit/keys/t", "asks for a token"),
    ],
)
def test_an_address_that_is_none_stops_the_start(address: str, why: str) -> None:
    with pytest.raises(WrongKey, match=why):
        keeper_of(settings(key_provider=address))


@pytest.mark.parametrize(("digits", "mode", "why"), [("zz", 0o600, "64 hex"), ("ab" * 32, 0o644, "chmod 600")])
def test_a_key_that_is_none_or_that_others_may_read_is_refused(
    tmp_path: Path, digits: str, mode: int, why: str
) -> None:
    with pytest.raises(WrongKey, match=why):
        keeper_of(settings(key_file=key_file(tmp_path, digits, mode)))


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongKey, match="32 bytes"):
        keeper_of(settings(key_file=key_file(tmp_path, "ab" * 16)))


async def test_a_vault_keeps_the_key_and_never_shows_it(tmp_path: Path) -> None:
    with vault.running(tmp_path) as (running, token):
        keeper = keeper_of(settings(key_provider=running.address, vault_token_file=token))
        wrapped = await keeper.wrap(KEY, ABOUT)
        assert wrapped.startswith(b"vault:v1:")
        assert await keeper.unwrap(wrapped, ABOUT) == KEY
        with pytest.raises(WrongKey, match="refused to decrypt"):
            await keeper.unwrap(wrapped, b"twolatch/v1/data-key/2/seal")
        token.write_text("s.revoked")
        with pytest.raises(WrongKey, match=r"403"):
            await keeper.unwrap(wrapped, ABOUT)
    with pytest.raises(WrongKey, match="does not answer"):
        await keeper.unwrap(wrapped, ABOUT)
