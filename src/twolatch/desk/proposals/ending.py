"""Every minute: what nobody decided in time is over, and what nobody looked at is forgotten."""

from twolatch.desk.proposals.flows import run_out
from twolatch.house import House
from twolatch.house.rounds import go_round
from twolatch.words.limits import MINUTE, SECOND

EVERY = MINUTE / SECOND


async def run(house: House) -> None:
    """Until cancelled. A proposal that is late for this is over all the same: every decision looks at its time."""
    await go_round(house, EVERY, run_out, "desk", "proposals_not_ended")
