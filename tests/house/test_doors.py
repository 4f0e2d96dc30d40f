"""Doors of which there is exactly one, and who may stand behind them: sessions, the compare-and-set, secrets."""

import ast
import re
from collections.abc import Iterable

import pytest

from tests.house.reach import of_the_house
from tests.house.source import File, bad, calls, dotted, house, texts_of
from twolatch.words.warrants import CallerProved, Lowering, TwoPersons, WrongWarrant, must_cover

# Every function that compares a secret, and what makes guessing there dear or pointless (rule C8). A function that
# takes guesses names who pays: that call must stand before the comparison, here or in the one who calls.
TESTS_OF_SECRETS = {
    # guesses of people and strangers: paid first
    "activation/claim.py:_find": "claim calls _pay",
    "activation/flows.py:right_number": "right_number calls pay",
    "authenticators/gate.py:_approve": "_approve calls _pay",
    "login/password.py:check_password": "check_password calls _pay",
    # behind the gate's payment, in the kind itself
    "kinds/codecard.py:Cells.check": "pure; the gate paid",
    "kinds/phone.py:Phone._is_right_pin": "pure; the gate paid",
    "kinds/phone.py:Phone.check": "pure; the gate paid",
    "kinds/phone.py:Phone._check_code": "pure; the gate paid",
    "kinds/card.py:ChallengeCard.check": "pure; the gate paid",
    "kinds/recovery.py:Recovery.check": "pure; the gate paid",
    "kinds/tempcode.py:TempCode.check": "pure; the gate paid",
    "kinds/totp.py:Totp.check": "pure; the gate paid",
    # not a guess: 128 bits and more under a key of ours or of a phone
    "notices/links.py:_read": "144 bits of our own MAC",
    "authenticators/store.py:_authenticator": "the MAC of a row",
    "people/store.py:_staff": "the MAC of a row",
    "desk/proposals/store.py:_proposal": "the MAC of a row",
    "protocol/pskc/sealing.py:Opener._check": "the MAC of a file that the operator holds",
    "client/application.py:ticket_of": "192 bits that the application drew itself",
    "client/device.py:link": "the phone looks at the server's keys",
    "faces/api/nonces.py:is_fresh": "128 bits of our own MAC",
    "login/alone.py:_is_ours": "128 bits of our own MAC",
    "faces/web.py:check_form_token": "144 bits of our own MAC",
    "kinds/phone.py:Phone.seen": "128 bits under a key of the live page",
    "kinds/phone.py:Phone.concerns": "the hash of a challenge",
    # the client's own new password beside his old one: a miss changes the password, so nobody can try twice
    "sessions/passwords.py:change": "asks for FreshlySignedIn",
}
COMPARISONS = ("check", "is_right", "same", "compare_digest", "crypto_pwhash_str_verify")
DEFINITIONS = {"protocol/keys.py:same", "house/hasher.py:_verify"}

PAYS = re.compile(r"(\w+) calls (\w+)")


def comparisons(files: Iterable[File]) -> set[str]:
    """`file:function` of whoever compares a secret. `check` counts where a kind is asked, `fence.check` is none."""
    found = set()
    for file in files:
        for call in calls(file, *COMPARISONS):
            chain = dotted(call.func)
            if chain.endswith("check") and chain.rpartition(".")[0].rpartition(".")[2] != "kind":
                continue
            found.add(f"{file.path}:{file.function_at(call.lineno)}")
        found |= {
            f"{file.path}:{name}" for name, _ in file.functions if name == "Phone.check" and file.room == "kinds"
        }
    return found - DEFINITIONS


def unpaid(file: File, function: str, payer: str, payment: str) -> bool:
    """Whether `payer` compares, or calls `function` that does, before or without calling `payment`."""
    body = next(one for name, one in file.functions if name == payer)
    named = [(node.lineno, _name(node)) for node in ast.walk(body) if isinstance(node, ast.Name | ast.Attribute)]
    inner = {node.name for node in ast.walk(body) if isinstance(node, ast.AsyncFunctionDef) and node is not body}
    paid = [line for line, name in named if name == payment and not (name in inner and line == body.lineno)]
    looks = [line for line, name in named if name in (*COMPARISONS, function)]
    return not paid or not looks or min(paid) >= min(looks)


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def makers_of_sessions(files: Iterable[File]) -> list[str]:
    """Calls of the sessions store's `insert`, whatever the file calls that store."""
    found = []
    for file in files:
        names = {
            (alias.asname or alias.name)
            for node in ast.walk(file.tree)
            if isinstance(node, ast.ImportFrom) and node.module == "twolatch.sessions"
            for alias in node.names
            if alias.name == "store"
        }
        direct = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "twolatch.sessions.store"
            and any(alias.name == "insert" for alias in node.names)
            for node in ast.walk(file.tree)
        )
        for call in calls(file, "insert"):
            if dotted(call.func).rpartition(".")[0] in names or (direct and dotted(call.func) == "insert"):
                found.append(f"{file.path}:{file.function_at(call.lineno)}")
    return found


# Who makes a right to lower somebody's protection: each in one place, whatever face it is wished from.
MAKERS_OF_WARRANTS = {
    "Operator": {"faces/commands"},
    "CallerProved": {"desk/acting.py"},
    "TwoPersons": {"desk/proposals/flows.py"},
}


def makers_of_warrants(files: Iterable[File], name: str) -> set[str]:
    """Where this warrant is made; commands of the machine count as one place."""
    made = {
        file.path if not file.path.startswith("faces/commands/") else "faces/commands"
        for file in files
        for call in calls(file, name)
    }
    return made - {"words/warrants.py"}


def statements(files: Iterable[File], pattern: str) -> list[str]:
    return [
        f"{file.path}:{file.function_at(line)}"
        for file in files
        for line, text in texts_of(file)
        if re.search(pattern, text, re.S)
    ]


def unguarded(files: Iterable[File]) -> list[str]:
    """Statements that move something to another state without saying from which (rule C1)."""
    found = []
    for file in files:
        for line, text in texts_of(file):
            change = re.match(r"\s*UPDATE\s+\w+\s+SET\s+(.*?)\s+WHERE\s+(.*)", text, re.S)
            moves = change and re.search(r"\b(state|stage|ended_at)\s*=", change[1])
            if change and moves and not re.search(r"\b(state|stage|ended_at|version)\s*(=|IN)", change[2]):
                found.append(f"{file.path}:{file.function_at(line)}")
    return found


def test_one_line_makes_a_session() -> None:
    assert makers_of_sessions(house()) == ["login/flows.py:_collect"]
    assert statements(house(), r"INSERT\s+INTO\s+sessions\b") == ["sessions/store.py:insert"]


@pytest.mark.parametrize("name", MAKERS_OF_WARRANTS)
def test_a_right_to_lower_protection_is_made_in_one_place(name: str) -> None:
    assert makers_of_warrants(house(), name) == MAKERS_OF_WARRANTS[name]


def test_a_right_to_one_thing_is_none_to_another() -> None:
    two = TwoPersons("proposal", Lowering.STOCK_LOSS, "A1", "agent", "officer")
    assert must_cover(two, Lowering.STOCK_LOSS, "A1") == {"by": "agent", "approver": "officer", "proposal": "proposal"}
    caller = CallerProved("agent", "case", "anna")
    assert must_cover(caller, Lowering.TEMPORARY_CODE, "anna") == {"by": "agent", "case": "case"}
    for warrant, what, about in (
        (two, Lowering.STOCK_LOSS, "A2"),
        (two, Lowering.STOCK_IMPORT, "A1"),
        (caller, Lowering.TEMPORARY_CODE, "bob"),
        (caller, Lowering.LAST_REMOVED, "anna"),
    ):
        with pytest.raises(WrongWarrant):
            must_cover(warrant, what, about)


def test_one_statement_moves_an_authenticator() -> None:
    moving = r"UPDATE\s+authenticators\s+SET\s[^;]*\b(state|enrolment|moving|row_mac|secret)\s*="
    assert statements(house(), moving) == ["authenticators/store.py:advance"]
    compared = r"UPDATE\s+authenticators.*version\s*=\s*:version"
    assert statements(house(), compared) == ["authenticators/store.py:advance"]


def test_nothing_changes_its_state_without_saying_from_which() -> None:
    # A letter is settled by the one post office that holds it; twice is no harm.
    assert unguarded(house()) == ["notices/store.py:settle"]


def test_every_path_that_tests_a_secret_is_known() -> None:
    assert comparisons(house()) == set(TESTS_OF_SECRETS)


@pytest.mark.parametrize("where", [where for where, why in TESTS_OF_SECRETS.items() if PAYS.fullmatch(why)])
def test_every_guess_is_paid_before_it_is_looked_at(where: str) -> None:
    path, _, function = where.partition(":")
    payer, payment = PAYS.fullmatch(TESTS_OF_SECRETS[where]).groups()  # type: ignore[union-attr]
    file = next(file for file in house() if file.path == path)
    assert not unpaid(file, function, payer, payment)
    assert {name for name in of_the_house().of(f"{file.module}.{payer}") if name.endswith((".pay", ".pay_try"))}


def test_nobody_else_calls_what_may_only_be_called_after_paying() -> None:
    for where, why in TESTS_OF_SECRETS.items():
        path, _, function = where.partition(":")
        if (found := PAYS.fullmatch(why)) and found[1] != function:
            file = next(file for file in house() if file.path == path)
            assert {file.function_at(call.lineno) for call in calls(file, function)} == {found[1]}


def test_every_answer_goes_through_the_gate() -> None:
    users = {f"{file.path}:{file.function_at(call.lineno)}" for file in house() for call in calls(file, "prove")
             if dotted(call.func) == "gate.prove"}  # fmt: skip
    assert users == {
        "activation/by_code.py:confirm",
        "faces/api/phone.py:post_answers",
        "login/rungs.py:prove_typed",
        "login/alone.py:begin",
    }


def test_these_checks_can_fail() -> None:
    assert comparisons(bad("async def f():\n    return same(a, b)")) == {"room/flows.py:f"}
    assert comparisons(bad("async def f(house):\n    return await house.hasher.is_right(a, b)")) == {"room/flows.py:f"}
    assert comparisons(bad("def f(case):\n    return case.kind.check(1)")) == {"room/flows.py:f"}
    assert makers_of_sessions(
        bad("from twolatch.sessions import store as s\nasync def f(tx):\n    await s.insert(tx, new)")
    ) == ["room/flows.py:f"]
    assert makers_of_sessions(
        bad("from twolatch.sessions.store import insert\nasync def f(tx):\n    await insert(tx, new)")
    )
    made = bad("def f():\n    return warrants.CallerProved(a, b, c)")
    assert makers_of_warrants(made, "CallerProved") == {"room/flows.py"}
    assert unguarded(bad("def f():\n    return \"UPDATE attempts SET stage = 'over' WHERE id = :id\"")) == [
        "room/flows.py:f"
    ]
    late = "async def f(house):\n    ok = same(a, b)\n    await _pay(house)\n    return ok"
    never = "async def f(house):\n    return same(a, b)"
    right = "async def f(house):\n    await _pay(house)\n    return same(a, b)"
    assert [unpaid(bad(text)[0], "f", "f", "_pay") for text in (late, never, right)] == [True, True, False]
