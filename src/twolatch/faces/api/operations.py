"""Everything a phone may ask, in one table: method, address, what goes in, what comes out, and every refusal.

`openapi` turns it into the description that sites serve; tests hold it against the routes and what handlers can reach.
"""

from dataclasses import dataclass

import msgspec

from twolatch.protocol import account, messages
from twolatch.words.refusals import Code

# Every operation may meet these: a machine that is busy or broken.
ANYWHERE = (Code.BUSY, Code.FAULT)
BODY = (Code.MALFORMED, Code.TOO_LARGE)
SIGNED = (Code.NONCE, Code.PHONE_UNKNOWN, Code.TOO_LARGE)
SCANS = (
    Code.CHALLENGE_UNKNOWN, Code.CHALLENGE_EXPIRED, Code.CHALLENGE_SUPERSEDED, Code.CHALLENGE_LOCKED,
    Code.CHALLENGE_ANSWERED, Code.SCAN_OLD, Code.SCAN_FORGED,
)  # fmt: skip
SILENCED = (Code.PHONE_LOCKED, Code.PHONE_REPORTED, Code.PHONE_SUSPENDED, Code.PHONE_REMOVED)
CLAIMS = (
    Code.PHONE_TOO_OLD, Code.CODE_UNKNOWN, Code.CODE_EXPIRED, Code.CODE_CANCELLED, Code.CODE_BURNED, Code.CODE_USED,
    Code.ALREADY_HERE, Code.ALREADY_ELSEWHERE, Code.MOVE_SAME_PHONE, Code.ACTIVATION_LIMIT,
)  # fmt: skip
ANSWERS = (
    Code.PHONE_UNKNOWN, Code.PHONE_UNCONFIRMED, Code.PHONE_COPIED, Code.ANSWER_REPLAYED, Code.ANSWER_WRONG,
    Code.CHALLENGE_UNKNOWN, Code.CHALLENGE_EXPIRED, Code.CHALLENGE_SUPERSEDED, Code.CHALLENGE_LOCKED,
    Code.CHALLENGE_ANSWERED,
)  # fmt: skip

FIRST_LATCH = (
    Code.NAME_EMPTY, Code.LOGIN_WRONG, Code.LOGIN_WAIT, Code.LOGIN_LOCKED, Code.LOGIN_ADDRESS, Code.LOGIN_OFF,
    Code.LOGIN_KEYS_ONLY, Code.LOGIN_CHALLENGES, Code.LOGIN_START_OVER,
)  # fmt: skip
COLLECTS = (
    Code.LOGIN_START_OVER, Code.LOGIN_DENIED, Code.LOGIN_NOT_ME, Code.LOGIN_EXPIRED, Code.LOGIN_SUPERSEDED,
    Code.LOGIN_CANCELLED, Code.LOGIN_CHALLENGE_LOCKED,
)  # fmt: skip
AT_HOME = (*SIGNED, *SILENCED, Code.SESSION_ENDED)


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Done; there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path below the base. `answer` None: a stream, or this description itself."""

    method: str
    path: str
    wish: str
    body: type | None
    answer: type | None
    refusals: tuple[Code, ...]
    is_signed: bool = False
    is_at_home: bool = False  # also needs the app session's token


OPERATIONS = (
    Operation("GET", "/site", "What a phone has to know of this site", None, messages.Site, ()),
    Operation("GET", "/nonce", "A nonce for signed requests", None, messages.Nonce, ()),
    Operation(
        "POST",
        "/activations/claim",
        "Turn a code into a device",
        messages.Claim,
        messages.Claimed,
        (*BODY, *CLAIMS),
    ),
    Operation(
        "GET",
        "/activations/current",
        "How this device's activation stands",
        None,
        messages.CurrentActivation,
        SIGNED,
        is_signed=True,
    ),
    Operation(
        "GET",
        "/challenges",
        "What waits for this device, and what ended in the last ten minutes",
        None,
        messages.Waiting,
        (*SIGNED, *SILENCED),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/tests",
        "A question that opens nothing, to prove PIN or unlock",
        None,
        messages.SignedBytes,
        (*SIGNED, *SILENCED, Code.PHONE_UNCONFIRMED),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/scans",
        "The code of a login was read off the portal's page",
        messages.Scan,
        messages.Scanned,
        (*SIGNED, *SILENCED, Code.MALFORMED, *SCANS),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/answers",
        "Approve, deny, or say that it was not me",
        messages.Answer,
        messages.AnswerResult,
        (*BODY, *SILENCED, *ANSWERS),
    ),
    Operation(
        "GET",
        "/push",
        "Whether this phone would be woken",
        None,
        messages.PushState,
        (*SIGNED, *SILENCED),
        is_signed=True,
    ),
    Operation(
        "PUT",
        "/push",
        "Where to wake this phone",
        messages.PushSubscription,
        Empty,
        (*SIGNED, *SILENCED, Code.MALFORMED),
        is_signed=True,
    ),
    Operation("DELETE", "/push", "Wake this phone no more", None, Empty, (*SIGNED, *SILENCED), is_signed=True),
    Operation(
        "POST",
        "/push/test",
        "Wake this phone once, to see whether it arrives",
        None,
        Empty,
        (*SIGNED, *SILENCED, Code.PUSH_OFF, Code.PUSH_TESTS),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/stream",
        "Hear when to look again",
        messages.StreamRequest,
        None,
        (*BODY, Code.NONCE, Code.PHONE_UNKNOWN),
    ),
    Operation(
        "POST",
        "/sign-in",
        "Sign in to the app: the first latch",
        account.SignIn,
        messages.SignedBytes,
        (*SIGNED, *SILENCED, Code.MALFORMED, Code.PHONE_UNCONFIRMED, *FIRST_LATCH),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/session",
        "The app's session, once, after this phone approved",
        None,
        account.AppSession,
        (*SIGNED, *SILENCED, *COLLECTS),
        is_signed=True,
    ),
    Operation("DELETE", "/session", "Log out of the app", None, Empty, SIGNED, is_signed=True, is_at_home=True),
    Operation(
        "GET",
        "/overview",
        "Who is signed in; his authenticators and sessions",
        None,
        account.Overview,
        AT_HOME,
        is_signed=True,
        is_at_home=True,
    ),
    Operation(
        "DELETE",
        "/sessions/{id}",
        "End one of the client's sessions",
        None,
        Empty,
        (*AT_HOME, Code.NOT_FOUND),
        is_signed=True,
        is_at_home=True,
    ),
    Operation(
        "GET",
        "/diary",
        "The newest entries of the security diary",
        None,
        account.Diary,
        AT_HOME,
        is_signed=True,
        is_at_home=True,
    ),
    Operation(
        "GET",
        "/diary/{before}",
        "Older entries, below a number",
        None,
        account.Diary,
        (*AT_HOME, Code.NOT_FOUND),
        is_signed=True,
        is_at_home=True,
    ),
    Operation("GET", "/device", "What this phone is called", None, account.Label, (*SIGNED, *SILENCED), is_signed=True),
    Operation(
        "PUT",
        "/device",
        "Call this phone something else, here and in the portal",
        account.Label,
        account.Label,
        (*SIGNED, *SILENCED, Code.MALFORMED, Code.NAME_EMPTY),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/device/leave",
        "A question whose approval makes goodbye a removal",
        None,
        messages.SignedBytes,
        (*SIGNED, *SILENCED, Code.PHONE_UNCONFIRMED),
        is_signed=True,
    ),
    Operation(
        "DELETE",
        "/device",
        "Goodbye: this phone approves nothing any more",
        None,
        account.Left,
        (*SIGNED, Code.PHONE_UNCONFIRMED),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/transfer",
        "A question whose approval allows a code for a new phone",
        None,
        messages.SignedBytes,
        (*SIGNED, *SILENCED, Code.PHONE_UNCONFIRMED),
        is_signed=True,
    ),
    Operation(
        "PUT",
        "/transfer",
        "The code for the new phone, once for an approval",
        None,
        messages.Transfer,
        (*SIGNED, *SILENCED, Code.STEP_UP, Code.ACTIVATION_LIMIT),
        is_signed=True,
    ),
    Operation(
        "GET",
        "/transfer",
        "How the move stands",
        None,
        messages.Transfer,
        (*SIGNED, Code.PHONE_REMOVED),
        is_signed=True,
    ),
    Operation(
        "POST",
        "/transfer/confirm",
        "The six digits of the new phone",
        messages.TransferNumber,
        messages.Transfer,
        (*SIGNED, *SILENCED, Code.MALFORMED, Code.ACTIVATION_OVER, Code.ACTIVATION_WRONG, Code.CODE_BURNED),
        is_signed=True,
    ),
    Operation("DELETE", "/transfer", "Stay with this phone", None, Empty, (*SIGNED, *SILENCED), is_signed=True),
    Operation("GET", "/openapi.json", "This description", None, None, ()),
)
