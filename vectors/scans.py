"""Test data of scan.json: the code of a login, as the portal's page makes it and a phone reads it."""

import hmac
from typing import Any

from formulas import CHALLENGE, DEVICE, Case, b64u, fixed, lp

BASE = "https://phone.example.com"
TIME = 1_795_361_541


def scan() -> Case:
    good = [_made(number, challenge, time) for number, (challenge, time) in enumerate(
        [(CHALLENGE, TIME), (CHALLENGE, TIME + 1), (DEVICE, TIME), (CHALLENGE, 0), (CHALLENGE, 999_999_999_999)]
    )]  # fmt: skip
    link = good[0]["link"]
    host, _, fragment = link.partition("/l#")
    version, challenge, time, mac = fragment.split(".")
    return {
        "says": "`mac` is what the page's key makes; a phone reads the rest from the link.",
        "good": good,
        "bad": [
            *_bad("another version", f"{host}/l#2.{challenge}.{time}.{mac}"),
            *_bad("an activation's path", f"{host}/a#{fragment}"),
            *_bad("no path", f"{host}/#{fragment}"),
            *_bad("another scheme", f"ftp{host.removeprefix('https')}/l#{fragment}"),
            *_bad("a part too many", f"{link}.x"),
            *_bad("no MAC", f"{host}/l#{version}.{challenge}.{time}."),
            *_bad("a MAC that is too short", link[:-1]),
            *_bad("a MAC that is too long", f"{link}A"),
            *_bad("a MAC with a non-canonical ending", link[:-1] + "B"),
            *_bad("no id", f"{host}/l#{version}.{challenge[:-1]}.{time}.{mac}"),
            *_bad("an id in capitals", f"{host}/l#{version}.{challenge.upper()}.{time}.{mac}"),
            *_bad("a time with a zero in front", f"{host}/l#{version}.{challenge}.0{time}.{mac}"),
            *_bad("a time below zero", f"{host}/l#{version}.{challenge}.-{time}.{mac}"),
            *_bad("no time", f"{host}/l#{version}.{challenge}..{mac}"),
            *_bad("a time of thirteen digits", f"{host}/l#{version}.{challenge}.{'1' * 13}.{mac}"),
            *_bad("digits of another script", f"{host}/l#{version}.{challenge}.\u0661\u0662.{mac}"),
        ],
    }


def _made(number: int, challenge: str, time: int) -> Case:
    key = fixed(f"page {number}", 16)
    mac = hmac.digest(key, b"twolatch/v1/qr\0" + lp(challenge) + time.to_bytes(8, "big"), "sha256")[:16]
    link = f"{BASE}/l#1.{challenge}.{time}.{b64u(mac)}"
    made = {"key": key.hex(), "challenge": challenge, "time": time, "mac": mac.hex(), "link": link}
    return {"says": f"at {time}", **made}


def _bad(says: str, link: str) -> list[Any]:
    return [{"says": says, "link": link}]
