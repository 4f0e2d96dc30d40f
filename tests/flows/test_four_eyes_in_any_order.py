"""Proposals in any order Hypothesis can think of: made, approved, denied, taken back, run out, roles given and taken.

After every step what was done is what a small model says: a thing happens at most once, and only when two different
persons wanted it who both worked here at that moment.
"""

from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.flows.at_the_desk import Worker, at_work
from tests.flows.living import Living, live
from twolatch.authenticators import issuing
from twolatch.authenticators import store as authenticators
from twolatch.authenticators.model import HELD
from twolatch.desk import staffing
from twolatch.desk.proposals import flows, wishing
from twolatch.desk.proposals.model import Proposal, State
from twolatch.people.model import Role, User
from twolatch.sessions.model import AtDesk
from twolatch.words.limits import MINUTE
from twolatch.words.refusals import Code, Refusal

WORKERS = st.integers(0, 3)


@dataclass
class Wished:
    """What the model knows of one proposal."""

    id: str
    digest: str
    proposer: int
    client: int
    ends: int
    state: State = State.OPEN


class FourEyes(Living):
    """Two agents and two officers; the clients are a stranger, and the last of the officers himself."""

    rest = 24 * 3600  # budgets of the day before are over

    def __init__(self) -> None:
        super().__init__()
        names = [f"{self.name}{letter}" for letter in "abyz"]
        self.staff: list[Worker] = [
            self.do(at_work(self.house, name, Role.AGENT if name[-1] in "ab" else Role.OFFICER)) for name in names
        ]
        self.roles: list[Role | None] = [Role.AGENT, Role.AGENT, Role.OFFICER, Role.OFFICER]
        self.pages: list[AtDesk] = [self.do(one.who()) for one in self.staff]  # opened while all worked here
        self.clients: list[User] = [self.user, self.staff[3].user]
        self.wished: list[Wished] = []
        self.issued = [0, 0]
        self.proposed = [0, 0, 0, 0]

    def page(self, who: int) -> AtDesk:
        """What this person has open: his session may be older than his role."""
        if self.roles[who] is not None:
            self.staff[who].proves()
            self.pages[who] = self.do(self.staff[who].who())
        return self.pages[who]

    def live(self, client: int) -> Wished | None:
        return next((one for one in self.wished if one.client == client and self.stands(one)), None)

    def stands(self, one: Wished) -> bool:
        return one.state is State.OPEN and self.now < one.ends

    @precondition(lambda self: max(self.proposed) < 9)
    @rule(who=WORKERS, client=st.integers(0, 1))
    def proposes_a_code(self, who: int, client: int) -> None:
        page, other = self.page(who), self.live(client)
        self.proposed[who] += 1
        found = self.do(wishing.temporary_code(self.house, page, self.clients[client], "Code", "why", "", self.now))
        if self.roles[who] is None:
            assert found == Refusal(Code.PROPOSAL_OFFICER)
        elif self.clients[client].id == self.staff[who].user.id:
            assert found == Refusal(Code.PROPOSAL_CONCERNED)
        elif other:
            assert found == Refusal(Code.PROPOSAL_OPEN)
        else:
            assert isinstance(found, Proposal), found
            ends = self.now + self.house.settings.proposal_minutes * MINUTE
            self.wished.append(Wished(found.id, found.digest, who, client, ends))

    def why_not(self, who: int, one: Wished) -> bool:
        """Whether this person may not decide it."""
        is_concerned = self.clients[one.client].id in {self.staff[who].user.id, self.staff[one.proposer].user.id}
        return self.roles[who] is not Role.OFFICER or who == one.proposer or is_concerned

    @precondition(lambda self: self.wished)
    @rule(who=WORKERS, which=st.integers(0, 99))
    def approves(self, who: int, which: int) -> None:
        one = self.wished[which % len(self.wished)]
        page, may = self.page(who), self.stands(one) and not self.why_not(who, one)
        done = self.do(flows.approve(self.house, page, one.id, one.digest, "", self.now))
        if not may or self.roles[one.proposer] is None:
            assert isinstance(done, Refusal), done
        elif self.issued[one.client]:
            assert done == Refusal(Code.PROPOSAL_VOID), "never two in a row"
            one.state = State.VOID
        else:
            assert isinstance(done, Proposal), done
            one.state = State.EXECUTED
            self.issued[one.client] += 1

    @precondition(lambda self: self.wished)
    @rule(who=WORKERS, which=st.integers(0, 99))
    def denies(self, who: int, which: int) -> None:
        one = self.wished[which % len(self.wished)]
        page, may = self.page(who), self.stands(one) and not self.why_not(who, one)
        done = self.do(flows.deny(self.house, page, one.id, "no", self.now))
        assert isinstance(done, Proposal) is may, done
        one.state = State.DENIED if may else one.state

    @precondition(lambda self: self.wished)
    @rule(who=WORKERS, which=st.integers(0, 99))
    def takes_back(self, who: int, which: int) -> None:
        one = self.wished[which % len(self.wished)]
        may = self.stands(one) and who == one.proposer
        done = self.do(flows.withdraw(self.house, self.page(who), one.id, self.now))
        assert isinstance(done, Proposal) is may, done
        one.state = State.WITHDRAWN if may else one.state

    @rule(who=WORKERS, role=st.sampled_from([Role.AGENT, Role.OFFICER, None]))
    def the_operator_gives_another_role(self, who: int, role: Role | None) -> None:
        name = self.staff[who].user.name
        if role is None:
            self.do(staffing.remove(self.house, name, self.now))
        else:
            self.do(staffing.add(self.house, name, role, "", self.now))
        self.roles[who] = role

    @rule(minutes=st.sampled_from([1, 10, 29, 31]))
    def time_goes_by(self, minutes: int) -> None:
        self.time.pass_(minutes * 60)

    @rule()
    def the_house_looks_what_is_over(self) -> None:
        over = [one for one in self.wished if one.state is State.OPEN and not self.stands(one)]
        self.do(flows.run_out(self.house, self.now))
        for one in over:
            one.state = State.EXPIRED

    @precondition(lambda self: any(self.issued))
    @rule(client=st.integers(0, 1))
    def the_unused_code_is_taken_back(self, client: int) -> None:
        had = self.do(issuing.take_back(self.house, self.clients[client].name, self.now))
        assert had is bool(self.issued[client])
        self.issued[client] = 0

    @invariant()
    def each_proposal_is_what_the_model_says(self) -> None:
        for one in self.wished:
            found = self.do(flows.find(self.house, one.id))
            assert found
            wanted = State.EXPIRED if one.state is State.OPEN and not self.stands(one) else one.state
            assert found.state_at(self.now) is wanted

    @invariant()
    def a_client_holds_a_code_when_two_persons_wanted_it_and_no_other(self) -> None:
        for client, user in enumerate(self.clients):
            rows = self.do(authenticators.of_user(self.house.db, self.house.keys, user.id, HELD, "tempcode"))
            assert len(rows) == min(1, self.issued[client])

    def teardown(self) -> None:
        rows = self.do(self.house.db.rows("SELECT event, object FROM audit WHERE event = 'desk:proposal:executed'"))
        assert len(rows) == len({row["object"] for row in rows}), "none was done twice"


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 25), ("postgresql", 5)])
def test_proposals_live_as_the_model_does(kind: str, examples: int, request: pytest.FixtureRequest) -> None:
    live(FourEyes, kind, examples, 30, request)
