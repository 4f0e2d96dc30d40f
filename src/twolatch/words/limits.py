"""The limits of the house in one table. A guess is paid before it is looked at (rule C2).

Counters belong to people, authenticators and addresses, never to sessions, challenges or nodes.
"""

from dataclasses import dataclass

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `allowance` charges in `window` ms. `waits` are (charges, ms to wait after that many).

    `window` 0 means in a row: only a success takes charges back.
    """

    name: str
    allowance: int
    window: int
    waits: tuple[tuple[int, int], ...] = ()


# 5 wrong in a row: 30 s, doubling; the tenth within a day locks for a day. The waits before the lock sum to
# 30 + 60 + 120 + 240 + 480 s: a stranger needs a quarter of an hour for ten guesses, then a day for the next ten.
_GROWING = ((5, 30 * SECOND), (6, 60 * SECOND), (7, 120 * SECOND), (8, 240 * SECOND), (9, 480 * SECOND), (10, DAY))

PASSWORD = Limit("password", 10, DAY, _GROWING)
PASSWORD_KNOWN_BROWSER = Limit("password-known", 10, DAY, _GROWING)  # so that a stranger cannot lock the owner out
PASSWORD_ADDRESS = Limit("password-address", 30, 10 * MINUTE)  # failures; never reset by a success
PASSWORD_SITE = Limit("password-site", 3_000, 10 * MINUTE)
PIN_ROW = Limit("pin-row", 5, 0)
PIN_MONTH = Limit("pin-month", 20, 30 * DAY)
DIGITS_ROW = Limit("digits-row", 10, 0)
CODE_ROW = Limit("code-row", 5, 0)  # codes of a phone without network, apart from its PIN
CODE_MONTH = Limit("code-month", 20, 30 * DAY)
TYPED_ROW = Limit("typed-row", 5, 0)  # codes of an authenticator that are typed in the portal
TYPED_MONTH = Limit("typed-month", 20, 30 * DAY)
CARD_ROW = Limit("card-row", 10, 0)  # eight digits: ten in a row meet a right one with 1 in 10 million
CARD_SHORT_ROW = Limit("card-short-row", 5, 0)  # answers of six digits, where they are allowed at all
CARD_MONTH = Limit("card-month", 20, 30 * DAY)
TEMPORARY_TOTAL = Limit("temporary-total", 5, 20 * DAY)  # a temporary code lives for 12 days: five wrong in all
STAND_INS = Limit("stand-ins-row", 1, 0)  # temporary codes; something lasting gives it back
CHALLENGES = Limit("challenges", 10, 10 * MINUTE)  # logins begun and not approved
UNFINISHED = Limit("unfinished", 3, DAY)  # letters about logins that no second step followed
REPLACED = Limit("replaced", 2, HOUR)  # logins a browser began again, before the older one is told of after all
PROMPTS = Limit("prompts", 3, 10 * MINUTE)  # unanswered; then the phone is no longer woken
PUSH_TESTS = Limit("push-tests", 5, 10 * MINUTE)  # trial wake-ups of one phone
TRIALS = Limit("trials", 30, HOUR)  # "test my phone", each way counted
ACTIVATIONS = Limit("activations", 20, HOUR)  # codes issued to one client
READINGS = Limit("readings", 20, DAY)  # logins with the right password, after the last account is closed
DOCUMENTS = Limit("documents", 100, DAY)  # papers one client opens
DESK_QUESTIONS = Limit("desk-questions", 8, HOUR)  # by which the desk has one client prove himself, over all cases
# Six signs hold 30 bits; a stranger's 20 guesses an hour meet one of 50 open cases in about 120 years.
AGENT_CHECKS = Limit("agent-checks", 20, HOUR)  # "is this really our support?", from one address
AGENT_CHECKS_SITE = Limit("agent-checks-site", 2_000, HOUR)
AUTHORIZATIONS = Limit("authorizations", 300, HOUR)  # asked for one client, by all applications
CLAIM_ADDRESS = Limit("claim-address", 20, HOUR)
CLAIM_SITE = Limit("claim-site", 200, HOUR)
CLAIM_CODE = Limit("claim-code", 5, 0)
# At the desk, in a day: what a busy agent does not reach. A dishonest one meets it, and so does who deceives them all.
DESK_CODES = Limit("desk-codes", 10, DAY)  # temporary codes, given out or proposed
DESK_CODES_SITE = Limit("desk-codes-site", 50, DAY)
DESK_LOOKUPS = Limit("desk-lookups", 150, DAY)  # a call every three minutes, eight hours long, is 160
DESK_LOOKUPS_SITE = Limit("desk-lookups-site", 1_500, DAY)
DESK_UNLOCKS = Limit("desk-unlocks", 20, DAY)
DESK_UNLOCKS_SITE = Limit("desk-unlocks-site", 100, DAY)

LIMITS = (
    PASSWORD, PASSWORD_KNOWN_BROWSER, PASSWORD_ADDRESS, PASSWORD_SITE, PIN_ROW, PIN_MONTH, DIGITS_ROW, CODE_ROW,
    CODE_MONTH, TYPED_ROW, TYPED_MONTH, CARD_ROW, CARD_SHORT_ROW, CARD_MONTH, TEMPORARY_TOTAL, STAND_INS,
    CHALLENGES, UNFINISHED, REPLACED, PROMPTS, PUSH_TESTS, TRIALS, ACTIVATIONS, CLAIM_ADDRESS, CLAIM_SITE,
    CLAIM_CODE, DOCUMENTS, READINGS, AUTHORIZATIONS, DESK_CODES, DESK_CODES_SITE, DESK_LOOKUPS, DESK_LOOKUPS_SITE,
    DESK_UNLOCKS, DESK_UNLOCKS_SITE, DESK_QUESTIONS, AGENT_CHECKS, AGENT_CHECKS_SITE,
)  # fmt: skip

DIGIT_TRIES = 3  # wrong answers on one challenge that asks for digits, or for a code
CONFIRM_TRIES = 3  # wrong numbers in the portal on one activation
TYPED_TRIES = 3  # wrong codes on one question
SET_UP_TRIES = 5  # wrong codes while setting up: a client finds out how his app works
