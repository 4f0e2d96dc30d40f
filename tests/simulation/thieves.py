"""Who is not honest. Each knows something of the client's and wants in; none may get further than that."""

import asyncio
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from tests.flows.houses import INFO, RIGHT, ROUNDS
from tests.simulation.loop import rest
from tests.simulation.network import Air, Away
from tests.simulation.person import Browser, Person
from tests.simulation.world import World
from twolatch.client import device
from twolatch.client.outcomes import Refused, ServerAway
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore, Record
from twolatch.client.wire import Wire
from twolatch.login.model import Proceed
from twolatch.protocol import pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.messages import AnswerResult, SignedBytes
from twolatch.protocol.octets import unb64u

AT_ONCE = 9  # guesses; five are allowed


async def knows_the_password(world: World, victim: Person) -> None:
    """Begins again and again, and collects whatever somebody else may have approved; he tries it, too, just when the
    first phone is there."""
    browser = Browser(world, f"thief/{victim.name}", "198.51.100.7")
    while not world.is_calm:
        try:
            if isinstance(await browser.begin(victim.name), Proceed):
                waits_for_it = world.chance.random() < 0.7
                while waits_for_it and not victim.is_set_up:
                    await rest(0.5)
                await rest(world.chance.uniform(0, 5))
                await browser.collect()
        except Away:
            pass
        await rest(world.chance.uniform(1, 30))


async def looks_over_the_shoulder(world: World, victim: Person, server: str) -> None:
    """Reads the code off the client's screen and claims it with a phone of his own, at the same moment if he can."""
    http = world.http(Air(world, f"shoulder/{victim.name}", "198.51.100.8"))
    while not world.is_calm:
        code = await victim.codes.get()
        await rest(world.chance.choice((0.0, 0.0, world.chance.uniform(0, 1))))
        phone = SoftPhone(
            MemoryStore(), http=http, server=server, info=INFO, iterations=1, chance=world.chance.randbytes, pause=rest
        )
        with suppress(ServerAway):
            await phone.claim(code, RIGHT)


async def has_the_phone(world: World, victim: Person) -> None:
    """Guesses the PIN with the phone's own key, many at once, on all processes."""
    record = next((each for each in victim.store.load().records if each.state == "active"), None)
    if record is None:
        return
    wire = wire_of(world, f"guesser/{victim.name}", record)
    try:
        asked = await ask_test(wire, record)
    except ServerAway:
        return
    if not isinstance(asked, SignedBytes):
        return
    question, key = device.read_challenge(record, asked), device.load_key(record)
    guesses = [
        device.make_answer(
            record, key, question, Decision.APPROVE, digits="", seq=record.seq + at,
            secret=device.unmask(record, pins.stretch(f"{at:04}", unb64u(record.salt, 16), ROUNDS)),
        )
        for at in range(1, AT_ONCE + 1)
    ]  # fmt: skip
    await asyncio.gather(
        *(wire.plain("POST", "answers", AnswerResult, each) for each in guesses), return_exceptions=True
    )


async def has_a_copy(world: World, victim: Person, copy: Record) -> None:
    """Took the phone's storage a while ago, and knows the PIN. Meanwhile the client has answered several times."""
    latest = victim.store.load().find(copy.device)
    if latest is None or len(victim.approved) - victim.approved_then < 2:
        await has_the_phone(world, victim)
        return
    wire = wire_of(world, f"copy/{victim.name}", copy)
    asked = await ask_test(wire, copy)
    if not isinstance(asked, SignedBytes):
        return
    secret = device.unmask(copy, pins.stretch(RIGHT, unb64u(copy.salt, 16), ROUNDS))
    question, key = device.read_challenge(copy, asked), device.load_key(copy)
    made = device.make_answer(
        replace(copy, seq=0), key, question, Decision.APPROVE, digits="", seq=latest.seq + 100, secret=secret
    )
    done = await wire.plain("POST", "answers", AnswerResult, made)
    world.tell(f"copy/{victim.name}", "is answered" if not isinstance(done, Refused) else f"is told {done.code}")
    if not isinstance(done, Refused):
        world.fail(f"a copy of the phone of {victim.name} proved something with an epoch that was long over")


def wire_of(world: World, who: str, record: Record) -> Wire:
    return Wire(record.server, world.http(Air(world, who, "198.51.100.9")), rest)


async def ask_test(wire: Wire, record: Record) -> Any:
    return await wire.signed(record.device, device.load_key(record), "POST", "tests", SignedBytes)
