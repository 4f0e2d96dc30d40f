"""What is used once, asked for many times at the same moment: the requests for each kind of it, and who won."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from twolatch.rehearsal import phone as phones
from twolatch.rehearsal.browser import Browser, Form, code_of, digits_of, form_of
from twolatch.rehearsal.gate import Shot, fire
from twolatch.rehearsal.phone import Phone
from twolatch.rehearsal.wire import Answer, End

SESSION = "__Host-session"
_PLACE = re.compile(rb'class="cell-place">(\d+)<')
_CELL = re.compile(rb'<span class="card-place">\d+</span> <code>([0-9A-Z]{3})</code>')


@dataclass(frozen=True)
class Race:
    """What came of one: how many won, and how the others were refused."""

    won: int
    refused: Counter[str]


@dataclass(frozen=True)
class Racer:
    """Who races: a browser and a phone of one client; `ends` are the ways to the portal and to the phones' door, one
    pair for each node, taken in turn."""

    browser: Browser
    phone: Phone
    ends: Sequence[tuple[End, End]]
    times: int

    async def claim(self) -> Race:
        """One session ID, so many phones, each with keys of its own."""
        code = await self.browser.ask_code()
        bodies = [msgspec.json.encode(self.phone.begun(code).body) for _ in range(self.times)]
        return await self._at_the_phones_door("activations/claim", bodies)

    async def approval(self) -> Race:
        """One question, so many answers of its phone, each with a number of its own."""
        digits = digits_of(await self.browser.ask_second())
        [waiting] = (await self.phone.look()).waiting
        made = [self.phone.made(waiting, digits, ahead) for ahead in range(1, self.times + 1)]
        return await self._at_the_phones_door("answers", [msgspec.json.encode(each) for each in made])

    async def session(self) -> Race:
        """One approval, collected so many times."""
        page = await self.browser.ask_second()
        await self.phone.approve(digits_of(page))
        return await self.at_the_portal(form_of(page, "/login/collect"), {})

    async def temporary(self, code: str) -> Race:
        """One login, into which the right code is typed so many times."""
        page = await self.browser.ask_second()
        return await self.at_the_portal(form_of(page, "/login/answer"), {"answer": code})

    async def cells(self) -> Race:
        """A card printed a moment ago; the two cells that are asked, typed so many times."""
        await self.browser.enter()
        await self.browser.get("/security/add/codecard")
        page = await self.browser.get(await self.browser.submit("/security/add/codecard", {}))
        cells = [cell.decode() for cell in _CELL.findall(page.body)]
        confirm = form_of(page, "/confirm")
        await self.browser.submit(urlsplit(confirm.action).path, {**confirm.fields, **_typed(page, cells)})
        await self.browser.leave()
        page = await self.browser.ask_second()
        return await self.at_the_portal(form_of(page, "/login/answer"), _typed(page, cells))

    async def at_the_portal(self, form: Form, fields: dict[str, str]) -> Race:
        path, headers, body = self.browser.written(form, fields)
        shots = [Shot(self._end(number)[0], path, headers, body) for number in range(self.times)]
        return _race(await fire(shots), _opens, code_of)

    async def _at_the_phones_door(self, name: str, bodies: Sequence[bytes]) -> Race:
        shots = []
        for number, body in enumerate(bodies):
            path, headers, _ = self.phone.written(name, body)
            shots.append(Shot(self._end(number)[1], path, headers, body))
        return _race(await fire(shots), _is_taken, phones.refused)

    def _end(self, number: int) -> tuple[End, End]:
        return self.ends[number % len(self.ends)]


def _race(answers: Sequence[Answer], has_won: Callable[[Answer], bool], why: Callable[[Answer], str]) -> Race:
    others = Counter(why(answer) for answer in answers if not has_won(answer))
    return Race(sum(map(has_won, answers)), others)


def _opens(answer: Answer) -> bool:
    """A session came of it."""
    given = (line.partition(";")[0].partition("=") for line in answer.all("set-cookie"))
    return any(name.strip() == SESSION and value.strip('"') for name, _, value in given)


def _is_taken(answer: Answer) -> bool:
    return answer.status == 200


def _typed(page: Answer, cells: Sequence[str]) -> dict[str, str]:
    first, second = (int(place) for place in _PLACE.findall(page.body))
    return {"answer": cells[first - 1], "answer_2": cells[second - 1]}
