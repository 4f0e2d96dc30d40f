import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from twolatch.authenticators.diary import TOLD
from twolatch.texts import po
from twolatch.texts.catalogue import LANGUAGES, Catalogue, Texts, catalogue
from twolatch.words.refusals import Code

# Letters about a card on its way, there and back, and what they are written from.
OF_CARDS = {
    "card_ordered": {"number", "expected"},
    "card_order_cancelled": {"number"},
    "card_readdressed": {"number"},
    "card_shipped": {"serial", "days"},
    "card_shipped_tracked": {"serial", "days", "carrier", "tracking", "link"},
    "card_reminder": {"serial", "by"},
    "return_announced": {"serial", "number"},
    "return_posted": {"serial", "first", "last"},
    "return_received": {"serial"},
    "return_overdue": {"serial", "number"},
    "return_not_posted": {"serial", "number"},
    "card_released": {"serial", "amount", "cause"},
    "card_fee": {"serial", "amount", "cause"},
}
NOTICES = (
    "new_phone", "phone_moved", "phone_suspended", "phone_removed", "phone_left", "phone_locked", "copied_phone",
    "phone_reported", "phone_returned", "password_changed_by_phone", "unfinished",
    "closing_asked", "closing_cancelled", "closing_waits", "account_closed", "client_closed", "reading_login",
    "reading_link",
    "password_changed", "login_locked", "not_me", "guesses", "new_other", "other_removed", "other_suspended",
    "other_locked", "other_reported", "other_returned", "spare_used", "spare_low",
    "keys_only_on", "keys_only_off", "keys_only_lifted", "desk_locked", "desk_opened",
    "proposal_waits", "decided_code", "decided_removal", "decided_address", "decided_budget", "budget_codes",
    "budget_lookups", "budget_unlocks", "budget_codes_site", "budget_lookups_site", "budget_unlocks_site",
    *sorted(OF_CARDS),
)  # fmt: skip
SAME_IN_DUTCH = {"fact.browser", "fact.model", "time.month", "kind.passkey.short"}
ALWAYS = {"site", "display", "when"}
FACTS = {
    **OF_CARDS,
    "new_phone": {"phone", "link"},
    "phone_moved": {"phone", "old", "link"},
    "phone_reported": {"phone", "link"},
    "phone_returned": {"phone", "link"},
    "phone_locked": {"phone", "link"},
    "guesses": {"phone", "link"},
    "unfinished": {"agent", "address", "link"},
    "password_changed_by_phone": {"link"},
    "new_other": {"what", "phone", "link"},
    "other_removed": {"what", "phone"},
    "other_suspended": {"what", "phone"},
    "other_locked": {"what", "phone", "link"},
    "other_reported": {"what", "phone", "link"},
    "other_returned": {"what", "phone", "link"},
    "spare_used": {"phone", "left", "link"},
    "spare_low": {"phone", "left", "link"},
    "login_locked": {"address"},
    "keys_only_on": {"link"},
    "keys_only_off": {"link"},
    "keys_only_lifted": set(),
    "proposal_waits": {"minutes"},
    "decided_code": set(),
    "decided_removal": set(),
    "decided_address": set(),
    "decided_budget": set(),
    "budget_codes": {"agent"},
    "budget_lookups": {"agent"},
    "budget_unlocks": {"agent"},
    "budget_codes_site": set(),
    "budget_lookups_site": set(),
    "budget_unlocks_site": set(),
    "closing_asked": {"account", "ends"},
    "closing_cancelled": {"account"},
    "closing_waits": {"account"},
    "account_closed": {"account"},
    "client_closed": {"account", "ends", "name"},
    "reading_login": {"name", "address", "agent"},
    "reading_link": {"link"},
    "desk_locked": set(),
    "desk_opened": set(),
    "password_changed": set(),
    "not_me": {"phone", "link"},
}

MINUTE = 60_000
HOUR = 60 * MINUTE
AT = 1_795_361_541_000  # 22 November 2026, 15:32:21 UTC


def every_form(book: Catalogue, key: str) -> tuple[str, ...]:
    return book.counted[key] if key in book.counted else (book.said[key],)


def keys(book: Catalogue) -> set[str]:
    return set(book.said) | set(book.counted)


def words_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.fixture
def texts() -> Texts:
    return Texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_read_as_gettext_means_it(language: str) -> None:
    file, book = Path(po.__file__).with_name(f"{language}.po"), catalogue(language)
    meant = read_po(file.open("rb"), locale=language)
    counted = {message.id[0]: message.string for message in meant if isinstance(message.id, tuple)}
    said = {message.id: message.string for message in meant if message.id and not isinstance(message.id, tuple)}
    assert (book.said, book.counted) == (said, counted)
    assert po.plural_of(next(po.messages(file.read_text(encoding="utf-8")))["msgstr"]) == meant.plural_expr


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_english_says(language: str) -> None:
    assert keys(catalogue(language)) == keys(catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_words_to_fill_in(language: str) -> None:
    for key in keys(catalogue("en")):
        expected = set().union(*map(words_in, every_form(catalogue("en"), key)))
        for form in every_form(catalogue(language), key):
            assert words_in(form) == expected, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_holds_html(language: str) -> None:
    for key in keys(catalogue(language)):
        for form in every_form(catalogue(language), key):
            assert form.strip() == form, key
            assert form, key
            assert not re.search(r"[<>]|&[a-z#]+;", form), key


def test_dutch_is_not_english_left_over() -> None:
    english, dutch = catalogue("en"), catalogue("nl")
    assert {key for key, said in english.said.items() if dutch.said[key] == said} <= SAME_IN_DUTCH


@pytest.mark.parametrize("code", Code, ids=lambda code: code.code)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_title_a_cause_and_a_next_step(texts: Texts, language: str, code: Code) -> None:
    for part in ("title", "detail", "next"):
        assert texts.say(language, f"refusal.{code.code}.{part}")


def test_no_text_speaks_of_a_refusal_that_nobody_gives() -> None:
    sentences = [key.removeprefix("refusal.") for key in catalogue("en").said if key.startswith("refusal.")]
    told = {sentence.rpartition(".")[0] for sentence in sentences}
    assert told == {code.code for code in Code}


@pytest.mark.parametrize("notice", NOTICES)
def test_every_mail_can_be_written_from_the_facts_the_post_office_has(texts: Texts, notice: str) -> None:
    for language in LANGUAGES:
        subject = catalogue(language).said[f"mail.{notice}.subject"]
        body = catalogue(language).said[f"mail.{notice}.body"]
        assert words_in(subject) == {"site"}
        assert words_in(body) <= ALWAYS | FACTS.get(notice, {"phone"})
        assert "\n" not in subject


def test_every_mail_about_a_phone_that_may_still_answer_or_come_back_carries_a_link() -> None:
    is_over = {"phone_suspended", "phone_removed", "phone_left", "copied_phone", "other_suspended", "other_removed"}
    no_phone = {
        "password_changed", "login_locked", "closing_asked", "closing_cancelled", "closing_waits", "account_closed",
        "client_closed", "reading_login", "keys_only_lifted", "proposal_waits", "decided_code", "decided_removal",
        "decided_address", "decided_budget", "budget_codes", "budget_lookups", "budget_unlocks", "budget_codes_site",
        "budget_lookups_site", "budget_unlocks_site",
        "desk_locked", "desk_opened",
    } | (set(OF_CARDS) - {"card_shipped_tracked"})  # fmt: skip
    for language in LANGUAGES:
        bodies = {notice: catalogue(language).said[f"mail.{notice}.body"] for notice in NOTICES}
        assert {notice for notice, body in bodies.items() if "{link}" in body} == set(NOTICES) - is_over - no_phone


def test_a_missing_key_is_a_fault(texts: Texts) -> None:
    with pytest.raises(KeyError):
        texts.say("en", "login.tittle")


def test_a_missing_value_is_a_fault(texts: Texts) -> None:
    with pytest.raises(KeyError):
        texts.say("en", "home.hello")


def test_an_unknown_language_is_a_fault_and_opens_no_file(texts: Texts) -> None:
    with pytest.raises(KeyError):
        texts.say("../en", "login.title")


def test_a_name_with_braces_is_said_as_it_is(texts: Texts) -> None:
    assert texts.say("en", "home.hello", display="{anna.__class__}") == "Welcome, {anna.__class__}"


def test_one_try_and_two_tries(texts: Texts) -> None:
    said = [texts.say(language, "activate.tries_left", count=n) for language in ("en", "nl") for n in (1, 2)]
    assert said == ["1 try left", "2 tries left", "Nog 1 poging", "Nog 2 pogingen"]


@pytest.mark.parametrize(
    ("header", "wish", "chosen"),
    [
        ("nl-BE,nl;q=0.9,en;q=0.8", "", "nl"),
        ("de,nl;q=0.5,en;q=0.7", "", "en"),
        ("nl;q=0,en", "", "en"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("en", "nl", "nl"),
        ("nl", "xx", "nl"),
        (";;q=,=,q;q=nan;en", "", "en"),
        ("x," * 5000 + "nl", "", "en"),
    ],
)
def test_the_wish_counts_first_then_the_browser(texts: Texts, header: str, wish: str, chosen: str) -> None:
    assert texts.choose(header, wish) == chosen


def test_a_site_speaks_only_the_languages_it_was_given() -> None:
    dutch = Texts(("nl",))
    assert dutch.choose("en") == "nl"
    with pytest.raises(ValueError, match="xx"):
        Texts(("en", "xx"))
    with pytest.raises(ValueError, match="at least one"):
        Texts(())


def test_moments_are_written_in_the_zone_of_the_site() -> None:
    assert Texts().moment("en", AT) == "22 November 2026 at 15:32 UTC"
    assert Texts(zone="Europe/Amsterdam").moment("nl", AT) == "22 november 2026 om 16:32 CET"
    assert Texts(zone="Europe/Amsterdam").clock(AT) == "16:32"


@pytest.mark.parametrize(
    ("past", "english", "dutch"),
    [
        (0, "just now", "zojuist"),
        (MINUTE, "1 minute ago", "1 minuut geleden"),
        (5 * MINUTE, "5 minutes ago", "5 minuten geleden"),
        (3 * HOUR, "3 hours ago", "3 uur geleden"),
        (72 * HOUR, "3 days ago", "3 dagen geleden"),
        (7 * 24 * HOUR - 1, "1 week ago", "1 week geleden"),
        (45 * 24 * HOUR, "2 months ago", "2 maanden geleden"),
        (800 * 24 * HOUR, "2 years ago", "2 jaar geleden"),
    ],
)
def test_how_long_ago(texts: Texts, past: int, english: str, dutch: str) -> None:
    assert (texts.ago("en", AT - past, AT), texts.ago("nl", AT - past, AT)) == (english, dutch)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (120, "2 minutes"),
        (121, "3 minutes"),
        (3600, "1 hour"),
        (86_400, "24 hours"),
    ],
)
def test_a_wait_is_never_told_too_short(texts: Texts, seconds: int, said: str) -> None:
    assert texts.span("en", seconds) == said


def test_browsers_and_lists_are_said_in_the_language(texts: Texts) -> None:
    assert texts.browser("nl", "Firefox on Linux") == "Firefox op Linux"
    assert [texts.browser("nl", name) for name in ("Firefox", "")] == ["Firefox", ""]
    assert texts.either("nl", ["Pixel 8", "App", "Lijst"]) == "Pixel 8, App of Lijst"
    assert texts.either("en", ["Pixel 8"]) == "Pixel 8"


def test_numbers_are_grouped_as_the_language_does(texts: Texts) -> None:
    assert (texts.number("en", 1_000_000), texts.number("nl", 1_000_000)) == ("1,000,000", "1.000.000")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_diary_has_its_words(texts: Texts, language: str) -> None:
    for event in TOLD:
        assert texts.say(language, f"diary.{event.value.replace(':', '.')}"), event
