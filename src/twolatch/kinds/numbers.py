"""Numbers that never come twice: a client who types one into his authenticator gets an answer nobody has seen before.

A counter, put through a secret permutation of all numbers of that length (a Feistel network of eight rounds): nothing
has to be remembered but the counter, and who has seen some of the numbers cannot tell the next.
"""

from twolatch.protocol.keys import hkdf, mac
from twolatch.protocol.octets import label, u64

ROUNDS = 8


def number_at(secret: bytes, count: int, digits: int) -> str | None:
    """The `count`-th number (from 0) of an even count of digits; None when all have been asked."""
    half = 10 ** (digits // 2)
    if not 0 <= count < half * half:
        return None
    key = hkdf(secret, b"", label(f"numbers/{digits}"), 32)
    left, right = divmod(count, half)
    for turn in range(ROUNDS):
        left, right = right, (left + int.from_bytes(mac(key, bytes([turn]) + u64(right))[:8], "big")) % half
    return f"{left * half + right:0{digits}d}"
