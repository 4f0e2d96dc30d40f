"""Four eyes: who may decide what, and that what was approved happens once, exactly as it was proposed."""

import asyncio
from collections import Counter

import pytest

from tests.flows.at_the_desk import Worker, at_work, rows, state
from tests.flows.houses import Handset, Time, activated, add_user
from twolatch.accounts import flows as accounts
from twolatch.authenticators import flows as authenticators
from twolatch.authenticators import store
from twolatch.authenticators.model import State as OfAuthenticator
from twolatch.client.cards import FRESH, made
from twolatch.custody import store as cards
from twolatch.custody.model import State as OfCard
from twolatch.desk import budgets, staffing
from twolatch.desk.budgets import Budget
from twolatch.desk.proposals import flows, wishing
from twolatch.desk.proposals import store as proposals
from twolatch.desk.proposals.actions import ACTIONS, Given, wish_of
from twolatch.desk.proposals.model import NEXT, Proposal, State
from twolatch.house import House, WrongKey
from twolatch.house.store import end_everything
from twolatch.notices import links
from twolatch.people import flows as people
from twolatch.people.model import Role, User
from twolatch.protocol.pskc.sealing import FileKey
from twolatch.protocol.pskc.writing import write
from twolatch.words.limits import DESK_CODES, MINUTE
from twolatch.words.refusals import Code, Refusal
from twolatch.words.warrants import Lowering

CASE = "case-1"


@pytest.fixture
async def ben(house: House) -> Worker:
    return await at_work(house, "ben", Role.AGENT)


@pytest.fixture
async def olga(house: House) -> Worker:
    return await at_work(house, "olga", Role.OFFICER)


@pytest.fixture
async def anna(house: House) -> tuple[User, Handset]:
    user, _, phone = await activated(house, "anna")
    return user, phone


async def code_for(house: House, ben: Worker, user: User, reason: str = "phone in the canal") -> Proposal:
    found = await wishing.temporary_code(house, await ben.who(), user, "Code", reason, CASE, house.clock.now())
    assert isinstance(found, Proposal), found
    return found


async def approve(house: House, by: Worker, found: Proposal, digest: str = "") -> Proposal | Refusal:
    who = await by.who()
    return await flows.approve(house, who, found.id, digest or found.digest, "seen", house.clock.now())


async def held(house: House, user: User) -> list[str]:
    active = [one for one in await store.held_by(house.db, house.keys, user.id) if one.state is OfAuthenticator.ACTIVE]
    return [one.kind for one in active]


async def events(house: House) -> Counter[str]:
    return Counter(row["event"] for row in await rows(house, "SELECT event FROM audit"))


async def letters(house: House, user: User) -> Counter[str]:
    return Counter(row["kind"] for row in await rows(house, "SELECT kind FROM notices WHERE user_id = :u", u=user.id))


def test_every_thing_two_persons_decide_has_its_line() -> None:
    assert set(ACTIONS) == set(Lowering)
    assert {state for state, after in NEXT.items() if after} == {State.OPEN}
    assert set(NEXT) == set(State)


async def test_an_agent_proposes_an_officer_approves_and_it_happens_once(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    user, _ = anna
    found = await code_for(house, ben, user)
    assert state(found) == "open"
    assert await held(house, user) == ["phone"], "nothing happened yet"
    assert (await letters(house, olga.user))["proposal_waits"] == 1
    assert (await letters(house, ben.user))["proposal_waits"] == 0
    done = await approve(house, olga, found)
    assert state(done) == "executed"
    assert await held(house, user) == ["tempcode"]
    told = await letters(house, user)
    assert (told["code_issued"], told["decided_code"]) == (1, 1)
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_DECIDED)
    assert (await events(house))["desk:proposal:executed"] == 1
    assert (await events(house))["authenticators:stand_in:issued"] == 1


async def test_the_audit_names_both_persons_and_what_exactly_they_agreed_to(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    found = await code_for(house, ben, anna[0])
    await approve(house, olga, found)
    [line] = await rows(house, "SELECT * FROM audit WHERE event = 'desk:proposal:executed'")
    assert (line["user_id"], line["object"]) == (anna[0].id, found.id)
    for fact in (ben.user.id, olga.user.id, found.digest, CASE, "temporary_code"):
        assert fact in line["facts"]
    [issued] = await rows(house, "SELECT facts FROM audit WHERE event = 'authenticators:stand_in:issued'")
    assert ben.user.id in issued["facts"]
    assert olga.user.id in issued["facts"]


async def test_the_code_is_shown_to_the_proposer_once_and_to_nobody_else(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset], time: Time
) -> None:
    found = await code_for(house, ben, anna[0])
    assert await flows.show_given(house, await ben.who(), found.id, house.clock.now()) == Refusal(Code.PROPOSAL_SHOWN)
    done = await approve(house, olga, found)
    assert isinstance(done, Proposal)
    now = house.clock.now()
    assert done.may_show(ben.user.id, now)
    assert not done.may_show(olga.user.id, now)
    assert await flows.show_given(house, await olga.who(), found.id, now) == Refusal(Code.PROPOSAL_SHOWN)
    given = await flows.show_given(house, await ben.who(), found.id, now)
    assert isinstance(given, Given)
    assert len(given.code) == 11
    assert await flows.show_given(house, await ben.who(), found.id, now) == Refusal(Code.PROPOSAL_SHOWN)
    [row] = await rows(house, "SELECT given FROM proposals")
    assert row["given"] is None


async def test_a_code_that_nobody_looked_at_is_forgotten(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset], time: Time
) -> None:
    found = await code_for(house, ben, anna[0])
    await approve(house, olga, found)
    time.pass_(10 * 60)
    assert await flows.show_given(house, await ben.who(), found.id, house.clock.now()) == Refusal(Code.PROPOSAL_SHOWN)
    await flows.run_out(house, house.clock.now())
    [row] = await rows(house, "SELECT given, shows_until FROM proposals")
    assert row == {"given": None, "shows_until": 0}


# attacks


async def test_nobody_approves_his_own_wish_in_a_second_session_or_a_second_role(
    house: House, olga: Worker, anna: tuple[User, Handset]
) -> None:
    found = await code_for(house, olga, anna[0])
    olga.session = house.chance.id()
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_OWN)
    await staffing.add(house, "olga", Role.AGENT, "", house.clock.now())
    await staffing.add(house, "olga", Role.OFFICER, "", house.clock.now())
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_OWN)
    assert await held(house, anna[0]) == ["phone"]


async def test_a_second_name_of_the_same_person_is_no_second_person(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    now = house.clock.now()
    assert await people.same_person(house, "ben", "olga", now)
    found = await code_for(house, ben, anna[0])
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_OWN)
    assert await flows.deny(house, await olga.who(), found.id, "no", now) == Refusal(Code.PROPOSAL_OWN)
    assert not await flows.has_a_decider(house, found)
    peter, hers = await at_work(house, "peter", Role.OFFICER), await add_user(house, "peters-firm")
    assert await people.same_person(house, "peter", "peters-firm", now)
    for_himself = await code_for(house, ben, hers)
    assert await approve(house, peter, for_himself) == Refusal(Code.PROPOSAL_CONCERNED)
    assert state(await approve(house, peter, found)) == "executed"


async def test_an_agent_approves_nothing(
    house: House, ben: Worker, anna: tuple[User, Handset]
) -> None:
    carl = await at_work(house, "carl", Role.AGENT)
    assert await approve(house, carl, await code_for(house, ben, anna[0])) == Refusal(Code.PROPOSAL_OFFICER)


async def test_nobody_decides_in_his_own_affairs_nor_in_those_of_who_shares_an_account_with_him(
    house: House, ben: Worker, olga: Worker
) -> None:
    now = house.clock.now()
    assert await wishing.temporary_code(house, await ben.who(), ben.user, "Code", "mine", "", now) == Refusal(
        Code.PROPOSAL_CONCERNED
    )
    assert await approve(house, olga, await code_for(house, ben, olga.user)) == Refusal(Code.PROPOSAL_CONCERNED)
    wife = await add_user(house, "olgas-husband")
    await accounts.add(house, "U100", "", ["olga", wife.name], [], now)
    found = await code_for(house, ben, wife)
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_CONCERNED)
    assert await flows.deny(house, await olga.who(), found.id, "no", now) == Refusal(Code.PROPOSAL_CONCERNED)


async def test_who_lost_his_role_in_between_decides_nothing_and_wants_nothing(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    found, open_page = await code_for(house, ben, anna[0]), await olga.who()
    now = house.clock.now()
    await staffing.add(house, "olga", Role.AGENT, "", now)
    assert await flows.approve(house, open_page, found.id, found.digest, "", now) == Refusal(Code.PROPOSAL_OFFICER)
    await staffing.remove(house, "olga", now)
    assert await flows.approve(house, open_page, found.id, found.digest, "", now) == Refusal(Code.PROPOSAL_OFFICER)
    await staffing.add(house, "olga", Role.OFFICER, "", now)
    await staffing.remove(house, "ben", now)
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_LEFT)
    assert await held(house, anna[0]) == ["phone"]


async def test_an_approval_needs_a_proof_of_a_moment_ago_by_what_may_still_answer(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset], time: Time
) -> None:
    found = await code_for(house, ben, anna[0])
    time.pass_(house.settings.fresh_minutes * 60)
    assert await approve(house, olga, found) == Refusal(Code.STEP_UP)
    olga.proves()
    who = await olga.who()
    await authenticators.suspend_by_link(house, await _link(house, who.authenticator), house.clock.now())
    assert await flows.approve(house, who, found.id, found.digest, "", house.clock.now()) == Refusal(Code.STEP_UP)


async def _link(house: House, authenticator: str) -> str:
    return links.suspend_link(house, authenticator, house.clock.now()).rpartition("/")[2]


async def test_what_ran_out_does_nothing(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset], time: Time
) -> None:
    found = await code_for(house, ben, anna[0])
    time.pass_(house.settings.proposal_minutes * 60)
    olga.proves()
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_EXPIRED)
    assert await flows.run_out(house, house.clock.now()) == 1
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_EXPIRED)
    assert await held(house, anna[0]) == ["phone"]
    again = await code_for(house, ben, anna[0])
    assert state(again) == "open", "the old one does not stand in the way"


async def test_after_a_restored_backup_nothing_waits_for_a_second_person(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    found, now = await code_for(house, ben, anna[0]), house.clock.now()
    ended = await house.db.write(lambda tx: end_everything(tx, now))
    assert ended["proposals"] == 1
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_EXPIRED)


async def test_what_was_proposed_cannot_be_edited_not_even_in_the_database(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    bob, found = await add_user(house, "bob"), await code_for(house, ben, anna[0])
    for change in (
        f"about = '{bob.id}'", f"client_id = '{bob.id}'", "what = 'last_removed'", f"proposer_id = '{bob.id}'",
        "expires_at = expires_at + 1", "digest = 'other'",
    ):  # fmt: skip
        [before] = await rows(house, "SELECT * FROM proposals")
        await house.db.write(lambda tx, change=change: tx.run(f"UPDATE proposals SET {change}"))  # type: ignore[misc]
        with pytest.raises((WrongKey, proposals.ForgedProposal)):
            await flows.find(house, found.id)
        column = change.partition(" ")[0]
        old = before[column]
        await house.db.write(lambda tx, c=column, o=old: tx.run(f"UPDATE proposals SET {c} = :old", old=o))  # type: ignore[misc]
    assert await approve(house, olga, found, digest="0" * 64) == Refusal(Code.PROPOSAL_CHANGED)
    assert state(await approve(house, olga, found)) == "executed"


async def test_of_approve_deny_and_withdraw_at_once_one_wins(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    peter = await at_work(house, "peter", Role.OFFICER)
    found, now = await code_for(house, ben, anna[0]), house.clock.now()
    done = await asyncio.gather(
        approve(house, olga, found),
        approve(house, peter, found),
        flows.deny(house, await olga.who(), found.id, "no", now),
        flows.deny(house, await peter.who(), found.id, "no", now),
        flows.withdraw(house, await ben.who(), found.id, now),
    )
    assert len([one for one in done if isinstance(one, Proposal)]) == 1
    after = await flows.find(house, found.id)
    assert after
    is_done = after.state is State.EXECUTED
    assert await held(house, anna[0]) == (["tempcode"] if is_done else ["phone"])
    counted = await events(house)
    assert sum(counted[f"desk:proposal:{verb}"] for verb in ("executed", "denied", "withdrawn")) == 1
    assert counted["authenticators:stand_in:issued"] == int(is_done)


async def test_what_is_not_possible_any_more_is_void_and_leaves_nothing_behind(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    user, _ = anna
    found = await wishing.removal(house, await ben.who(), user, "phone stolen", CASE, house.clock.now())
    assert isinstance(found, Proposal)
    await code_of_the_same_day(house, ben, olga, user)
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_VOID)
    after = await flows.find(house, found.id)
    assert after
    assert (after.state, after.why) == (State.VOID, "proposal.changed")
    assert await held(house, user) == ["tempcode"]
    second = await code_for(house, ben, user)
    assert await approve(house, olga, second) == Refusal(Code.PROPOSAL_VOID), "never two in a row"
    assert (await events(house))["desk:proposal:void"] == 2


async def code_of_the_same_day(house: House, ben: Worker, olga: Worker, user: User) -> None:
    assert state(await approve(house, olga, await code_for(house, ben, user))) == "executed"


async def test_a_wish_needs_a_reason_and_so_does_a_no(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    now = house.clock.now()
    refused = await wishing.temporary_code(house, await ben.who(), anna[0], "Code", "  ", "", now)
    assert refused == Refusal(Code.PROPOSAL_REASON)
    found = await code_for(house, ben, anna[0], "said \u202eevil\n")
    assert "\u202e" not in found.content.reason
    assert await flows.deny(house, await olga.who(), found.id, " ", now) == Refusal(Code.PROPOSAL_REASON)
    denied = await flows.deny(house, await olga.who(), found.id, "call him back first", now)
    assert state(denied) == "denied"
    assert denied.said == "call him back first"  # type: ignore[union-attr]


async def test_the_same_is_proposed_once_at_a_time(
    house: House, ben: Worker, anna: tuple[User, Handset]
) -> None:
    await code_for(house, ben, anna[0])
    again = await wishing.temporary_code(house, await ben.who(), anna[0], "Code", "again", "", house.clock.now())
    assert again == Refusal(Code.PROPOSAL_OPEN)


async def test_only_the_proposer_takes_it_back_and_then_it_is_over(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    found, now = await code_for(house, ben, anna[0]), house.clock.now()
    assert await flows.withdraw(house, await olga.who(), found.id, now) == Refusal(Code.NOT_FOUND)
    assert state(await flows.withdraw(house, await ben.who(), found.id, now)) == "withdrawn"
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_WITHDRAWN)


# what can be decided


async def test_all_that_a_client_holds_is_removed_by_two(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    user, phone = anna
    found = await wishing.removal(house, await ben.who(), user, "phone stolen", CASE, house.clock.now())
    assert isinstance(found, Proposal)
    assert [name for _, name in wish_of(found.content).held] == ["Pixel 8"]
    assert state(await approve(house, olga, found)) == "executed"
    assert await held(house, user) == []
    assert (await letters(house, user))["decided_removal"] == 1
    nothing = await wishing.removal(house, await ben.who(), user, "again", CASE, house.clock.now())
    assert nothing == Refusal(Code.LOST_NOTHING)
    assert isinstance(await phone.send(phone.made(phone.test, ahead=2)), Refusal)


def a_file(*serials: str) -> tuple[bytes, FileKey]:
    key = b"k" * 16
    keys = [made(serial, "4711", bytes([number]) * FRESH)[1] for number, serial in enumerate(serials, 1)]
    return write(keys, key, bytes(range(256)) * 4), FileKey(key)


async def test_a_makers_file_is_taken_in_by_two_officers_and_its_keys_stay_no_longer_than_needed(
    house: House, ben: Worker, olga: Worker
) -> None:
    peter, (data, key) = await at_work(house, "peter", Role.OFFICER), a_file("A1", "A2")
    now = house.clock.now()
    agent = await wishing.stock(house, await ben.who(), "cards.xml", data, key, "2026-11-22", "delivery 7", now)
    assert agent == Refusal(Code.PROPOSAL_OFFICER)
    found = await wishing.stock(house, await olga.who(), "cards.xml", data, key, "2026-11-22", "delivery 7", now)
    assert isinstance(found, Proposal), found
    assert wish_of(found.content).new == ("A1", "A2")
    assert await cards.by_serial(house.db, "A1") is None
    assert await proposals.cargo(house.db, house.keys, found.id, "")
    assert await approve(house, olga, found) == Refusal(Code.PROPOSAL_OWN)
    assert state(await approve(house, peter, found)) == "executed"
    card = await cards.by_serial(house.db, "A1")
    assert card
    assert card.state is OfCard.STOCKED
    assert not await proposals.cargo(house.db, house.keys, found.id, "")
    again = await wishing.stock(house, await olga.who(), "cards.xml", data, key, "2026-11-22", "again", now)
    assert again == Refusal(Code.STOCK_NOTHING_NEW)


async def test_stock_is_written_off_by_two_unless_it_went_out_meanwhile(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    await stocked(house, olga, "B1")
    now = house.clock.now()
    found = await wishing.loss(house, await ben.who(), "B1", OfCard.LOST, "not in the box", now)
    assert isinstance(found, Proposal)
    assert state(await approve(house, olga, found)) == "executed"
    card = await cards.by_serial(house.db, "B1")
    assert card
    assert card.state is OfCard.LOST
    gone = await wishing.loss(house, await ben.who(), "B1", OfCard.LOST, "again", now)
    assert gone == Refusal(Code.STOCK_NOT_NOW)


async def stocked(house: House, olga: Worker, *serials: str) -> None:
    peter, (data, key) = await at_work(house, "peter", Role.OFFICER), a_file(*serials)
    now = house.clock.now()
    found = await wishing.stock(house, await olga.who(), "c.xml", data, key, "2026-11-22", "delivery", now)
    assert isinstance(found, Proposal)
    assert state(await approve(house, peter, found)) == "executed"


# budgets


async def test_an_agent_who_uses_up_his_day_is_stopped_and_reported_once(
    house: House, ben: Worker, olga: Worker
) -> None:
    now = house.clock.now()
    paid = [await budgets.spend(house, ben.user.id, Budget.CODES, now) for _ in range(DESK_CODES.allowance)]
    assert paid == [None] * DESK_CODES.allowance
    assert (await letters(house, olga.user))["budget_codes"] == 1
    refused = await budgets.spend(house, ben.user.id, Budget.CODES, now)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.DESK_BUDGET
    assert refused.retry_after
    assert (await letters(house, olga.user))["budget_codes"] == 1
    counted = await events(house)
    assert (counted["desk:budget:reached"], counted["desk:budget:refused"]) == (1, 1)
    standing = {one.budget: one.left for one in await budgets.standing(house, ben.user.id, now)}
    assert standing[Budget.CODES] == 0
    assert standing[Budget.UNLOCKS] > 0


async def test_of_many_at_once_only_as_many_as_are_allowed_pass(house: House, ben: Worker, olga: Worker) -> None:
    now = house.clock.now()
    done = await asyncio.gather(*(budgets.spend(house, ben.user.id, Budget.CODES, now) for _ in range(25)))
    assert done.count(None) == DESK_CODES.allowance


async def test_two_officers_give_more_for_this_day_and_it_is_gone_tomorrow(
    house: House, ben: Worker, olga: Worker, time: Time
) -> None:
    peter, now = await at_work(house, "peter", Role.OFFICER), house.clock.now()
    for _ in range(DESK_CODES.allowance):
        await budgets.spend(house, ben.user.id, Budget.CODES, now)
    own = await wishing.more(house, await olga.who(), olga.user.id, Budget.CODES, 3, "for me", now)
    assert own == Refusal(Code.PROPOSAL_CONCERNED)
    found = await wishing.more(house, await olga.who(), ben.user.id, Budget.CODES, 3, "storm, many phones lost", now)
    assert isinstance(found, Proposal)
    assert state(await approve(house, peter, found)) == "executed"
    more = [await budgets.spend(house, ben.user.id, Budget.CODES, now) for _ in range(4)]
    assert more[:3] == [None] * 3
    assert isinstance(more[3], Refusal)
    assert (await letters(house, ben.user))["decided_budget"] == 1
    time.pass_(24 * 3600)
    later = house.clock.now()
    again = [await budgets.spend(house, ben.user.id, Budget.CODES, later) for _ in range(DESK_CODES.allowance + 1)]
    assert again.count(None) == DESK_CODES.allowance


async def test_a_proposal_for_a_code_counts_whatever_becomes_of_it(
    house: House, ben: Worker, olga: Worker, anna: tuple[User, Handset]
) -> None:
    found = await code_for(house, ben, anna[0])
    await flows.deny(house, await olga.who(), found.id, "no", house.clock.now())
    standing = {one.budget: one for one in await budgets.standing(house, ben.user.id, house.clock.now())}
    assert standing[Budget.CODES].left == DESK_CODES.allowance - 1
    assert standing[Budget.CODES].until > house.clock.now() + 23 * 60 * MINUTE
