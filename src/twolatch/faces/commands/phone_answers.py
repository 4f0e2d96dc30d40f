"""`twolatch phone waiting`, `approve`, `respond`, `deny`, `not-me`: what waits, and the answers to it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from twolatch.client.outcomes import Asked, Refused, Scanned
from twolatch.client.phone import SoftPhone
from twolatch.faces.commands.phone_run import AsJson, Pin, Server, Store, UserName, ask_pin, look_around, run
from twolatch.faces.commands.phone_talk import Exit, Talk
from twolatch.protocol.answer import Decision
from twolatch.protocol.labels import clean_label

Digits = Annotated[str | None, typer.Option("--digits", help="The six digits the portal shows.")]
Link = Annotated[str | None, typer.Option("--link", help="What the portal's QR code for this login says; at once.")]
ChallengeId = Annotated[str, typer.Argument(help="Its id, or the start of it; needless when only one waits.")]


def waiting(user: UserName = "", store: Store = None, server: Server = None, as_json: AsJson = False) -> None:
    """What waits for an answer. Also finishes activations that were confirmed meanwhile."""
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        look = await look_around(talk, phone, user)
        if not look.asked and look.refused:
            talk.refuse(look.refused[0][1])
        talk.result(
            waiting=[_described(asked) for asked in look.asked],
            ended=[{"challenge": end.challenge, "state": end.state, "at": end.at} for end in look.ended],
        )
        for asked in look.asked:
            _tell(talk, asked)
        if not look.asked:
            talk.say("Nothing waits.")
            raise typer.Exit(Exit.NOTHING)

    run(talk, store, server, work)


def _described(asked: Asked) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(asked.bytes)
    return {"device": asked.device, **fields}


def _tell(talk: Talk, asked: Asked) -> None:
    about = asked.challenge
    if about.type == "support":
        agent, code = clean_label(about.context.browser, 200), clean_label(about.context.place, 200)
        talk.say(f"Support asks whether {clean_label(about.user, 200)} is speaking with {agent}, code {code}.")
        talk.say("  Approving takes the six digits that the agent reads out. Did somebody call you? Then deny.")
        talk.say(f"  {about.challenge}")
        return
    place = [about.context.browser, about.context.address, about.context.place]
    where = ", ".join(clean_label(text, 200) for text in place if text)
    kind = {"login": "Login", "step_up": "Confirmation", "test": "Test"}[about.type]
    who, what = clean_label(about.user, 200), clean_label(about.audience.name, 200)
    talk.say(f"{kind} of {who} at {what} from {where or 'an unknown place'}")
    if paid := about.transaction:
        payee = f" to {clean_label(paid.payee, 200)}" if paid.payee else ""
        by = clean_label(paid.application, 200)
        talk.say(f"  {paid.action.capitalize()} of {paid.currency} {paid.amount}{payee}, asked by {by}")
    if not about.context.known_browser:
        talk.say("  This browser is new.")
    if about.confirmation == "digits":
        talk.say("  Approving takes the six digits that the portal shows.")
    talk.say(f"  {about.challenge}")


def approve(
    challenge: ChallengeId = "",
    digits: Digits = None,
    link: Link = None,
    pin: Pin = None,
    user: UserName = "",
    store: Store = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Approve what waits, with the PIN and, from a new browser, the portal's six digits or the code it shows."""
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        if link:
            return await approve_scanned(talk, phone, link, pin)
        asked = await _pick(talk, phone, challenge, user)
        _tell(talk, asked)
        typed = digits or ""
        if not typed and asked.challenge.confirmation == "digits":
            typed = typer.prompt("Six digits", err=True)
        chosen = ask_pin(pin, twice=False)
        return await _deliver(talk, phone, asked, Decision.APPROVE, pin=chosen, digits=typed)

    run(talk, store, server, work)


async def approve_scanned(talk: Talk, phone: SoftPhone, link: str, pin: str | None) -> None:
    scanned = await phone.scan(link)  # first: the code is good for seconds, a PIN takes longer
    if isinstance(scanned, Refused):
        talk.refuse(scanned)
    _tell(talk, scanned.asked)
    await _deliver(talk, phone, scanned, Decision.APPROVE, pin=ask_pin(pin, twice=False), digits="")


def respond(
    number: Annotated[str, typer.Argument(metavar="CHALLENGE", help="The 6 or 8 digits that the portal shows.")],
    pin: Pin = None,
    user: UserName = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Without any network: the eight digits to type into the portal. A wrong PIN makes wrong digits."""
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        code = await phone.respond(number, ask_pin(pin, twice=False), user)
        if isinstance(code, Refused):
            talk.refuse(code)
        talk.say(f"Type this into the portal: {code[:4]} {code[4:]}")
        talk.result(response=code)

    run(talk, store, None, work)


def deny(
    challenge: ChallengeId = "",
    user: UserName = "",
    store: Store = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Deny what waits. Takes no PIN."""
    _say_no(challenge, Decision.DENY, user=user, store=store, server=server, as_json=as_json)


def not_me(
    challenge: ChallengeId = "",
    user: UserName = "",
    store: Store = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """It was not me: denies, ends the attempt and raises the alarm. Takes no PIN."""
    _say_no(challenge, Decision.NOT_ME, user=user, store=store, server=server, as_json=as_json)


def _say_no(
    challenge: str, decision: Decision, *, user: str, store: Path | None, server: str | None, as_json: bool
) -> None:
    talk = Talk(as_json)

    async def work(phone: SoftPhone) -> None:
        asked = await _pick(talk, phone, challenge, user)
        _tell(talk, asked)
        await _deliver(talk, phone, asked, decision, pin=None, digits="")

    run(talk, store, server, work)


async def _pick(talk: Talk, phone: SoftPhone, challenge: str, user: str) -> Asked:
    """The challenge that is meant: the only one that fits, or the command ends."""
    look = await look_around(talk, phone, user)
    fitting = [asked for asked in look.asked if asked.challenge.challenge.startswith(challenge)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(asked.challenge.challenge for asked in fitting)
        talk.refuse(Refused("challenge.several", "Several wait: name one", ids), Exit.USAGE)
    for end in look.ended:
        if challenge and end.challenge.startswith(challenge):
            talk.refuse(Refused(f"challenge.{end.state}", "This challenge is over", f"It is {end.state}."))
    if look.refused:
        talk.refuse(look.refused[0][1])
    return talk.refuse(Refused("challenge.none", "Nothing waits"), Exit.NOTHING)


async def _deliver(
    talk: Talk, phone: SoftPhone, what: Asked | Scanned, decision: Decision, *, pin: str | None, digits: str
) -> None:
    done = await phone.answer(what, decision, pin, digits)
    asked = what.asked if isinstance(what, Scanned) else what
    if isinstance(done, Refused):
        talk.refuse(done)
    talk.say({"approved": "Approved.", "denied": "Denied.", "not_me": "Denied, and reported."}[done.state])
    talk.result(challenge=done.challenge, state=done.state, user=asked.challenge.user)
