"""Papers that an application hands in: with the right for it, once, and nothing that acts; on two workers."""

from pathlib import Path

import httpx

from tests.flows.test_accounts import made
from tests.http.test_accounts import holder
from tests.people import Town, at_once
from twolatch.applications import flows as applications
from twolatch.applications.model import Application


async def key_of(town: Town, *scopes: str) -> str:
    name = f"App {town.house.chance.id()}"
    done = await applications.add(town.house, name, list(scopes), [], town.house.clock.now())
    assert isinstance(done, tuple)
    assert isinstance(done[0], Application)
    return done[1].reveal()


async def put(
    town: Town, key: str, name: str, content: bytes, kind: str = "application/pdf", **more: str
) -> httpx.Response:
    headers = {"content-type": kind, "authorization": f"Bearer {key}", **more}
    return await town.browser()._http.put(f"http://127.0.0.1:{town.site.port}/api/v1/documents/{name}", content=content,
                                          headers={"host": town.site.settings.portal_host, **headers})  # fmt: skip


async def papers(town: Town, number: str) -> int:
    return await town.count(
        "FROM documents JOIN accounts ON accounts.id = documents.account_id WHERE number = :n", n=number
    )


async def test_a_paper_is_handed_in_once_and_read_by_its_client(town: Town, tmp_path: Path) -> None:
    user, browser, _ = await holder(town, tmp_path)
    number, key = user.name.upper(), await key_of(town, "documents")
    name = f"{number}_tax-form_2025.pdf"
    answers = await at_once(put(town, key, name, made()) for _ in range(10))
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["is_new"] for answer in answers].count(True) == 1
    assert await papers(town, number) == 2
    assert "Tax form" in (await browser.get("/accounts")).text


async def test_without_the_right_nothing_comes_in_and_nothing_is_told(town: Town, tmp_path: Path) -> None:
    user, _, paper = await holder(town, tmp_path)
    number = user.name.upper()
    name = f"{number}_tax-form_2025.pdf"
    for key, code in (("none", "application.key"), ("twolatch-wrong", "application.key"),
                      (await key_of(town, "sessions"), "application.scope")):  # fmt: skip
        answer = await put(town, key, name, made())
        assert answer.json()["code"] == code
    assert await papers(town, number) == 1
    key = await key_of(town, "documents")
    answer = await town.browser()._http.get(
        f"http://127.0.0.1:{town.site.port}{paper}",
        headers={"host": town.site.settings.portal_host, "authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 303, "who hands papers in reads none"


async def test_what_is_no_plain_paper_of_ours_is_refused_with_its_cause(town: Town, tmp_path: Path) -> None:
    user, _, _ = await holder(town, tmp_path)
    number, key = user.name.upper(), await key_of(town, "documents")
    right = f"{number}_statement_2026-09.pdf"
    large = made() + b" " * (town.site.settings.document_mib * 1024 * 1024)
    for name, content, kind, status, code in (
        ("notes.pdf", made(), "application/pdf", 400, "document.name"),
        (f"{number}_statement_2026-13.pdf", made(), "application/pdf", 400, "document.name"),
        ("NOBODY-HERE_tax-form_2025.pdf", made(), "application/pdf", 404, "document.account"),
        (right, b"GIF89a", "application/pdf", 422, "document.unfit"),
        (right, made().replace(b"%%EOF", b"/JavaScript %%EOF"), "application/pdf", 422, "document.unfit"),
        (right, made(), "application/json", 400, "request.malformed"),
        (right, large, "application/pdf", 413, "request.too_large"),
    ):
        answer = await put(town, key, name, content, kind)
        assert (answer.status_code, answer.json()["code"]) == (status, code), name
    past = town.house.clock.now() - 1
    await town.do("UPDATE accounts SET read_until = :past WHERE number = :n", past=past, n=number)
    answer = await put(town, key, right, made())
    assert (answer.status_code, answer.json()["code"]) == (410, "document.over")
    assert await papers(town, number) <= 1
