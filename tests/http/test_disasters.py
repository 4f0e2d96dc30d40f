"""Bad days as docs/operations/disaster.md tells them: the operator's words are said, and people come in again."""

from tests.people import Town, activate
from tests.workers import worker
from twolatch.people.model import Role


async def test_the_only_officer_loses_his_phone_and_is_back_at_the_desk(town: Town) -> None:
    otto = await worker(town, Role.OFFICER)
    said = town.site.run("code", "issue", otto.user.name, "--reason", "phone lost; seen in person, passport")
    code = said.partition(": ")[2].split()[0]
    page = await otto.desk.log_in(otto.user.name)
    await otto.desk.post("/login/answer", {"csrf": page.csrf, "answer": code})
    assert not await otto.desk.is_in(), "the desk opens to no temporary code"
    home, otto.phone = town.browser(), town.phone()
    await home.log_in(otto.user.name)
    await home.send("/login/answer", answer=code)
    await home.get("/activate")
    begun = await home.send("/activate/begin")
    await activate(home, otto.phone, begun.session_id)
    assert (await otto.log_in()).path == "/"
    assert await otto.desk.is_in()
