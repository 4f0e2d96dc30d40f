"""The keys at rest: changed while clients log in, kept by somebody else, and never found where they must not be."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.flows.houses import PASSWORD, Handset, Seat, Time, activated, open_house, waiting_at
from tests.flows.test_accounts import NAME, made, opened
from tests.wires import vault
from twolatch import rotation
from twolatch.accounts.importing import take_in
from twolatch.authenticators import gate, store
from twolatch.authenticators.model import State
from twolatch.house import Hasher, House, WrongKey
from twolatch.house.keys import Purpose, number_of
from twolatch.house.store import KNOWN_IN, data_keys, refresh
from twolatch.login.model import Collected, Proceed
from twolatch.settings import Settings
from twolatch.wires.wrapping import Keeper, keeper_of
from twolatch.words.limits import HOUR
from twolatch.words.secret import Secret


def keeper(house: House) -> Keeper:
    return keeper_of(house.settings)


async def logs_in(seat: Seat, phone: Handset) -> None:
    assert isinstance(await seat.begin("anna"), Proceed)
    challenge, digits = await waiting_at(seat)
    answer = phone.made(await phone.asked(challenge), digits=digits)
    assert isinstance(await phone.send(answer), gate.Answered)
    assert isinstance(await seat.collect(), Collected)


async def rotated(house: House, time: Time) -> int:
    """New keys, and all sealed anew. Returns how many values."""
    await rotation.begin(house, keeper(house), house.clock.now())
    time.pass_(KNOWN_IN / 1000)
    await refresh(house.db, house.keys, lambda: keeper(house), house.clock.now())
    return await rotation.seal_anew(house)


async def sealing(house: House) -> list[int]:
    return [one.number for one in await data_keys(house.db) if one.purpose is Purpose.SEAL]


async def test_anna_logs_in_before_between_and_after_a_rotation(house: House, settings: Settings, time: Time) -> None:
    _, seat, phone = await activated(house, "anna")
    await opened(house)
    await take_in(house, NAME, made(), house.clock.now())
    await rotation.begin(house, keeper(house), house.clock.now())
    await logs_in(seat, phone)
    assert await rotated(house, time) > 5
    await logs_in(seat, phone)
    old, new = await sealing(house)
    found = await rotation.standing(house)
    assert not found.under.get(old)
    assert found.under[new] > 5
    time.pass_(HOUR / 1000)
    assert old in await rotation.drop_old(house, house.clock.now())
    async with open_house(settings, time) as again:  # a start that knows the new keys alone
        assert await sealing(again) == [new]
        await logs_in(replace(seat, house=again), _of(phone, again))
        [paper] = await again.db.rows("SELECT id, account_id, sealed FROM documents")
        sealed = bytes(paper["sealed"])
        assert again.keys.open("documents.sealed", paper["id"], paper["account_id"], sealed) == made()


def _of(phone: Handset, house: House) -> Handset:
    phone.house = house
    return phone


async def test_a_rotation_that_was_cut_off_goes_on_with_the_keys_it_made(house: House, time: Time) -> None:
    await activated(house, "anna")
    first = await rotation.begin(house, keeper(house), house.clock.now())
    time.pass_(1)
    assert await rotation.begin(house, keeper(house), house.clock.now()) == first
    assert len(await sealing(house)) == 2
    assert await rotated(house, time) > 0
    assert await rotation.seal_anew(house) == 0


async def test_a_pepper_that_has_to_stay_keeps_nobody_from_rotating_again(house: House, time: Time) -> None:
    user, _, _ = await activated(house, "anna")
    sql = "UPDATE users SET password = '3$argon2id$' WHERE id = :id"
    await house.db.write(lambda tx: tx.run(sql, id=user.id))
    await rotated(house, time)
    time.pass_(HOUR / 1000)
    assert await rotation.drop_old(house, house.clock.now()) == [2], "the key that sealed, and not her pepper"
    await rotated(house, time)
    assert len(await sealing(house)) == 2


async def test_another_process_learns_of_a_key_before_anything_is_closed_with_it(
    house: House, settings: Settings, time: Time
) -> None:
    async with open_house(settings, time) as other:
        await rotation.begin(house, keeper(house), house.clock.now())
        await refresh(other.db, other.keys, lambda: keeper(other), other.clock.now())
        for one in (house, other):
            assert number_of(one.keys.seal("facts.value", "a", "", b"x")) == (await sealing(house))[0]
        time.pass_(KNOWN_IN / 1000)
        await refresh(house.db, house.keys, lambda: keeper(house), house.clock.now())
        sealed = house.keys.seal("facts.value", "a", "", b"x")
        assert number_of(sealed) == (await sealing(house))[1]
        assert other.keys.open("facts.value", "a", "", sealed) == b"x", "it has not changed over yet, and still opens"


async def test_a_key_is_kept_while_anything_lies_under_it_and_for_an_hour(house: House, time: Time) -> None:
    await activated(house, "anna")
    await rotation.begin(house, keeper(house), house.clock.now())
    time.pass_(KNOWN_IN / 1000)
    old, _ = await sealing(house)
    await refresh(house.db, house.keys, lambda: keeper(house), house.clock.now())
    await rotation.seal_anew(house)
    assert old not in await rotation.drop_old(house, house.clock.now()), "a slow process may have used it just now"
    time.pass_(HOUR / 1000)
    before = house.keys.closes_with
    house.keys.use(Purpose.SEAL, old)
    await activated(house, "bram")
    house.keys.use(Purpose.SEAL, before)
    assert old not in await rotation.drop_old(house, house.clock.now()), "something lies under it"
    await rotation.seal_anew(house)
    assert old in await rotation.drop_old(house, house.clock.now())


async def test_while_it_is_sealed_anew_a_forged_row_is_not_made_a_true_one(house: House, time: Time) -> None:
    user, _, _ = await activated(house, "anna")
    await house.db.write(
        lambda tx: tx.run("UPDATE authenticators SET enrolment = :forged WHERE user_id = :id", forged="{}", id=user.id)
    )
    await rotated(house, time)
    row = await house.db.row("SELECT id, secret FROM authenticators WHERE user_id = :id", id=user.id)
    assert row
    assert number_of(bytes(row["secret"])) == (await sealing(house))[0]
    with pytest.raises(store.ForgedRow):
        await store.find(house.db, house.keys, row["id"])


@pytest.mark.parametrize("mac", [b"", bytes(32)])
async def test_a_row_under_a_key_nobody_has_is_a_forged_one(house: House, mac: bytes) -> None:
    """Whoever writes into the table names a key of his own and an empty MAC."""
    user = await _under(house, 999, mac)
    [one] = await store.held_by(house.db, house.keys, user)
    assert one.state is State.SUSPENDED


async def test_a_key_that_was_made_a_moment_ago_is_a_fault_and_suspends_nobody(house: House) -> None:
    user = await _under(house, house.keys.closes_with + 2, bytes(32))
    with pytest.raises(WrongKey, match="not learned yet"):
        await store.held_by(house.db, house.keys, user)


async def _under(house: House, number: int, mac: bytes) -> str:
    user, _, _ = await activated(house, "anna")
    sql = "UPDATE authenticators SET secret = :mine, row_mac = :mac WHERE user_id = :id"
    mine = number.to_bytes(4) + bytes(64)
    await house.db.write(lambda tx: tx.run(sql, mine=mine, mac=mac, id=user.id))
    return user.id


async def test_a_password_takes_the_new_pepper_at_the_next_login_and_the_old_one_stays_till_then(
    house: House, time: Time
) -> None:
    hasher = Hasher(2, 19, house.keys, 60)
    before = await hasher.hash(Secret(PASSWORD))
    assert not hasher.is_outdated(before)
    await rotated(house, time)
    assert await hasher.is_right(before, Secret(PASSWORD))
    assert hasher.is_outdated(before)
    after = await hasher.hash(Secret(PASSWORD))
    assert before.partition("$")[0] != after.partition("$")[0]
    assert not hasher.is_outdated(after)
    hasher.close()


async def test_the_keys_move_to_a_vault_and_a_start_without_it_is_refused(
    house: House, settings: Settings, time: Time, tmp_path: Path
) -> None:
    _, seat, phone = await activated(house, "anna")
    with vault.running(tmp_path) as (running, token):
        there = settings.model_copy(update={"key_provider": running.address, "vault_token_file": token})
        count = await rotation.move(house, keeper(house), keeper_of(there), house.clock.now())
        assert count == len(await data_keys(house.db))
        await logs_in(seat, phone)  # who runs already notices nothing
        with pytest.raises(WrongKey, match="kept by 'vault'"):
            async with open_house(settings, time):
                pass
        async with open_house(there, time) as again:
            asked = len(running.asked)
            await logs_in(replace(seat, house=again), _of(phone, again))
            assert len(running.asked) == asked, "no request waits for the Vault"
            await rotation.run_once(again, lambda: keeper_of(there))
            assert len(running.asked) == asked, "nor does a look that finds nothing new"
    with pytest.raises(WrongKey, match="does not answer"):
        async with open_house(there, time):
            pass


async def test_neither_master_key_nor_data_keys_lie_in_the_database_in_clear(house: House) -> None:
    await activated(house, "anna")
    master = bytes.fromhex(house.settings.key_file.read_text())
    secrets = [master] + [await keeper(house).unwrap(one.wrapped, one.about) for one in await data_keys(house.db)]
    tables = ("data_keys", "server_keys", "authenticators", "challenges", "notices", "facts", "users", "audit")
    for table in tables:
        for row in await house.db.rows(f"SELECT * FROM {table}"):
            text = repr(dict(row))
            for secret in secrets:
                assert secret.hex() not in text
                assert repr(secret)[2:-1] not in text
