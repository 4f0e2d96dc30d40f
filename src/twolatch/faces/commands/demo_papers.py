"""What the demo's clients hold: accounts, and papers that the program makes and marks as samples."""

from typing import TYPE_CHECKING

from twolatch.accounts import flows, store
from twolatch.accounts.importing import take_in
from twolatch.accounts.model import FileName, Kind
from twolatch.accounts.samples import Words, sample_pdf
from twolatch.closing import flows as closing
from twolatch.closing.effect import close_due
from twolatch.people import store as people
from twolatch.texts.catalogue import Texts
from twolatch.words.limits import DAY

if TYPE_CHECKING:
    from twolatch.house import House

ACCOUNTS = (
    ("A1001", ("anna",), ()),
    ("B2001", ("bram",), ()),
    ("J3001", ("anna",), ("bram",)),
    ("C4001", ("carla",), ()),
)
CLOSED = "C4001"
PAPERS = ((Kind.STATEMENT, "2026-10"), (Kind.STATEMENT, "2026-09"), (Kind.TAX_FORM, "2025"))


async def prepare(house: "House", now: int) -> None:
    """Where they are not there yet."""
    for number, holders, others in ACCOUNTS:
        if await store.by_number(house.db, number) is None:
            await flows.add(house, number, "", holders, others, now)
            await give_papers(house, number, holders[0], now)
            if number == CLOSED:  # asked for two days ago, so that today it is over
                await closing.ask_for(house, number, "", now - 2 * DAY)
                await close_due(house, now)


async def give_papers(house: "House", number: str, holder: str, now: int) -> None:
    user = await people.by_name(house.db, holder)
    assert user
    for kind, period in PAPERS:
        about = FileName(number, kind, period)
        name = f"{number}_{kind.value.replace('_', '-')}_{period}.pdf"
        await take_in(house, name, sample_pdf(_words(house, user.language, user.display, about, now), now), now)


def _words(house: "House", language: str, client: str, about: FileName, now: int) -> Words:
    texts = Texts(house.settings.languages, house.settings.time_zone)
    say = texts.say
    return Words(
        language=language,
        site=house.settings.site_name,
        title=say(language, f"papers.{about.kind.value}"),
        mark=say(language, "sample.mark"),
        lines=(
            (say(language, "sample.account"), about.number),
            (say(language, "sample.client"), client),
            (say(language, "sample.period"), texts.period(language, about.period)),
            (say(language, "sample.kept"), texts.moment(language, now)),
        ),
        about=say(language, "sample.about"),
    )
