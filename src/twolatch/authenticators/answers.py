"""What a browser at the portal answers, on its way to the gate."""

from twolatch.authenticators.model import Challenge
from twolatch.kinds.kind import Performed, Said, Typed
from twolatch.words.refusals import Code, Refusal
from twolatch.words.shapes import BrowserCeremony

TYPED_LONGEST = 64
PERFORMED_LONGEST = 32 * 1024

# What the gate says to phones, in words for somebody who sits at the portal.
_TYPED = {Code.ANSWER_WRONG: Code.TYPED_WRONG, Code.PHONE_LOCKED: Code.LOGIN_PHONE_LOCKED}
# Whoever made it, whatever it answers: a browser that asked the wrong key and one that lies read the same.
_PERFORMED = dict.fromkeys((Code.ANSWER_WRONG, Code.PHONE_UNKNOWN, Code.CHALLENGE_UNKNOWN), Code.CEREMONY_WRONG)
_PERFORMED[Code.PHONE_LOCKED] = Code.LOGIN_PHONE_LOCKED


def is_ceremony(asked: Challenge) -> bool:
    shape: str = asked.prompt["shape"]
    return shape == BrowserCeremony.__name__


def said_here(asked: Challenge, text: str) -> Said:
    """A code as people type it, or what the browser's ceremony made, as the question asked. Too long a text answers
    nothing."""
    if is_ceremony(asked):
        made = text if len(text) <= PERFORMED_LONGEST else ""
        return Said(asked.authenticator, asked.id, "approve", Performed(made), made)
    typed = "".join(text.split())[:TYPED_LONGEST]
    return Said(asked.authenticator, asked.id, "approve", Typed(typed), typed)


def told_here(asked: Challenge, refused: Refusal) -> Refusal:
    words = _PERFORMED if is_ceremony(asked) else _TYPED
    return Refusal(words.get(refused.code, refused.code), refused.retry_after, refused.tries_left)
