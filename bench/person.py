"""The people of the bench, and what they carry from the town's registry to the load."""

import msgspec

from twolatch.client.store import Record

PASSWORD = "linden tree 42 kites"
PIN = "7391"
ITERATIONS = 1_000  # of PBKDF2 on the phone: not what is measured here
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Person(msgspec.Struct, frozen=True):
    """`browser` is the cookie of a browser the client used before; `record` his phone's, none before activation."""

    name: str
    address: str
    browser: str
    record: Record | None


class Town(msgspec.Struct, frozen=True):
    """Where the site is, who has a phone, who has none yet."""

    port: int
    with_phone: list[Person]
    without: list[Person]
