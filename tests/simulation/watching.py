"""A waiting window: the page's script on one side, the stream of events on the other.

The script asks by itself only while there is no stream, exactly as the portal's does: so a stream that stays open must
not forget anybody.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tests.simulation.loop import rest
from tests.simulation.network import Away, Busy, ask, journeys
from tests.simulation.node import Node
from tests.simulation.world import World
from twolatch.faces import stream
from twolatch.faces.portal.login_pages import STREAM_SECONDS
from twolatch.house import House
from twolatch.login import flows as login
from twolatch.login.model import Ready, StillWaiting
from twolatch.words.visit import Visit

POLL, OPENING = 2.0, 10.0  # s
COLLECT, LOOK, WAIT, BROKEN = "collect", "look", "wait", "broken"

Visits = Callable[[House], Visit]


async def moves_on(world: World, who: str, visit: Visits) -> str:
    """Until the page goes elsewhere: to collect, or to look what became of its question."""
    while True:
        step = await _listen(world, who, visit)
        while step in {WAIT, BROKEN}:
            await rest(POLL)
            step = await _poll(world, who, visit)
            if step == WAIT:
                break  # and the browser opens the stream again
        if step != WAIT:
            return step


async def _poll(world: World, who: str, visit: Visits) -> str:
    try:
        done = await ask(world, who, "state", lambda node: _glance(node.house, visit))
    except Away:
        return BROKEN
    return BROKEN if isinstance(done, Busy) else str(done[0])


async def _glance(house: House, visit: Visits) -> tuple[str]:
    return (_standing(await login.glance(house, visit(house))),)


def _standing(view: object) -> str:
    return WAIT if isinstance(view, StillWaiting) else COLLECT if isinstance(view, Ready) else LOOK


async def _listen(world: World, who: str, visit: Visits) -> str:
    """What the stream says as soon as that is not "wait"; BROKEN when it ends before."""
    node, heard = world.somebody(), asyncio.Queue[str]()
    world.tell(who, f"listens at {node.name}")
    line = Line(node, heard)
    if node.is_dead or not journeys(world, who, "stream"):
        return BROKEN
    node.do(_tell(node, visit, line))
    try:
        said = await asyncio.wait_for(heard.get(), OPENING)
        while said == WAIT:
            said = await heard.get()
    except TimeoutError:
        return BROKEN
    finally:
        line.is_open = False
    return said


class Line:
    """One connection, in order. It breaks audibly with its process: the machine below goes on."""

    def __init__(self, node: Node, heard: "asyncio.Queue[str]") -> None:
        self._world, self._heard, self._last = node.world, heard, 0.0
        self.is_open = True
        node.at_death.append(lambda: self.say(BROKEN))

    def say(self, word: str) -> None:
        now = self._world.loop.time()
        self._last = max(now + self._world.delay(), self._last + 1e-6)
        self._world.later(self._last - now, self._heard.put_nowait, word)


async def _tell(node: Node, visits: Visits, line: Line) -> None:
    """The portal's own handler, without the page around it."""
    house = node.house
    try:
        visit, moment = visits(house), house.signals.moment()
        view = await login.glance(house, visit)
        if not isinstance(view, StillWaiting):
            return line.say(_standing(view))

        async def tell() -> str:
            return _standing(await login.glance(house, replace(visit, now=house.clock.now())))

        listening = house.signals.listen(f"challenge:{view.challenge}", since=moment)
        async for said in stream.looks(listening, STREAM_SECONDS, _standing(view), tell):
            if not line.is_open:
                return None
            if said is not None:
                line.say(said.decode().split("data: ")[1].strip())
        line.say(BROKEN)
    except Exception as fault:
        node.world.tell(node.name, f"ends a stream: {type(fault).__name__}")
        line.say(BROKEN)
    return None
