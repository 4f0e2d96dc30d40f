"""A client's first phone, and whoever knew the password before."""

from tests.flows.houses import Seat, confirmed, waiting_at
from twolatch.authenticators.gate import Answered
from twolatch.house import House
from twolatch.login.model import Proceed


async def test_a_thief_who_comes_between_the_six_digits_and_the_first_answer_is_out_with_it(house: House) -> None:
    """Until its first answer the phone is none yet, and the password alone opens the door."""
    (user, seat, phone), thief = await confirmed(house, "anna"), Seat(house, "198.51.100.7")
    assert await thief.log_in(user.name)
    assert phone.ready
    assert isinstance(await phone.send(phone.ready), Answered)
    assert await thief.who() is None
    assert await seat.who(), "who began goes on"
    assert isinstance(await thief.begin(user.name), Proceed)
    _, asked = await waiting_at(thief)
    assert asked, "and his browser is a stranger's: the phone asks for digits that only he sees"
