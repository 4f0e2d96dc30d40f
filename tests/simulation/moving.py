"""A client gets a new phone: the old one allows it, the new one claims, the old one confirms. Either or neither, never
both."""

from tests.flows.houses import RIGHT
from tests.simulation.loop import rest
from tests.simulation.person import CODE_MET, MET, Person
from twolatch.client.outcomes import Refused, ServerAway, Shown
from twolatch.client.phone import SoftPhone
from twolatch.client.store import MemoryStore
from twolatch.protocol.messages import Transfer
from twolatch.words.refusals import Code

# The old phone, once the new one is there or the code is over.
OLD_MET = MET | {Code.PHONE_REMOVED, Code.ACTIVATION_OVER, Code.STEP_UP}


async def gets_a_new_phone(person: Person) -> None:
    """Goes on until it is plain which of the two it is."""
    store = MemoryStore()
    new = person.new_app(store, "new")
    person.may_hear |= {Code.PHONE_REMOVED}
    person.world.tell(person.name, "gets a new phone")
    code = await _allowed(person)
    if code and await _claimed(person, new, code):
        await _finished(person, new)
    if any(user.state == "active" for user in new.users()):
        person.store, person.phone = store, new
        person.is_copied()
        person.world.tell(person.name, "has a new phone")
    person.may_hear -= {Code.PHONE_REMOVED}


async def _allowed(person: Person) -> str:
    try:
        given = await person.phone.move(RIGHT)
    except ServerAway:
        return ""
    if isinstance(given, Refused):
        person.must_be_allowed(given, OLD_MET)
        return ""
    assert isinstance(given, Transfer)
    return given.code


async def _claimed(person: Person, new: SoftPhone, code: str) -> bool:
    try:
        shown = await new.claim(code, RIGHT)
    except ServerAway:
        return False
    if not isinstance(shown, Shown):
        person.must_be_allowed(shown, CODE_MET | MET)
        return False
    person.world.acknowledged("authenticators", "id", shown.device)
    for _ in range(3):
        try:
            done = await person.phone.confirm_move(shown.six_digits)
        except ServerAway:
            continue
        if isinstance(done, Refused):
            person.must_be_allowed(done, OLD_MET)
        break
    return True


async def _finished(person: Person, new: SoftPhone) -> None:
    """Until the new one is active or has given up: the code's own end is the latest."""
    while any(user.state == "claimed" for user in new.users()):
        try:
            await new.resume()
        except ServerAway:
            person.world.tell(person.name, "has no network on the new phone")
        await rest(2.0)
