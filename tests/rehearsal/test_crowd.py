"""A crowd counts honestly: nobody is at two doors, who finds nobody free is counted, and so is every refusal."""

import asyncio

from hypothesis import given
from hypothesis import strategies as some

from twolatch.rehearsal.browser import Door, Guest
from twolatch.rehearsal.crowd import Crowd, Person, percentiles
from twolatch.rehearsal.wire import End

NOWHERE = End("127.0.0.1", 9)


class Patient(Crowd):
    """Logins that end when they are told to. `most` of one client at the same time; `full` when nobody is free."""

    def begin(self, many: int) -> None:
        self.enough, self.full, self.many = asyncio.Event(), asyncio.Event(), many
        self.inside, self.most, self.walks = list[str](), 0, 0

    async def log_in(self, person: Person) -> bool:
        self.inside.append(person.guest.name)
        self.most = max(self.most, self.inside.count(person.guest.name))
        self.walks += 1
        if len(self.inside) == self.many:
            self.full.set()
        await self.enough.wait()
        self.inside.remove(person.guest.name)
        return True


def crowd_of(names: str) -> tuple[Patient, list[Person]]:
    """The logins end when three found nobody free."""

    def told() -> None:
        if crowd.found.late == 3:
            crowd.enough.set()

    crowd = Patient(Door(NOWHERE, "http://localhost"), (NOWHERE, "http://phone.localhost"), told)
    crowd.begin(len(names))
    return crowd, [crowd.person(Guest(name, "")) for name in names]


async def test_where_everybody_is_at_the_door_already_an_arrival_is_counted_as_late() -> None:
    crowd, people = crowd_of("ab")
    await crowd.arriving(people, per_second=10_000, seconds=1, most=5)
    assert (crowd.walks, crowd.most, crowd.found.late) == (2, 1, 3)


async def test_so_many_at_once_and_never_one_client_twice() -> None:
    crowd, people = crowd_of("abc")
    walk = asyncio.ensure_future(crowd.together(people, at_once=8, seconds=60, most=7))
    await crowd.full.wait()
    assert sorted(crowd.inside) == ["a", "b", "c"]
    crowd.enough.set()
    await walk
    assert (crowd.walks, crowd.most) == (7, 1)


async def test_a_site_that_is_not_there_is_an_error_with_a_name() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    end = End("127.0.0.1", server.sockets[0].getsockname()[1])
    crowd = Crowd(Door(end, "http://localhost"), (end, "http://phone.localhost"), lambda: None)
    async with server:
        assert not await crowd.log_in(crowd.person(Guest("anna", "")))
    assert crowd.found.done == 0
    assert sum(crowd.found.errors.values()) == 1
    assert next(iter(crowd.found.errors)).startswith("connection: ")


@given(some.lists(some.floats(0, 1e6), min_size=1))
def test_percentiles_are_values_that_were_measured_in_their_order(values: list[float]) -> None:
    found = percentiles(values)
    assert found["n"] == len(values)
    assert found["p50"] <= found["p95"] <= found["p99"] <= max(values)
    assert {found["p50"], found["p95"], found["p99"]} <= set(values)
    assert sum(value <= found["p95"] for value in values) >= 0.95 * len(values)
