"""The app's own sign-in: name and password typed on the phone that also holds the second factor.

The same first latch, the same limits and the same gate as at the portal; only the screen is another one. The attempt
belongs to the device instead of a browser's cookie, and so does the session: both are named by a MAC of the device id,
which no cookie can be made to equal.
"""

from dataclasses import replace

from twolatch.authenticators.asking import Asking, prepare
from twolatch.authenticators.model import Authenticator, Challenge, Purpose, State
from twolatch.house import House
from twolatch.login import flows
from twolatch.login.model import Collected, StartOver, StillWaiting
from twolatch.login.password import check_password
from twolatch.people import store as people
from twolatch.people.model import canonical_name
from twolatch.words.refusals import Code, Refusal
from twolatch.words.secret import Secret
from twolatch.words.visit import Visit

NO_PASSWORD = Secret("")


async def begin(
    house: House, visit: Visit, one: Authenticator, name: str, password: Secret[str]
) -> Challenge | Refusal:
    """The first latch, and the question this phone answers itself.

    Only the client of this device can come in here. For any other name the password is not even compared, and all
    else is done as if it had been: whoever holds a phone of his own learns nothing about others, and pays as at the
    portal. The device is no "known browser" here: that would be a second set of guesses beside the portal's.
    """
    if one.state is not State.ACTIVE:
        return Refusal(Code.PHONE_UNCONFIRMED)
    owner = await people.by_id(house.db, one.user)
    is_owner = owner is not None and canonical_name(name) == owner.name
    stranger = replace(visit, pre=b"", browser=b"")
    right = await check_password(house, stranger, name, password if is_owner else NO_PASSWORD)
    if isinstance(right, Refusal):
        return right
    here = _on(house, visit, one)
    if right.user.is_off or right.user.keys_only:
        why = Code.LOGIN_OFF if right.user.is_off else Code.LOGIN_KEYS_ONLY
        return await flows.refuse(house, right, why, here)
    asking = Asking(Purpose.APP, here.browser, True, visit.agent, visit.address, "app")
    question = prepare(house, one, right.user, asking, visit.now)
    opened = await flows.open_attempt(house, here, right, one, question)
    return opened if isinstance(opened, Refusal) else question


async def collect(house: House, visit: Visit, one: Authenticator) -> Collected | Refusal:
    """The session, once, after this phone approved."""
    done = await flows.collect(house, _on(house, visit, one), bound_to=one.id)
    if isinstance(done, StartOver):
        return Refusal(done.refusal)
    return Refusal(Code.LOGIN_START_OVER) if isinstance(done, StillWaiting) else done


def _on(house: House, visit: Visit, one: Authenticator) -> Visit:
    return replace(visit, pre=house.keys.mac("app-attempt", one.id), browser=house.keys.mac("app-browser", one.id))
