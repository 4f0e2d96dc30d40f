"""kill -9 between any two statements: nothing is lost, nothing happens twice, and nobody has to repair anything."""

import asyncio
import multiprocessing
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.flows.houses import Empty, Handset, Seat, Time, activated, add_user, open_house, settings_of, waiting_at
from tests.flows.killed import KILLED, Deed, live
from tests.flows.test_moving import claimed, confirm, device_of, proved
from twolatch.activation import flows as activation
from twolatch.activation import transfer
from twolatch.activation.model import Offer
from twolatch.authenticators import store
from twolatch.authenticators.gate import Answered
from twolatch.authenticators.model import Challenge, Stage
from twolatch.house import House
from twolatch.login.model import Collected, Proceed, StartOver
from twolatch.protocol.messages import Claimed

Check = Callable[[House, Deed, Handset, Seat], Awaitable[None]]
MOST_STEPS = 40


async def count(house: House, sql: str) -> int:
    row = await house.db.row(f"SELECT COUNT(*) AS many {sql}")
    return int(row["many"]) if row else 0


# before: what stands when the process begins


async def before_claim(house: House) -> tuple[Deed, Handset, Seat]:
    user, seat, phone = await add_user(house, "anna"), Seat(house), Handset(house)
    offer = await activation.begin(house, await seat.log_in(user.name), house.clock.now())
    assert isinstance(offer, Offer)
    return Deed("claim", msgspec.json.encode(phone.body(offer).body)), phone, seat


async def before_confirm(house: House) -> tuple[Deed, Handset, Seat]:
    user, seat, phone = await add_user(house, "anna"), Seat(house), Handset(house)
    offer = await activation.begin(house, await seat.log_in(user.name), house.clock.now())
    assert isinstance(offer, Offer)
    digits = await phone.claim(offer)
    assert isinstance(digits, str)
    return Deed("confirm", number=digits, token=seat.token), phone, seat


async def before_approve(house: House) -> tuple[Deed, Handset, Seat]:
    user, _, phone = await activated(house, "anna")
    seat = Seat(house)
    assert isinstance(await seat.begin(user.name), Proceed)
    challenge, digits = await waiting_at(seat)
    answer = phone.made(await phone.asked(challenge), digits=digits)
    return Deed("approve", msgspec.json.encode(answer)), phone, seat


async def before_move(house: House) -> tuple[Deed, Handset, Seat]:
    """A new phone whose last answer ends the old one."""
    _, seat, old = await activated(house, "anna")
    who = await proved(house, seat, old)
    offer = await activation.begin(house, who, house.clock.now(), replaces=device_of(old))
    assert isinstance(offer, Offer)
    new, digits = await claimed(house, offer)
    assert isinstance(await confirm(house, seat, digits), activation.Confirmed)
    return Deed("approve", msgspec.json.encode(new.ready)), new, seat


async def before_transfer(house: House) -> tuple[Deed, Handset, Seat]:
    """A phone that has proved its wish to move, and asks for the code."""
    _, seat, old = await activated(house, "anna")
    one = await store.find(house.db, house.keys, device_of(old))
    assert one
    asked = await transfer.ask(house, one, house.clock.now())
    assert isinstance(asked, Challenge)
    assert isinstance(await old.send(old.made(await old.asked(asked.id))), Answered)
    return Deed("transfer", number=one.id), old, seat


async def before_collect(house: House) -> tuple[Deed, Handset, Seat]:
    _, phone, seat = await before_approve(house)
    challenge, digits = await waiting_at(seat)
    assert isinstance(await phone.send(phone.made(await phone.asked(challenge), digits=digits)), Answered)
    return Deed("collect", pre=seat.pre, browser=seat.browser), phone, seat


# after: the client does the same again


async def after_claim(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    assert isinstance(await deed.do(house), Claimed)
    assert await count(house, "FROM authenticators") == 1
    assert await count(house, "FROM activations WHERE state = 'claimed'") == 1
    assert await count(house, "FROM audit WHERE event = 'activation:code:claimed'") == 1


async def after_confirm(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    was_confirmed = await count(house, "FROM activations WHERE state = 'active'") == 1
    if not was_confirmed:
        assert isinstance(await deed.do(house), activation.Confirmed)
    assert await count(house, "FROM audit WHERE event = 'activation:number:confirmed'") == 1
    phone.house = house
    assert phone.ready
    assert isinstance(await phone.send(phone.ready), Answered), "the phone finishes either way"
    assert await count(house, "FROM authenticators WHERE state = 'active'") == 1


async def after_approve(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    done = await deed.do(house)
    assert isinstance(done, Answered)
    assert done.stage is Stage.APPROVED
    assert await count(house, "FROM audit WHERE event = 'authenticators:challenge:approved'") == 2
    sessions = await count(house, "FROM sessions")
    seat.house = house
    assert isinstance(await seat.collect(), Collected), "no approval is lost"
    assert isinstance(await Seat(house, pre=seat.pre).collect(), StartOver)
    assert await count(house, "FROM sessions") == sessions + 1
    assert await count(house, "FROM meters WHERE key LIKE 'pin-row%' AND count > 0") == 0


async def after_move(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    """One active phone at every moment: the old one before, the new one after, and the next try finishes."""
    is_moved = await count(house, "FROM authenticators WHERE state = 'removed'") == 1
    assert await count(house, "FROM authenticators WHERE state = 'active'") == 1
    assert await count(house, "FROM authenticators WHERE state = 'unproven'") == int(not is_moved)
    assert isinstance(await deed.do(house), Answered)
    assert await count(house, "FROM authenticators WHERE state = 'active'") == 1
    assert await count(house, "FROM authenticators WHERE state = 'removed'") == 1
    assert await count(house, "FROM audit WHERE event = 'authenticators:authenticator:moved'") == 1
    assert await count(house, "FROM notices WHERE kind = 'phone_moved'") == 1
    seat.house = house
    assert await seat.who(), "the session that moved goes on"


async def after_transfer(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    """One approval is one code, and the phone that lost the reply gets the very same one."""
    is_begun = await count(house, "FROM activations WHERE state = 'issued'") == 1
    assert await count(house, "FROM challenges WHERE purpose = 'move' AND state = 'consumed'") == int(is_begun)
    offer = await deed.do(house)
    assert isinstance(offer, Offer)
    assert await deed.do(house) == offer
    assert await count(house, "FROM activations WHERE state = 'issued'") == 1
    assert await count(house, "FROM authenticators WHERE state = 'active'") == 1


async def after_collect(house: House, deed: Deed, phone: Handset, seat: Seat) -> None:
    was_collected = await count(house, "FROM challenges WHERE state = 'consumed'") == 1
    done = await deed.do(house)
    assert isinstance(done, StartOver if was_collected else Collected)
    assert await count(house, "FROM sessions") == 2, "one from before, one of this approval"
    assert await count(house, "FROM audit WHERE event = 'login:session:started'") == 2
    assert await count(house, "FROM challenges WHERE state = 'consumed'") == 1


DEEDS: dict[str, tuple[Any, Check, int]] = {
    "claim": (before_claim, after_claim, 8),
    "confirm": (before_confirm, after_confirm, 8),
    "approve": (before_approve, after_approve, 8),
    "move": (before_move, after_move, 12),
    "transfer": (before_transfer, after_transfer, 6),
    "collect": (before_collect, after_collect, 6),
}


@pytest.mark.parametrize("what", DEEDS)
def test_a_process_killed_at_any_step_leaves_whole_things_behind(
    what: str, empty_sqlite: Empty, tmp_path: Path
) -> None:
    kill_at_every_step(*DEEDS[what], empty_sqlite, tmp_path)


def kill_at_every_step(before: Any, after: Check, least: int, empty_sqlite: Empty, tmp_path: Path) -> None:
    """One process after the other, each on a copy of what `before` made, and `after` looks at each. `least`: so many
    steps the deed has."""
    time = Time()
    with empty_sqlite.copy(tmp_path, None) as settings, asyncio.Runner() as runner:

        async def prepare() -> tuple[Deed, Handset, Seat]:
            async with open_house(settings, time) as house:
                prepared: tuple[Deed, Handset, Seat] = await before(house)
                return prepared

        deed, phone, seat = runner.run(prepare())
        kills = 0
        for step in range(1, MOST_STEPS):
            folder = tmp_path / f"step{step}"
            folder.mkdir()
            shutil.copy(tmp_path / "twolatch.db", folder / "twolatch.db")
            at = settings_of(f"sqlite:///{folder}/twolatch.db", empty_sqlite.key_file)
            code = end_of(at, time.seconds, deed, step)
            runner.run(look_after(at, time, after, deed, phone, seat))
            if code == 0:
                break
            assert code == KILLED
            kills += 1
        assert least <= kills < MOST_STEPS - 1, "every step was tried"


def end_of(settings: Any, seconds: float, deed: Deed, step: int) -> int | None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.killed"])
    process = context.Process(target=live, args=(settings, seconds, deed, step))
    process.start()
    process.join(180)
    return process.exitcode


async def look_after(settings: Any, time: Time, after: Check, deed: Deed, phone: Handset, seat: Seat) -> None:
    async with open_house(settings, time) as house:
        kept = phone.record, seat.pre, seat.browser, seat.token
        await after(house, deed, phone, seat)
        assert [row["integrity_check"] for row in await house.db.rows("PRAGMA integrity_check")] == ["ok"]
        phone.record, seat.pre, seat.browser, seat.token = kept
