"""The people of the bench, and what they carry from the town's registry to the load."""

import msgspec

from twolatch.client.store import Record
from twolatch.rehearsal.browser import Browser, Door, Guest
from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.wire import End

PASSWORD = "linden tree 42 kites"


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

    def browser(self, person: Person) -> Browser:
        door = Door(End("127.0.0.1", self.port), f"http://localhost:{self.port}")
        return Browser(door, Guest(person.name, PASSWORD, person.address, person.browser))

    def phone(self, person: Person) -> Phone:
        end = End("127.0.0.1", self.port)
        return Phone(end, f"http://phone.localhost:{self.port}", person.address, person.record)
