"""What a login asks, as a page shows it. Faces know shapes, never kinds; a new shape stops the type checker here."""

from collections.abc import Mapping
from typing import Any, assert_never

from twolatch.kinds.kind import Kind, Trait
from twolatch.words.shapes import (
    AnswerChallenge,
    AnswerNumber,
    ApproveOnPhone,
    BrowserCeremony,
    KeepCard,
    KeepCodes,
    MakeHere,
    Prompt,
    ScanSecret,
    SetUp,
    TypeCells,
    TypeCode,
    TypePassword,
)


def shown(prompt: Prompt) -> dict[str, Any]:
    """`shape` chooses what a template draws; the rest is what it draws with. Times in ms."""
    match prompt:
        case ApproveOnPhone(phone, digits, expires, has_codes, page_key):
            facts = {"phone": phone, "digits": digits, "expires": expires, "has_codes": has_codes, "page_key": page_key}
            return {"shape": "approve", **facts}
        case AnswerChallenge(name, number, length, expires, on_keypad):
            facts = {"name": name, "number": number, "length": length, "expires": expires, "on_keypad": on_keypad}
            return {"shape": "answer", **facts}
        case TypeCode(name, question, expires, length):
            return {"shape": "code", "name": name, "question": question, "expires": expires, "length": length}
        case TypeCells(name, number, places, length, expires):
            facts = {"number": number, "places": places, "length": length, "expires": expires}
            return {"shape": "cells", "name": name, **facts}
        case BrowserCeremony(name, call, options, expires):
            return {"shape": "ceremony", "name": name, "call": call, "options": options, "expires": expires}
        case TypePassword():
            return {"shape": "password"}
        case _:
            assert_never(prompt)


def icon_of(kind: Kind) -> str:
    """The picture beside an authenticator: by what it is, not by its name."""
    if Trait.BOUND in kind.traits:
        return "key"
    if Trait.TYPED not in kind.traits:
        return "phone"
    if Trait.PIN_OR_BODY in kind.traits:
        return "card"
    return "list" if Trait.ALONE in kind.traits else "dial"


def how_of(kind: Kind) -> str:
    """What a person does with it, for the line below its name; "" where the name has to do."""
    if Trait.BOUND in kind.traits:
        return "key"
    if Trait.TYPED in kind.traits:
        return "type"
    return "approve" if Trait.PIN_OR_BODY in kind.traits else ""


def typed_of(fields: Mapping[str, str]) -> str:
    """What was typed: in one field, or in one for each place of a card, in their order."""
    return "".join(fields.get(name, "") for name in ("answer", "answer_2")).strip()


def set_up_shown(shown: SetUp) -> dict[str, Any]:
    """What is shown while an authenticator is set up; `link` is still to be drawn."""
    match shown:
        case ScanSecret(link, secret):
            return {"shape": "scan", "link": link, "secret": secret}
        case KeepCodes(codes):
            return {"shape": "keep", "codes": codes}
        case KeepCard(number, cells):
            return {"shape": "card", "number": number, "cells": cells}
        case AnswerNumber(number, length):
            return {"shape": "number", "number": number, "length": length}
        case MakeHere(options):
            return {"shape": "ceremony", "call": "create", "options": options}
        case _:
            assert_never(shown)
