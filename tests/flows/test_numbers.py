"""Numbers for phones without network: never twice, and not where the operator does not want them."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.flows.houses import RIGHT, ROUNDS, Handset, Seat, Time, activated, open_house
from twolatch import fence
from twolatch.authenticators import store
from twolatch.client import device
from twolatch.house import House
from twolatch.kinds.numbers import number_at
from twolatch.login import flows as login
from twolatch.login import rungs
from twolatch.login.model import Collected, Proceed, Waits
from twolatch.protocol import pins
from twolatch.protocol.octets import unb64u
from twolatch.settings import Settings
from twolatch.words.refusals import Code, Refusal


def test_four_digits_come_all_and_none_twice() -> None:
    numbers = [number_at(bytes(32), count, 4) for count in range(10_000)]
    assert len({number for number in numbers if number}) == 10_000
    assert number_at(bytes(32), 10_000, 4) is None
    assert number_at(bytes(32), -1, 4) is None


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.sampled_from([6, 8]), st.integers(0, 999_000))
def test_a_run_of_numbers_repeats_none_and_looks_like_none(secret: bytes, digits: int, start: int) -> None:
    numbers = [number_at(secret, start + step, digits) for step in range(200)]
    assert len(set(numbers)) == 200
    assert all(number and len(number) == digits and number.isdigit() for number in numbers)
    assert numbers != sorted(numbers, key=str)


@pytest.fixture
async def strict(settings: Settings, time: Time) -> AsyncIterator[House]:
    async with open_house(settings.model_copy(update={"assurance": "strict"}), time) as house:
        yield house


@pytest.fixture
async def strict_with_codes(settings: Settings, time: Time) -> AsyncIterator[House]:
    update = {"assurance": "strict", "offline_codes": "on"}
    async with open_house(settings.model_copy(update=update), time) as house:
        yield house


async def waits(seat: Seat) -> Waits:
    seen = await login.look(seat.house, seat.visit)
    assert isinstance(seen, Waits)
    return seen


def code(phone: Handset, number: str) -> str:
    assert phone.record
    return device.respond(phone.record, pins.stretch(RIGHT, unb64u(phone.record.salt, 16), ROUNDS), number)


async def test_strict_takes_no_codes_of_a_phone_without_network(house: House, strict: House) -> None:
    await activated(house, "anna")
    seat = Seat(strict)
    assert isinstance(await seat.begin("anna"), Proceed)
    seen = await waits(seat)
    assert getattr(seen.prompt, "has_codes", None) is False
    assert await rungs.ask_number(strict, seat.visit) == Refusal(Code.WAY_OFF)
    assert await rungs.answer(strict, seat.visit, "12345678") == Refusal(Code.CHALLENGE_UNKNOWN)


async def test_strict_with_codes_asks_eight_digits(house: House, strict_with_codes: House) -> None:
    _, _, phone = await activated(house, "anna")
    house, seat = strict_with_codes, Seat(strict_with_codes)
    assert isinstance(await seat.begin("anna"), Proceed)
    assert await rungs.ask_number(house, seat.visit) == Proceed(is_ready=False)
    seen = await waits(seat)
    assert seen.number
    assert len(seen.number.number) == 8
    assert await rungs.answer(house, seat.visit, code(phone, seen.number.number)) == Proceed(is_ready=True)
    assert isinstance(await seat.collect(), Collected)


async def test_a_number_lives_three_minutes_from_when_it_was_asked(house: House, time: Time) -> None:
    _, seat, phone = await activated(house, "anna")
    assert isinstance(await seat.begin("anna"), Proceed)
    time.pass_(170)
    assert await rungs.ask_number(house, seat.visit) == Proceed(is_ready=False)
    seen = await waits(seat)
    assert seen.number
    time.pass_(179)
    assert (await waits(seat)).number == seen.number
    assert await rungs.answer(house, seat.visit, code(phone, seen.number.number)) == Proceed(is_ready=True)
    assert isinstance(await seat.collect(), Collected)
    assert isinstance(await seat.begin("anna"), Proceed)
    assert await rungs.ask_number(house, seat.visit) == Proceed(is_ready=False)
    seen = await waits(seat)
    assert seen.number
    time.pass_(181)
    late = await rungs.answer(house, seat.visit, code(phone, seen.number.number))
    assert late == Refusal(Code.CHALLENGE_EXPIRED)


async def test_an_approval_keeps_the_count_of_numbers(house: House) -> None:
    _, seat, phone = await activated(house, "anna")
    assert isinstance(await seat.begin("anna"), Proceed)
    assert await rungs.ask_number(house, seat.visit) == Proceed(is_ready=False)
    seen = await waits(seat)
    await phone.send(phone.made(await phone.asked(seen.challenge)))
    assert phone.record
    one = await store.find(house.db, house.keys, phone.record.device)
    assert one
    assert one.moving["asked"] == 1
    assert isinstance(await seat.collect(), Collected)


async def test_after_a_restored_backup_no_number_comes_again(house: House) -> None:
    _, seat, phone = await activated(house, "anna")
    assert phone.record
    assert isinstance(await seat.begin("anna"), Proceed)
    assert await rungs.ask_number(house, seat.visit) == Proceed(is_ready=False)
    await fence.raise_fence(house, house.clock.now(), "restored")
    one = await store.find(house.db, house.keys, phone.record.device)
    assert one
    assert one.moving["asked"] == 1001
