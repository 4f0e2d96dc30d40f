"""For every kind on the shelf a client who holds one: how he proves it at a page, and how a thief guesses at it.

A new kind needs a line in `HOLDERS`; `test_two_doors.py` fails until it has one, and then tries it on every path.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.authenticator import Key
from tests.http import test_cards, test_code_cards, test_passkeys, test_printed_cards, test_temporary_codes
from tests.http.test_typed_kinds import with_app, with_codes
from tests.key_ring import options
from tests.people import PIN, WRONG_PIN, Browser, Form, Page, Phone, Town
from twolatch.client import cards
from twolatch.people.model import User
from twolatch.words.limits import CARD_ROW, PIN_ROW, TYPED_ROW

Said = dict[str, str]
Sent = Coroutine[Any, Any, Any]
Way = Callable[[Browser, Page], list[Sent]]  # what a proof becomes at a page: one request for each way to send it


def answer_form(page: Page) -> Form:
    """Where this page takes an answer: at a login, or inside a session."""
    [form] = [form for form in page.forms if form.action.endswith(("/login/answer", "/step-up/answer"))]
    return form


def typed(said: Said) -> Way:
    def at(browser: Browser, page: Page) -> list[Sent]:
        form = answer_form(page)
        return [browser.post(form.action, {**form.fields, **said})]

    return at


@dataclass
class Holder:
    """`proof` of the question on a page, which is the same proof wherever it is sent; `guess` the nth wrong one.
    `bears`: so many wrong ones are looked at and then no more; None where a stranger's guess counts nothing."""

    user: User
    owner: Browser
    proof: Callable[[Browser, Page], Awaitable[Way]]
    guess: Callable[[Browser, Page, int], Awaitable[Way]]
    bears: int | None
    beside: list[str] = field(default_factory=list)  # kinds he had to set up before it


def _typed_holder(
    user: User, owner: Browser, right: Callable[[Page], Said], wrong: Callable[[Page, int], Said], bears: int | None,
    *beside: str,
) -> Holder:  # fmt: skip
    async def proof(browser: Browser, page: Page) -> Way:
        return typed(right(page))

    async def guess(browser: Browser, page: Page, nth: int) -> Way:
        return typed(wrong(page, nth))

    return Holder(user, owner, proof, guess, bears, list(beside))


async def of_phone(town: Town) -> Holder:
    """Two ways at once: the answer of the app, and the code that is typed at the portal when there is no network."""
    user, owner, phone = await town.with_phone()

    async def proof(browser: Browser, page: Page) -> Way:
        answer = phone.made(await phone.asked(), digits=page.digits)
        code = ""
        if page.has_form("/login/number"):
            page = await browser.send("/login/number")
            number = test_cards.number_on(page) if not page.digits else _number(page)
            code = str(await phone.soft.respond(number, PIN))

        def at(browser: Browser, page: Page) -> list[Sent]:
            form = [each for each in page.forms if each.action.endswith("/answer")]
            by_code = [browser.post(form[0].action, {**form[0].fields, "answer": code})] if form and code else []
            return [phone.send(answer), *by_code]

        return at

    async def guess(browser: Browser, page: Page, nth: int) -> Way:
        asked = (await phone.look()).asked
        if not asked:
            return lambda browser, page: []
        answer = phone.made(asked[0], digits=page.digits, secret=phone.secret(WRONG_PIN), ahead=1 + nth)
        return lambda browser, page: [phone.send(answer)]

    return Holder(user, owner, proof, guess, PIN_ROW.allowance)


def _number(page: Page) -> str:
    from tests.http.test_offline_codes import number_of

    return number_of(page)


async def of_passkey(town: Town) -> Holder:
    user, owner, key = await test_passkeys.with_key(town)
    other = Key(origin=owner.origin)
    return _typed_holder(
        user, owner, lambda page: {"answer": key.get(options(page))},
        lambda page, nth: {"answer": other.get(options(page)) + " " * nth}, None,
    )  # fmt: skip


async def of_card(town: Town) -> Holder:
    user, owner, card = await test_cards.with_card(town)

    def wrong(page: Page, nth: int) -> Said:
        right = cards.answer(card, test_cards.PIN, test_cards.number_on(page))
        return {"answer": f"{nth:08d}" if f"{nth:08d}" != right else "99999999"}

    return _typed_holder(
        user, owner, lambda page: {"answer": test_cards.answered(card, page)}, wrong, CARD_ROW.allowance
    )


async def of_totp(town: Town) -> Holder:
    user, owner, app = await with_app(town)

    def wrong(page: Page, nth: int) -> Said:
        right = {app.code(ahead) for ahead in range(-3, 4)}
        return {"answer": next(code for at in range(20) if (code := f"{20 * nth + at:06d}") not in right)}

    return _typed_holder(user, owner, lambda page: {"answer": app.code()}, wrong, TYPED_ROW.allowance)


def _wrong_cells(page: Page, nth: int) -> Said:
    return {"answer": f"2{'ABCDEFGHJK'[nth % 10]}{'23456789'[nth // 10 % 8]}", "answer_2": "ZZZ"}


async def of_printedcard(town: Town) -> Holder:
    user, owner, cells = await test_printed_cards.with_printed(town)
    return _typed_holder(
        user, owner, lambda page: test_code_cards.answer(page, cells), _wrong_cells, TYPED_ROW.allowance
    )


async def of_codecard(town: Town) -> Holder:
    user, owner, cells = await test_code_cards.with_card(town)
    return _typed_holder(
        user, owner, lambda page: test_code_cards.answer(page, cells), _wrong_cells, TYPED_ROW.allowance
    )


async def of_recovery(town: Town) -> Holder:
    """The app he had beside it is gone: nothing but a code on paper is left."""
    user, owner, _, codes = await with_codes(town)
    app = "FROM authenticators WHERE user_id = :id AND kind = 'totp'"
    assert await town.count(app, id=user.id)
    page = await owner.get("/security")
    [one] = [id_ for id_ in page.ids("/security/authenticators/{}/rename") if await _is(town, id_, "totp")]
    await owner.get(f"/security/authenticators/{one}/remove")
    await owner.send(f"/security/authenticators/{one}/remove")
    return _typed_holder(
        user, owner, lambda page: {"answer": codes[3]}, lambda page, nth: {"answer": f"{nth:04d}-AAAA-AAAAA"},
        TYPED_ROW.allowance, "totp",
    )  # fmt: skip


async def _is(town: Town, authenticator: str, kind: str) -> bool:
    return bool(await town.count("FROM authenticators WHERE id = :id AND kind = :kind", id=authenticator, kind=kind))


async def of_tempcode(town: Town) -> Holder:
    user, _, code = await test_temporary_codes.with_code(town)
    owner = town.browser()
    assert (await test_temporary_codes.enter(owner, user, code)).path == "/"
    return _typed_holder(
        user, owner, lambda page: {"answer": code}, lambda page, nth: {"answer": f"{nth:05d}-AAAAA"},
        TYPED_ROW.allowance, "phone",
    )  # fmt: skip


HOLDERS: dict[str, Callable[[Town], Awaitable[Holder]]] = {
    "phone": of_phone,
    "passkey": of_passkey,
    "card": of_card,
    "totp": of_totp,
    "printedcard": of_printedcard,
    "codecard": of_codecard,
    "recovery": of_recovery,
    "tempcode": of_tempcode,
}

__all__ = ["HOLDERS", "Holder", "Phone", "Sent", "Way", "answer_form"]
