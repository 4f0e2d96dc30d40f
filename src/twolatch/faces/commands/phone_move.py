"""`twolatch phone move`: the old phone's side of moving to a new one."""

import json
import sys

import typer

from twolatch.client.outcomes import Refused
from twolatch.client.phone import SoftPhone
from twolatch.faces.commands.phone_talk import Talk
from twolatch.protocol.labels import clean_label
from twolatch.protocol.messages import Claimant, Transfer


async def move_on(talk: Talk, phone: SoftPhone, user: str, pin: str, digits: str | None) -> None:
    """Shows the code, asks for the new phone's digits, and waits until it has taken over."""
    _tell_code(talk, talk.or_refuse(await phone.move(pin, user)))
    with talk.err.status("Waiting for the new phone…"):
        claimed = _stands(talk, await phone.wait_moving("issued", user), "claimed")
    if claimed.claimant:
        _tell_claimant(talk, claimed.claimant)
    stands = await _confirm(talk, phone, user, digits)
    if stands.state != "moved":
        with talk.err.status("Waiting for the new phone to finish…"):
            _stands(talk, await phone.wait_moving(stands.state, user), "moved")
    talk.say("Moved. This phone may not answer any more.")
    talk.result(state="moved")


async def stay(talk: Talk, phone: SoftPhone, user: str) -> None:
    if refused := await phone.stay(user):
        talk.refuse(refused)
    talk.say("Nothing was moved.")
    talk.result(state="over")


async def _confirm(talk: Talk, phone: SoftPhone, user: str, digits: str | None) -> Transfer:
    """Digits that were given count once; a person may look again."""
    while True:
        done = await phone.confirm_move(digits or typer.prompt("Six digits of the new phone", err=True), user)
        slip = isinstance(done, Refused) and done.code in {"activation.wrong_number", "digits.needed"}
        if digits or not slip:
            return talk.or_refuse(done)
        talk.err.print("That is not the number the new phone shows. Look again.")


def _tell_code(talk: Talk, issued: Transfer) -> None:
    talk.say(f"Type this code on the new phone: {issued.code}")
    talk.say(f"Or open this link there: {clean_label(issued.link, 500)}")
    if talk.as_json:
        sys.stderr.write(json.dumps({"code": issued.code, "link": issued.link}) + "\n")
        sys.stderr.flush()


def _tell_claimant(talk: Talk, new: Claimant) -> None:
    what = ", ".join(clean_label(text, 80) for text in (new.model, new.browser, new.address) if text)
    talk.say(f"A phone has used the code: {what}")
    talk.say("Type its six digits only if you hold it in your hand.")


def _stands(talk: Talk, found: Transfer | Refused, wanted: str) -> Transfer:
    """What was waited for, or the move is over."""
    stands = talk.or_refuse(found)
    if stands.state in {wanted, "confirmed", "moved"}:
        return stands
    over = Refused("activation.over", "The move is over", "The code ran out or was stopped.", "Begin again.")
    return talk.refuse(over)
