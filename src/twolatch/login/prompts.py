"""From the challenge's memory back to the shape a face can show."""

from twolatch.authenticators.model import Challenge
from twolatch.words.shapes import AnswerChallenge, ApproveOnPhone, BrowserCeremony, Prompt, TypeCells, TypeCode

_SHAPES = {shape.__name__: shape for shape in (ApproveOnPhone, AnswerChallenge, TypeCode, TypeCells, BrowserCeremony)}


def prompt_of(challenge: Challenge) -> Prompt:
    facts = dict(challenge.prompt)
    return _SHAPES[facts.pop("shape")](**facts)


def number_of(challenge: Challenge) -> AnswerChallenge | None:
    """The number that answers this question as well, once the client has asked for it."""
    return AnswerChallenge(**challenge.number) if challenge.number else None
