"""Who works at the demo's support desk: an agent and an officer, each with a soft card that is active already."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from twolatch.activation import by_code
from twolatch.activation.by_code import SettingUp
from twolatch.client import cards
from twolatch.custody import flows as custody
from twolatch.custody import receiving
from twolatch.custody.importing import take_in
from twolatch.desk import staffing
from twolatch.faces.commands.card import made_cards
from twolatch.login import flows as login
from twolatch.login.model import Collected
from twolatch.people import flows as people
from twolatch.people import store
from twolatch.people.model import Role
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.sessions import flows as sessions
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit
from twolatch.words.warrants import Operator

if TYPE_CHECKING:
    from twolatch.house import House

STAFF = (
    ("sanne", "Sanne Bakker", Role.AGENT, "yellow harbour 29 keys"),
    ("piet", "Piet Mulder", Role.OFFICER, "quiet forest 81 gates"),
)
CARD_PIN = "4711"
NUMBERS = {"anna": "+31201234567", "bram": "+31207654321"}
OLD = 90 * 24 * 3600 * 1000  # ms: a number that stands there for a while


async def prepare(house: "House", folder: Path, now: int) -> None:
    """Where they are not there yet: through the same doors as everybody."""
    for name, display, role, password in STAFF:
        if await store.by_name(house.db, name) is None:
            new = people.NewUser(name, display, f"{name}@example.org", "nl", Secret(password))
            await people.add(house, new, now)
            await _give_a_card(house, folder, name, password, now)
            await staffing.add(house, name, role, "", now)
    for name, number in NUMBERS.items():
        await people.record_number(house, name, number, now - OLD)


async def _give_a_card(house: "House", folder: Path, name: str, password: str, now: int) -> None:
    file, key = made_cards(folder, f"{name.upper()}-", 1, CARD_PIN)
    report = await take_in(house, Operator(), file, FileKey(key), "", now)
    await custody.assign(house, report.new[0], name, "", now)
    visit = Visit(sha256(name.encode()).digest(), b"", "127.0.0.1", "", "nl", now)
    await login.begin(house, visit, name, Secret(password))
    done = await login.collect(house, visit)
    who = await sessions.signed_in(house, done.token, now) if isinstance(done, Collected) else None
    card = cards.load(folder, report.new[0])
    if who is None or card is None:
        return
    one = await receiving.begin(house, who, "Kaart", "", now)
    seen = await by_code.look(house, who, one, now) if isinstance(one, str) else None
    if isinstance(one, str) and isinstance(seen, SettingUp):
        answer = cards.answer(card, CARD_PIN, str(seen.asked.prompt["number"]))
        await by_code.confirm(house, who, one, answer or "", now)
    await sessions.end(house, who, who.session, now)
