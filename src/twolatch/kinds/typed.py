"""What every code that is typed into the portal has in common: how it is asked for, and what a try costs."""

from twolatch.kinds.kind import Asked, Memory, Opening, Price, Record
from twolatch.words.limits import SET_UP_TRIES, TYPED_MONTH, TYPED_ROW, TYPED_TRIES
from twolatch.words.shapes import TypeCode


def opening(record: Record, asked: Asked, digits: int = 0) -> Opening:
    """The next code, of so many `digits` where it is a number. Who sets it up may type a first one wrong more often:
    nothing is protected by it yet."""
    tries = SET_UP_TRIES if asked.purpose == "test" else TYPED_TRIES
    return Opening(TypeCode(record.name, "", asked.expires, digits), {"tries": tries})


def price(way: str, memory: Memory) -> Price:
    return Price(way, TYPED_ROW, TYPED_MONTH, memory["tries"])
