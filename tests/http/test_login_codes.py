"""No notification: the portal shows a code that changes every second, and the phone scans it."""

import asyncio
import json
import re
from html import unescape
from pathlib import Path

import httpx
import msgspec
import segno
from typer.testing import CliRunner

from tests.http.raw import nameless
from tests.people import PIN, WRONG_PIN, Browser, Page, Phone, Town, at_once, code_of
from twolatch.client.outcomes import Activated, Answered, Refused, Scanned, Shown
from twolatch.client.phone import SoftPhone
from twolatch.client.store import FileStore
from twolatch.faces.commands.phone import app
from twolatch.faces.commands.phone_talk import Exit
from twolatch.people.model import User
from twolatch.protocol import keys
from twolatch.protocol.answer import Decision
from twolatch.protocol.messages import Scan
from twolatch.protocol.octets import b64u, unb64u
from twolatch.protocol.requests import DEVICE_HEADER, NONCE_HEADER, SIGNATURE_HEADER, request_text
from twolatch.protocol.scan import ScanLink, made_now, page_mac


def key_of(page: Page) -> tuple[bytes, str]:
    """What the live page holds: the key, and the challenge it is for."""
    found = re.search(r'data-key="([\w-]{22})" data-challenge="(\w{26})"', page.text)
    assert found, page.text
    return unb64u(found[1], 16), found[2]


def link(town: Town, page: Page, *, age: int = 0) -> str:
    """The code as the page would draw it `age` seconds ago."""
    key, challenge = key_of(page)
    now = town.house.clock.now() - age * 1000
    return made_now(key, challenge, now).url(town.site.settings.phone_url)


async def send(phone: Phone, scan: ScanLink) -> httpx.Response:
    """A scan on its way, past the soft phone's own care."""
    of, body = phone.record, msgspec.json.encode(Scan(scan.challenge, scan.time, b64u(scan.mac)))
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    text = request_text(of.host, of.device, "POST", "/api/phone/v1/scans", nonce, body)
    signature = b64u(keys.sign(phone.key(), text))
    marks = {DEVICE_HEADER: of.device, NONCE_HEADER: nonce, SIGNATURE_HEADER: signature}
    return await phone.call("POST", "scans", body, **marks)


async def scanned(phone: Phone, what: str) -> Scanned:
    done = await phone.soft.scan(what)
    assert isinstance(done, Scanned), done
    return done


async def refused(phone: Phone, what: str) -> str:
    done = await phone.soft.scan(what)
    assert isinstance(done, Refused), done
    return done.code


async def approve(phone: Phone, seen: Scanned, pin: str = PIN) -> Answered | Refused:
    return await phone.soft.answer(seen, Decision.APPROVE, pin)


async def test_anna_scans_the_code_in_place_of_typing_six_digits(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    page = await browser.log_in(user.name)
    assert page.digits
    assert isinstance(await approve(phone, await scanned(phone, link(town, page))), Answered)
    assert (await browser.collect()).path == "/"


async def test_a_known_browser_shows_a_code_too(town: Town) -> None:
    user, browser, phone = await town.with_phone()
    await browser.log_out()
    page = await browser.log_in(user.name)
    assert isinstance(await approve(phone, await scanned(phone, link(town, page))), Answered)
    assert (await browser.collect()).path == "/"


async def test_without_a_script_the_page_shows_the_same_code_as_a_picture(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    await browser.log_in(user.name)
    page = await browser.get("/login/second?scan")
    assert "url=/login/second?scan" in unescape(page.text)
    seen = await scanned(phone, page.link)
    assert isinstance(await approve(phone, seen), Answered)
    assert (await browser.collect()).path == "/"


async def test_a_scan_proves_no_pin(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    page = await browser.log_in(user.name)
    seen = await scanned(phone, link(town, page))
    wrong = await approve(phone, seen, WRONG_PIN)
    assert isinstance(wrong, Refused)
    assert wrong.code == "answer.wrong"
    assert (await browser.get("/login/second")).has_form("/login/cancel")


async def test_a_code_older_than_five_seconds_is_told_so_and_a_new_one_serves(town: Town) -> None:
    user, _, phone = await town.with_phone()
    page = await town.browser().log_in(user.name)
    assert await refused(phone, link(town, page, age=7)) == "scan.too_old"
    assert await refused(phone, link(town, page, age=-60)) == "scan.too_old", "none can be made in advance"
    await scanned(phone, link(town, page, age=3))


async def test_a_forged_code_is_worth_nothing(town: Town) -> None:
    user, _, phone = await town.with_phone()
    page = await town.browser().log_in(user.name)
    key, challenge = key_of(page)
    now = town.house.clock.now() // 1000
    forged = [
        ScanLink(challenge, now, bytes(16)),
        ScanLink(challenge, now, page_mac(bytes(16), challenge, now)),
        ScanLink(challenge, now, page_mac(key, challenge, now - 30)),
        ScanLink(challenge, now - 30, page_mac(key, challenge, now)),
    ]
    for each in forged:
        assert await refused(phone, each.url(town.site.settings.phone_url)) == "scan.not_ours"
    assert (await town.events(user))["authenticators:answer:refused"] == 0


async def test_the_key_of_another_attempt_makes_no_code_for_this_one(town: Town) -> None:
    """Two browsers of the same client: each page speaks for its own question only."""
    user, known, phone = await town.with_phone()
    await known.log_out()
    first = await known.log_in(user.name)
    old_key, _ = key_of(first)
    second = await known.send("/login/again")
    _, challenge = key_of(second)
    now = town.house.clock.now() // 1000
    made = ScanLink(challenge, now, page_mac(old_key, challenge, now)).url(town.site.settings.phone_url)
    assert await refused(phone, made) == "scan.not_ours"
    assert await refused(phone, link(town, first)) == "challenge.superseded"


async def test_a_code_of_somebody_elses_login_tells_nothing(town: Town) -> None:
    user, _, _ = await town.with_phone()
    _, _, other = await town.with_phone()
    page = await town.browser().log_in(user.name)
    key, challenge = key_of(page)
    now = town.house.clock.now() // 1000
    right = await send(other, made_now(key, challenge, now * 1000))
    forged = await send(other, ScanLink(challenge, now, bytes(16)))
    unknown = await send(other, ScanLink(challenge[::-1].replace(challenge[-1], "0", 1), now, bytes(16)))
    assert [code_of(each) for each in (right, forged, unknown)] == ["challenge.unknown"] * 3
    assert len({nameless(each) for each in (right, forged, unknown)}) == 1


async def test_an_unsigned_scan_tells_nothing(town: Town) -> None:
    user, _, phone = await town.with_phone()
    page = await town.browser().log_in(user.name)
    made = made_now(*key_of(page), town.house.clock.now())
    body = Scan(made.challenge, made.time, b64u(made.mac))
    nonce = (await phone.call("GET", "nonce")).json()["nonce"]
    marks = {NONCE_HEADER: nonce, SIGNATURE_HEADER: b64u(bytes(64)), DEVICE_HEADER: phone.record.device}
    assert code_of(await phone.call("POST", "scans", body, **marks)) == "phone.unknown"


async def test_a_code_of_another_site_is_sent_to_nobody(town: Town) -> None:
    user, _, phone = await town.with_phone()
    page = await town.browser().log_in(user.name)
    key, challenge = key_of(page)
    elsewhere = made_now(key, challenge, town.house.clock.now()).url("https://phone.example.org")
    assert await refused(phone, elsewhere) == "phone.none"


async def test_the_word_for_a_scan_cannot_be_guessed_and_a_wrong_one_costs_a_try(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser = town.browser()
    await browser.log_in(user.name)
    asked = await phone.asked()
    guesses = [phone.made(asked, digits=b64u(bytes([step] * 16)), ahead=step) for step in range(1, 41)]
    await at_once(phone.send(guess) for guess in guesses)
    assert (await town.events(user))["authenticators:answer:refused"] == 3
    assert (await browser.get("/login/second")).says("login.challenge_locked")


async def test_the_word_of_one_question_serves_no_other(town: Town) -> None:
    user, known, phone = await town.with_phone()
    await known.log_out()
    seen = await scanned(phone, link(town, await known.log_in(user.name)))
    await known.send("/login/cancel")
    await town.browser().log_in(user.name)
    answer = phone.made(await phone.asked(), digits=seen.confirmation)
    assert code_of(await phone.send(answer)) == "answer.wrong"


async def test_a_code_scanned_after_the_end_says_why(town: Town) -> None:
    user, _, phone = await town.with_phone()
    browser: Browser = town.browser()
    page = await browser.log_in(user.name)
    await browser.send("/login/cancel")
    assert await refused(phone, link(town, page)) == "challenge.superseded"


async def test_scan_code_and_approval_at_the_same_moment_make_one_session(town: Town) -> None:
    user, known, phone = await town.with_phone()
    await known.log_out()
    page = await known.log_in(user.name)
    seen = await scanned(phone, link(town, page))
    await known.send("/login/number")
    code = await phone.soft.respond(known.page.digits, PIN)
    assert isinstance(code, str)
    fields = {"csrf": known.page.csrf, "answer": code}
    by_scan, by_tap = phone.made(seen.asked, digits=seen.confirmation), phone.made(seen.asked, ahead=2)
    await at_once([phone.send(by_scan), phone.send(by_tap), *(known.post("/login/answer", fields) for _ in range(2))])
    if not await known.is_in():
        await known.get("/login/second")
        await known.collect()
    events = await town.events(user)
    assert events["authenticators:challenge:approved"] == 2, "the activation's test and this one"
    assert events["login:session:started"] == 2
    assert events["authenticators:authenticator:copied"] == 0


async def in_a_terminal(town: Town, folder: Path) -> User:
    """A client whose phone is the command's, kept in this folder."""
    user, browser = await town.person(), town.browser()
    store = FileStore(folder)
    async with SoftPhone(store, server=town.site.settings.phone_url, iterations=1000, poll=0.05) as phone:
        page = await browser.log_in(user.name)
        shown = await phone.claim(page.session_id, PIN)
        assert isinstance(shown, Shown)
        await browser.confirm(shown.six_digits)
        assert isinstance(await phone.wait_active(), Activated)
    return user


async def test_the_command_approves_by_the_link_of_the_code(town: Town, tmp_path: Path) -> None:
    user, other = await in_a_terminal(town, tmp_path / "phone"), town.browser()
    page = await other.log_in(user.name)

    def approve(what: str, pin: str = PIN) -> tuple[int, str]:
        words = ["approve", "--link", what, "--pin", pin, "--store", str(tmp_path / "phone"), "--json"]
        done = CliRunner().invoke(app, words)
        return done.exit_code, str(json.loads(done.stdout).get("code", "approved"))

    assert await asyncio.to_thread(approve, "https://example.org/l#x") == (Exit.CODE, "code.unreadable")
    assert await asyncio.to_thread(approve, link(town, page, age=60)) == (Exit.OVER, "scan.too_old")
    assert await asyncio.to_thread(approve, link(town, page), WRONG_PIN) == (Exit.WRONG, "answer.wrong")
    assert await asyncio.to_thread(approve, link(town, page)) == (Exit.DONE, "approved")
    assert (await other.collect()).path == "/"


async def test_the_command_reads_the_code_off_a_picture_of_the_page(town: Town, tmp_path: Path) -> None:
    user, other = await in_a_terminal(town, tmp_path / "phone"), town.browser()
    page = await other.log_in(user.name)
    picture = tmp_path / "page.png"

    def scan(age: int) -> str:
        segno.make_qr(link(town, page, age=age)).save(str(picture), scale=5, border=4)
        words = ["scan", str(picture), "--pin", PIN, "--store", str(tmp_path / "phone"), "--json"]
        return str(json.loads(CliRunner().invoke(app, words).stdout).get("code", "approved"))

    assert await asyncio.to_thread(scan, 60) == "scan.too_old", "a picture of a while ago"
    assert await asyncio.to_thread(scan, 0) == "approved"
    assert (await other.collect()).path == "/"
