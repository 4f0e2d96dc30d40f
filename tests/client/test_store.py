"""What the phone keeps survives crashes, and a second process."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from twolatch.client.store import Disk, FileStore, Kept, MemoryStore, Record, StoreBroken, StoreBusy, default_folder
from twolatch.protocol.codes import new_id


def record(number: int, seq: int = 0) -> Record:
    return Record(
        device=new_id(number.to_bytes(16, "big")),
        server="https://phone.example.com",
        host="phone.example.com",
        user=f"user{number}",
        display="",
        site="Example",
        state="active",
        six_digits="",
        expires=0,
        key_pem="",
        k_mask="",
        salt="",
        iterations=1,
        ms="",
        signing_key="",
        pin_key="",
        epoch="",
        seq=seq,
        scheme="pin",
    )


OLD = Kept().put(record(1))
NEW = OLD.put(record(2)).put(record(1, seq=9))


class PowerCut(Exception):
    """The lights go out."""


class FailingDisk(Disk):
    """Does so many steps, half of the next one, and no more."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise PowerCut

    def write(self, path: Path, data: bytes) -> None:
        try:
            self._step()
        except PowerCut:
            super().write(path, data[: len(data) // 2])
            raise
        super().write(path, data)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        super().rename(old, new)

    def settle(self, folder: Path) -> None:
        self._step()
        super().settle(folder)


def test_an_empty_folder_is_a_new_phone(tmp_path: Path) -> None:
    assert FileStore(tmp_path / "new").load() == Kept()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    FileStore(tmp_path).save(NEW)
    assert FileStore(tmp_path).load() == NEW


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_power_cut_between_any_two_steps_leaves_the_old_or_the_new_state_whole(tmp_path: Path, steps: int) -> None:
    FileStore(tmp_path).save(OLD)
    with pytest.raises(PowerCut):
        FileStore(tmp_path, FailingDisk(steps)).save(NEW)
    assert FileStore(tmp_path).load() == (NEW if steps == 2 else OLD)
    FileStore(tmp_path).save(NEW)
    assert FileStore(tmp_path).load() == NEW


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    before = os.umask(0)
    try:
        FileStore(folder).save(OLD)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "phone.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2, "records": []}', '{"version": 1, "more": 1}'])
def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "phone.json").write_text(text)
    with pytest.raises(StoreBroken):
        FileStore(tmp_path).load()
    assert (tmp_path / "phone.json").read_text() == text


def test_a_record_takes_the_place_of_the_one_it_replaces() -> None:
    assert [(kept.user, kept.seq) for kept in NEW.records] == [("user1", 9), ("user2", 0)]
    assert NEW.drop(record(1).device).records == (record(2),)
    assert NEW.find(new_id(bytes(16))) is None


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the phone in tmp_path."""
    command = [sys.executable, str(Path(__file__).with_name("holder.py")), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


async def test_a_second_process_is_kept_out_until_the_first_is_done(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with pytest.raises(StoreBusy):
        async with FileStore(tmp_path, patience=0.0).alone():
            pass
    assert holder.communicate("go\n")[0] == "free\n"
    async with FileStore(tmp_path, patience=0.0).alone():
        FileStore(tmp_path).save(OLD)


async def test_a_process_that_died_leaves_no_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    async with FileStore(tmp_path, patience=0.0).alone():
        FileStore(tmp_path).save(OLD)
    assert FileStore(tmp_path).load() == OLD


@pytest.mark.parametrize("kind", ["file", "memory"])
async def test_tasks_of_one_phone_take_turns(tmp_path: Path, kind: str) -> None:
    store = FileStore(tmp_path) if kind == "file" else MemoryStore()
    store.save(OLD)

    async def change() -> None:
        async with store.alone():
            kept = store.load()
            await asyncio.sleep(0)
            store.save(kept.put(record(1, seq=kept.records[0].seq + 1)))

    await asyncio.gather(*[change() for _ in range(20)])
    assert store.load().records[0].seq == 20


def test_the_default_folder_is_the_users_own() -> None:
    assert default_folder().parts[-2:] == ("twolatch", "phone")
    assert default_folder().is_absolute()
