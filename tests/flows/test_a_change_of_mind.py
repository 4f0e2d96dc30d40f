"""Of an answer and a change of mind in one moment, one wins."""

from dataclasses import replace
from typing import Any

from tests.flows.houses import Seat, activated, waiting_at
from tests.flows.overtaken import Overtaken
from twolatch.authenticators import store
from twolatch.authenticators.model import Stage
from twolatch.house import House
from twolatch.login import flows as login
from twolatch.login.model import Collected, StillWaiting
from twolatch.storage.db import Tx


async def test_what_was_proved_opens_nothing_once_the_login_asks_for_something_else(house: House) -> None:
    user, seat, phone = await activated(house, "anna")
    await seat.begin(user.name)
    answered, _ = await waiting_at(seat)
    await phone.send(phone.made(await phone.asked(answered)))
    other = Seat(house)
    await other.begin(user.name)
    asked, _ = await waiting_at(other)

    async def changes(tx: Tx) -> None:
        await tx.run("UPDATE attempts SET challenge_id = :to WHERE challenge_id = :was", to=asked, was=answered)

    db: Any = Overtaken(house.db, lambda: house.db.write(changes))
    assert await login.collect(replace(house, db=db), seat.visit) == StillWaiting()
    kept = await store.find_challenge(house.db, house.keys, answered)
    assert kept is not None
    assert kept.stage is Stage.APPROVED
    await phone.send(phone.made(await phone.asked(asked), digits=(await waiting_at(other))[1]))
    assert isinstance(await seat.collect(), Collected)
