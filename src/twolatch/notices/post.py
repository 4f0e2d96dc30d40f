"""The post office: takes waiting notices and delivers them, one after another, with growing pauses on failure."""

import msgspec
import structlog

from twolatch.house import House, WrongClock
from twolatch.notices import store
from twolatch.storage.db import StorageFault, Tx
from twolatch.texts.catalogue import Texts
from twolatch.wires.mail import Letter, Mail, MailFailed
from twolatch.words.limits import MINUTE, SECOND

HOLD = 2 * MINUTE  # a process that dies while posting leaves its letter to the next
TRIES = 8
LONGEST_SLEEP = 5 * MINUTE / SECOND  # what was written to be posted later wakes nobody

log = structlog.get_logger("post")


class PostOffice:
    """Run one in each process; the outbox hands every letter to one of them."""

    def __init__(self, house: House, texts: Texts, mail: Mail) -> None:
        self._house, self._texts, self._mail = house, texts, mail

    async def run(self) -> None:
        """Until cancelled. Sleeps without touching the database while nothing waits."""
        with self._house.signals.listen(store.WAITING) as listening:
            while True:
                await listening.heard(await self._post_all())

    async def _post_all(self) -> float:
        """Posts what is due; returns the seconds until the next look."""
        try:
            while (due := await store.next_due(self._house.db, self._house.clock.now())) is not None:
                now = self._house.clock.now()
                if due > now or not await self.post_one():
                    return max(1.0, min(LONGEST_SLEEP, (due - now) / SECOND))
        except (StorageFault, WrongClock, OSError) as fault:
            log.warning("outbox_unreachable", reason=str(fault))
            return 10.0
        return LONGEST_SLEEP

    async def post_one(self) -> bool:
        now = self._house.clock.now()

        async def take(tx: Tx) -> store.Due | None:
            return await store.take(tx, now, HOLD)

        if (due := await self._house.db.write(take)) is None:
            return False
        state = await self._deliver(due)
        if state:
            async def settle(tx: Tx) -> None:
                await store.settle(tx, due.id, state)

            await self._house.db.write(settle)
        return True

    async def _deliver(self, due: store.Due) -> str:
        """`sent`, `failed`, or empty: try again when its hold is over."""
        opened = self._house.keys.open("notices.sealed", due.id, due.user, due.sealed)
        content = msgspec.json.decode(opened, type=store.Content)
        try:
            await self._mail.deliver(self._letter(due, content))
        except MailFailed as failed:
            log.warning("mail_failed", notice=due.id, kind=due.kind, reason=str(failed), tries=due.tries)
            return "" if failed.retry and due.tries < TRIES else "failed"
        return "sent"

    def _letter(self, due: store.Due, content: store.Content) -> Letter:
        site = self._house.settings.site_name
        when = self._texts.moment(content.language, content.at)
        facts = {**content.facts, "site": site, "display": content.display, "when": when}
        say = self._texts.say
        if about := facts.pop("about", ""):  # an authenticator: what it is, in the client's language
            what, name = say(content.language, f"kind.{about}.short"), facts.get("phone", "")
            facts["what"] = what if name in {"", what} else f"{what} ({name})"
        if "agent" in facts:
            agent = self._texts.browser(content.language, facts["agent"])
            facts["agent"] = agent or say(content.language, "fact.unknown_browser")
        if cause := facts.get("cause", ""):
            facts["cause"] = say(content.language, f"cause.{cause}")
        for day in [name for name in facts if name.endswith("_on")]:  # "expected_on" in ms is told as {expected}
            facts[day.removesuffix("_on")] = self._texts.day(content.language, int(facts.pop(day)))
        for moment in [name for name in facts if name.endswith("_at")]:  # "ends_at" in ms is told as {ends}
            facts[moment.removesuffix("_at")] = self._texts.moment(content.language, int(facts.pop(moment)))
        return Letter(
            to=content.email,
            subject=say(content.language, f"mail.{due.kind}.subject", **facts),
            text=say(content.language, f"mail.{due.kind}.body", **facts),
            message_id=due.id,
            at=content.at,
        )
