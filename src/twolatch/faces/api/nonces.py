"""Nonces for signed requests: our own time under our own MAC.

Nothing is stored, every node can check one, and the phone's clock decides nothing.
"""

from twolatch.house import House
from twolatch.protocol.keys import same
from twolatch.protocol.octets import Malformed, b64u, unb64u
from twolatch.words.limits import MINUTE

NONCE_LIVES = 5 * MINUTE
ASKEW = MINUTE  # between the clocks of two nodes


def nonce(house: House, now: int) -> str:
    stamp = now.to_bytes(8, "big")
    return b64u(stamp + house.keys.mac("request-nonce", stamp)[:16])


def is_fresh(house: House, text: str, now: int) -> bool:
    try:
        raw = unb64u(text, 24)
    except Malformed:
        return False
    if not same(raw[8:], house.keys.mac("request-nonce", raw[:8])[:16]):
        return False
    return -ASKEW < now - int.from_bytes(raw[:8], "big") < NONCE_LIVES
