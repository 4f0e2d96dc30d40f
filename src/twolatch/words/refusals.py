"""Every refusal of the house: its code, its HTTP status, and who may be told.

A refusal is a value, not an exception: it is returned, its strike is committed, and a face translates it. The sentences
(`refusal.<code>.title`, `.detail`, `.next`) live in `texts`, one per language.
"""

from dataclasses import dataclass
from enum import Enum


class Told(Enum):
    """Who may learn this cause.

    Every flow asks for the proof before it looks for the cause, so by the time a face has a refusal it is too late to
    decide. That none is told too early is held from outside: `tests/api/test_shapes_of_strangers.py` sends a stranger
    to every operation of the phones' API, `tests/http/test_strangers.py` to every door of the portal.
    """

    ANYONE = "anyone"
    ENTITLED = "entitled"  # only who has shown a password, a code or a device key


class Code(Enum):
    """(code, HTTP status, who may be told)"""

    def __init__(self, code: str, status: int, told: Told) -> None:
        self.code, self.status, self.told = code, status, told

    # the request itself
    MALFORMED = ("request.malformed", 400, Told.ANYONE)
    TOO_LARGE = ("request.too_large", 413, Told.ANYONE)
    FORGED = ("request.forged", 403, Told.ANYONE)
    METHOD = ("request.method", 405, Told.ANYONE)
    NONCE = ("request.nonce", 401, Told.ANYONE)
    NOT_FOUND = ("page.not_found", 404, Told.ANYONE)
    BUSY = ("server.busy", 503, Told.ANYONE)
    FAULT = ("server.fault", 500, Told.ANYONE)
    # the first latch: one answer for an unknown name and for a wrong password
    LOGIN_WRONG = ("login.wrong", 403, Told.ANYONE)
    LOGIN_WAIT = ("login.wait", 429, Told.ANYONE)
    LOGIN_LOCKED = ("login.locked", 429, Told.ANYONE)
    LOGIN_ADDRESS = ("limit.login_address", 429, Told.ANYONE)
    NAME_EMPTY = ("name.empty", 400, Told.ANYONE)
    LOGIN_KEY_UNKNOWN = ("login.key_unknown", 403, Told.ANYONE)
    # after a genuine signature of a passkey
    LOGIN_KEY_SECOND = ("login.key_second", 403, Told.ENTITLED)
    # after a right password
    LOGIN_OFF = ("login.off", 403, Told.ENTITLED)
    LOGIN_PHONE_LOCKED = ("login.phone_locked", 403, Told.ENTITLED)
    LOGIN_PHONE_REPORTED = ("login.phone_reported", 403, Told.ENTITLED)
    LOGIN_RUN_OUT = ("login.run_out", 403, Told.ENTITLED)
    LOGIN_ELSEWHERE = ("login.elsewhere", 403, Told.ENTITLED)
    LOGIN_KEYS_ONLY = ("login.keys_only", 403, Told.ENTITLED)
    LOST_NOTHING = ("lost.nothing", 409, Told.ENTITLED)
    FOUND_NOTHING = ("found.nothing", 409, Told.ENTITLED)
    FOUND_LATE = ("found.too_late", 410, Told.ENTITLED)
    LOGIN_NOT_THIS = ("login.not_this", 403, Told.ENTITLED)
    LOGIN_ANOTHER = ("login.another_waiting", 409, Told.ENTITLED)
    LOGIN_CHALLENGES = ("limit.challenges", 429, Told.ENTITLED)
    TRIAL_LIMIT = ("limit.trials", 429, Told.ENTITLED)
    LOGIN_EXPIRED = ("login.expired", 410, Told.ENTITLED)
    LOGIN_DENIED = ("login.denied", 403, Told.ENTITLED)
    LOGIN_NOT_ME = ("login.not_me", 403, Told.ENTITLED)
    LOGIN_SUPERSEDED = ("login.superseded", 410, Told.ENTITLED)
    LOGIN_CANCELLED = ("login.cancelled", 410, Told.ENTITLED)
    LOGIN_CHALLENGE_LOCKED = ("login.challenge_locked", 403, Told.ENTITLED)
    TYPED_WRONG = ("typed.wrong", 403, Told.ENTITLED)
    CEREMONY_WRONG = ("ceremony.wrong", 403, Told.ENTITLED)
    LOGIN_START_OVER = ("login.start_over", 410, Told.ANYONE)
    # sessions
    SESSION_ENDED = ("session.ended", 401, Told.ANYONE)
    SPARE_ONLY = ("session.spare_only", 403, Told.ENTITLED)
    BRIDGING = ("session.bridging", 403, Told.ENTITLED)
    STEP_UP = ("session.step_up_needed", 403, Told.ENTITLED)
    # passwords
    PASSWORD_SHORT = ("password.too_short", 400, Told.ENTITLED)
    PASSWORD_LONG = ("password.too_long", 400, Told.ENTITLED)
    PASSWORD_COMMON = ("password.common", 400, Told.ENTITLED)
    PASSWORD_NAME = ("password.contains_name", 400, Told.ENTITLED)
    PASSWORD_SAME = ("password.same", 400, Told.ENTITLED)
    PASSWORD_MISMATCH = ("password.mismatch", 400, Told.ENTITLED)
    # codes of an activation
    CODE_UNKNOWN = ("code.unknown", 404, Told.ANYONE)
    CODE_EXPIRED = ("code.expired", 410, Told.ENTITLED)
    CODE_CANCELLED = ("code.cancelled", 410, Told.ENTITLED)
    CODE_BURNED = ("code.burned", 410, Told.ENTITLED)
    CODE_USED = ("code.used", 409, Told.ENTITLED)
    ALREADY_HERE = ("phone.already_here", 409, Told.ENTITLED)
    ALREADY_ELSEWHERE = ("phone.already_elsewhere", 409, Told.ENTITLED)
    ACTIVATION_LIMIT = ("limit.activation", 429, Told.ANYONE)
    PHONE_TOO_OLD = ("phone.too_old", 400, Told.ANYONE)
    # activation as the portal sees it
    ACTIVATION_ALREADY = ("activation.already", 409, Told.ENTITLED)
    ACTIVATION_NEEDS_DESK = ("activation.needs_desk", 403, Told.ENTITLED)
    ACTIVATION_WRONG = ("activation.wrong_number", 403, Told.ENTITLED)
    ACTIVATION_OVER = ("activation.over", 410, Told.ENTITLED)
    ENOUGH = ("authenticators.enough", 409, Told.ENTITLED)
    SET_UP_OVER = ("set_up.over", 410, Told.ENTITLED)
    NEEDS_ANOTHER = ("set_up.needs_another", 409, Told.ENTITLED)
    NOT_NEEDED = ("set_up.not_needed", 409, Told.ENTITLED)
    CARD_NONE = ("card.none", 404, Told.ENTITLED)
    # ordering a card, and sending it back
    ORDER_OFF = ("order.off", 403, Told.ENTITLED)
    ORDER_NOT_ELIGIBLE = ("order.not_eligible", 403, Told.ENTITLED)
    ORDER_NEEDS_SECOND = ("order.needs_second", 403, Told.ENTITLED)
    ORDER_TOO_NEW = ("order.too_new", 403, Told.ENTITLED)
    ORDER_OPEN = ("order.open", 409, Told.ENTITLED)
    ORDER_HAS_CARD = ("order.has_card", 409, Told.ENTITLED)
    ORDER_ACCOUNT = ("order.account", 409, Told.ENTITLED)
    ORDER_ADDRESS = ("order.address", 400, Told.ENTITLED)
    ORDER_LATE = ("order.too_late", 410, Told.ENTITLED)
    RETURN_NOT_NOW = ("return.not_now", 409, Told.ENTITLED)
    RETURN_PHONE_FIRST = ("return.phone_first", 409, Told.ENTITLED)
    RETURN_TRACKING = ("return.tracking", 400, Told.ENTITLED)
    RETURN_LATE = ("return.too_late", 410, Told.ENTITLED)
    SHARE_NONE = ("share.none", 409, Told.ENTITLED)
    SHARE_PERSON = ("share.person", 403, Told.ENTITLED)
    SHARE_TEMPORARY = ("share.temporary", 409, Told.ENTITLED)
    SHARE_WEAKER = ("share.weaker", 409, Told.ENTITLED)
    SHARE_LAST = ("share.last", 409, Told.ENTITLED)
    STAND_IN_AGAIN = ("stand_in.again", 409, Told.ENTITLED)
    KEYS_ONLY_NEEDS = ("keys_only.needs_key", 403, Told.ENTITLED)
    KEYS_ONLY_LAST = ("keys_only.last_key", 409, Told.ENTITLED)
    MOVE_SAME_PHONE = ("move.same_phone", 409, Told.ENTITLED)
    # the phone
    PHONE_UNKNOWN = ("phone.unknown", 401, Told.ANYONE)
    PHONE_SUSPENDED = ("phone.suspended", 403, Told.ENTITLED)
    PHONE_REPORTED = ("phone.reported", 403, Told.ENTITLED)
    PHONE_LOCKED = ("phone.locked", 403, Told.ENTITLED)
    PHONE_REMOVED = ("phone.removed", 403, Told.ENTITLED)
    PHONE_UNCONFIRMED = ("phone.unconfirmed", 409, Told.ENTITLED)
    PHONE_COPIED = ("phone.copied", 403, Told.ENTITLED)
    PUSH_OFF = ("push.off", 409, Told.ENTITLED)
    PUSH_TESTS = ("limit.push_tests", 429, Told.ENTITLED)
    ANSWER_REPLAYED = ("answer.replayed", 409, Told.ENTITLED)
    ANSWER_WRONG = ("answer.wrong", 403, Told.ENTITLED)
    WAY_OFF = ("answer.way_off", 403, Told.ENTITLED)
    WAY_CLOSED = ("answer.way_closed", 403, Told.ENTITLED)
    SCAN_OLD = ("scan.too_old", 410, Told.ENTITLED)
    SCAN_FORGED = ("scan.not_ours", 403, Told.ENTITLED)
    CHALLENGE_UNKNOWN = ("challenge.unknown", 404, Told.ENTITLED)
    CHALLENGE_EXPIRED = ("challenge.expired", 410, Told.ENTITLED)
    CHALLENGE_SUPERSEDED = ("challenge.superseded", 410, Told.ENTITLED)
    CHALLENGE_LOCKED = ("challenge.locked", 410, Told.ENTITLED)
    CHALLENGE_ANSWERED = ("challenge.answered", 409, Told.ENTITLED)
    # papers
    DOCUMENTS = ("limit.documents", 429, Told.ENTITLED)
    READING_ONLY = ("reading.only", 403, Told.ENTITLED)
    READING_OVER = ("reading.over", 410, Told.ENTITLED)
    READING_NO_MAIL = ("reading.no_mail", 403, Told.ENTITLED)
    READING_LINK = ("reading.link_over", 410, Told.ANYONE)
    READINGS = ("limit.readings", 429, Told.ENTITLED)
    # closing an account
    CLOSING_ALREADY = ("closing.already", 409, Told.ENTITLED)
    CLOSING_NOT_HOLDER = ("closing.not_holder", 403, Told.ENTITLED)
    CLOSING_NEEDS_SECOND = ("closing.needs_second", 403, Told.ENTITLED)
    CLOSING_NEEDS_KEY = ("closing.needs_key", 403, Told.ENTITLED)
    CLOSING_TOO_NEW = ("closing.too_new", 403, Told.ENTITLED)
    CLOSING_NUMBER = ("closing.number", 400, Told.ENTITLED)
    CLOSING_TARGET = ("closing.target", 409, Told.ENTITLED)
    CLOSING_LATE = ("closing.too_late", 410, Told.ENTITLED)
    # the support desk
    DESK_NO_ROLE = ("desk.no_role", 403, Told.ENTITLED)
    DESK_PASSWORD = ("desk.password", 403, Told.ENTITLED)
    DESK_WEAK = ("desk.too_weak", 403, Told.ENTITLED)
    # four eyes
    PROPOSAL_REASON = ("proposal.reason", 400, Told.ENTITLED)
    PROPOSAL_OPEN = ("proposal.open", 409, Told.ENTITLED)
    PROPOSAL_OWN = ("proposal.own", 403, Told.ENTITLED)
    PROPOSAL_OFFICER = ("proposal.officer", 403, Told.ENTITLED)
    PROPOSAL_CONCERNED = ("proposal.concerned", 403, Told.ENTITLED)
    PROPOSAL_LEFT = ("proposal.proposer_left", 409, Told.ENTITLED)
    PROPOSAL_DECIDED = ("proposal.decided", 409, Told.ENTITLED)
    PROPOSAL_WITHDRAWN = ("proposal.withdrawn", 410, Told.ENTITLED)
    PROPOSAL_EXPIRED = ("proposal.expired", 410, Told.ENTITLED)
    PROPOSAL_VOID = ("proposal.void", 409, Told.ENTITLED)
    PROPOSAL_CHANGED = ("proposal.changed", 409, Told.ENTITLED)
    PROPOSAL_SHOWN = ("proposal.shown", 410, Told.ENTITLED)
    STOCK_NOT_NOW = ("stock.not_now", 409, Told.ENTITLED)
    STOCK_NOTHING_NEW = ("stock.nothing_new", 409, Told.ENTITLED)
    SCANNED = ("scan.not_taken", 409, Told.ENTITLED)
    IMPORT_NO_FILE = ("import.no_file", 400, Told.ENTITLED)
    IMPORT_KEY = ("import.key", 400, Told.ENTITLED)
    IMPORT_BAD = ("import.bad_file", 400, Told.ENTITLED)
    ORDER_SAME = ("order.same_address", 409, Told.ENTITLED)
    DESK_BUDGET = ("limit.desk_budget", 429, Told.ENTITLED)
    DESK_BUDGET_SITE = ("limit.desk_budget_site", 429, Told.ENTITLED)
    DESK_NOBODY = ("desk.nobody", 404, Told.ENTITLED)
    DESK_OWN = ("desk.own", 403, Told.ENTITLED)
    DESK_REASON = ("desk.reason", 400, Told.ENTITLED)
    DESK_CASE_OVER = ("desk.case_over", 410, Told.ENTITLED)
    DESK_PROOF = ("desk.needs_proof", 403, Told.ENTITLED)
    DESK_ASKED_ENOUGH = ("desk.asked_enough", 429, Told.ENTITLED)
    DESK_CANNOT_ASK = ("desk.cannot_ask", 409, Told.ENTITLED)
    DESK_NOT_NOW = ("desk.not_now", 409, Told.ENTITLED)
    AGENT_UNKNOWN = ("agent.unknown", 404, Told.ANYONE)
    AGENT_CHECKS = ("limit.agent_checks", 429, Told.ANYONE)
    # applications beside the portal
    API_KEY = ("application.key", 401, Told.ANYONE)
    API_SCOPE = ("application.scope", 403, Told.ENTITLED)
    DOCUMENT_NAME = ("document.name", 400, Told.ENTITLED)
    DOCUMENT_ACCOUNT = ("document.account", 404, Told.ENTITLED)
    DOCUMENT_OVER = ("document.over", 410, Told.ENTITLED)
    DOCUMENT_UNFIT = ("document.unfit", 422, Told.ENTITLED)
    RETURN_UNKNOWN = ("application.return_unknown", 400, Told.ENTITLED)
    TICKET_OVER = ("ticket.over", 410, Told.ENTITLED)
    HAND_OVER_OVER = ("hand_over.over", 410, Told.ANYONE)
    # what may be done in a session
    AMOUNT = ("authorization.amount", 400, Told.ENTITLED)
    CURRENCY = ("authorization.currency", 400, Told.ENTITLED)
    KEY_AGAIN = ("authorization.key_again", 409, Told.ENTITLED)
    AUTHORIZATIONS = ("limit.authorizations", 429, Told.ENTITLED)
    CONFIRM_OVER = ("confirm.over", 410, Told.ENTITLED)
    CONFIRM_WEAK = ("confirm.too_weak", 403, Told.ENTITLED)
    # links in mails
    LINK_OVER = ("link.over", 410, Told.ANYONE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a flow returns instead of doing the wish. `retry_after` in seconds, rounded up."""

    code: Code
    retry_after: int | None = None
    tries_left: int | None = None


def seconds_until(then: int, now: int) -> int:
    """Whole seconds from `now` to `then` (both ms), at least 1: for `Retry-After`."""
    return max(1, -((now - then) // 1000))
