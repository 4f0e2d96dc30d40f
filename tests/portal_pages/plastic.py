"""The pages about cards, in every state: what a client ordered, holds and sends back."""

from dataclasses import replace
from typing import Any

from twolatch.faces.portal.contact_pages import region_shown
from twolatch.faces.portal.order_pages import _FILLED_BY
from twolatch.regions import shipped
from twolatch.regions.addresses import form
from twolatch.texts.catalogue import Texts

NOW = 1_795_361_541_000
DAY = 86_400_000
ID = "01k9x2q7d3m8v5n4t6b1c0e9fr"
COUNTRIES = [("JP", "Japan"), ("NL", "Nederland"), ("US", "Verenigde Staten")]
HOME = ["Anna de Vries", "Keizersgracht 1", "1015 CN Amsterdam", "NETHERLANDS"]


def step(what: str, days: int, by: str = "", tracking: str = "") -> dict[str, Any]:
    carrier = "Soft Carrier" if tracking else ""
    return {"at": NOW - days * DAY, "what": f"custody.{what}", "by": by, "carrier": carrier, "tracking": tracking}


WAY = [
    step("order.placed", 40, "client"), step("reserve.held", 40, "client"), step("card.assigned", 38, "support"),
    step("card.shipped", 38, "support", "3SABC123456789"), step("card.delivered", 35, "carrier"),
    step("card.activated", 35),
]  # fmt: skip
BACK_WAY = [step("card.announced", 6, "client"), step("card.posted", 5, "client", "1Z999AA10123456784")]


def card(state: str, **more: Any) -> dict[str, Any]:
    facts = {"id": ID, "serial": "730017742", "carrier": "Soft Carrier", "tracking": "3SABC123456789", "way": WAY}
    may = {"may_activate": False, "may_return": True, "return_id": ""}
    return {**facts, **may, "state": state, **more}


ORDER = {
    "number": "P-4K7M-2Q9T", "state": "ordered", "ordered": NOW - DAY, "expected": NOW + 4 * DAY, "address": HOME,
    "reserve": 2000, "currency": "USD", "may_cancel": True,
}  # fmt: skip


def cards(held: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    empty = {"refused": None, "done": None, "order": None, "may_order": False, "why_not": None}
    return {**empty, "cards": held, **more}


def order(step: str, country: str = "NL", **more: Any) -> dict[str, Any]:
    typed = {"name": "Anna de Vries", "street": "Keizersgracht 1\n2 hoog", "city": "Amsterdam", "postcode": "1015 CN"}
    names = ("company", "district", "area", "sorting", "country", "account")
    facts = {
        "step": step, "refused": None, "country": country, "countries": COUNTRIES, "fields": form(country), "wrong": {},
        "typed": {**dict.fromkeys(names, ""), **typed}, "filled_by": _FILLED_BY, "reserve": 2000, "currency": "USD",
        "accounts": [{"id": ID, "number": "A1001", "label": "Savings"}], "replaces": "", "lines": HOME,
        "account": {"id": ID, "number": "A1001", "label": "Savings"}, "expected": NOW + 5 * DAY,
        "parts": {"country": "NL", **typed},
    }  # fmt: skip
    return {**facts, **more}


def region(country: str) -> dict[str, Any]:
    return region_shown(Texts(), "nl", replace(shipped().of_country(country), is_sample=False))


REASONS = ["damage", "breakage", "replacement", "consolidation", "closing"]


def asked(**more: Any) -> dict[str, Any]:
    one = {"id": ID, "serial": "730017742", "is_faulty": False}
    where = {"country": "NL", "countries": COUNTRIES, "region": region("NL")}
    return {"refused": None, "card": one, "reasons": REASONS, "reason": "", **where, **more}


def returning(state: str, **more: Any) -> dict[str, Any]:
    back = {
        "id": ID, "number": "R-7K3Q-X9D2", "serial": "730017742", "state": state, "reason": "breakage",
        "announced": NOW - 6 * DAY, "posted": 0, "carrier": "", "tracking": "", "first": 0, "last": 0, "ended": 0,
        "is_overdue": False,
    }  # fmt: skip
    sent = {"posted": NOW - 5 * DAY, "carrier": "Soft Carrier", "tracking": "1Z999AA10123456784"}
    if state != "announced":
        back |= {**sent, "first": NOW - DAY, "last": NOW + DAY, "ended": NOW if state == "received" else 0}
    back |= {name: more.pop(name) for name in ("is_overdue",) if name in more}
    way = BACK_WAY[:1] if state == "announced" else BACK_WAY
    facts = {"refused": None, "done": None, "back": back, "is_seen": False, "may_post": False, "carriers": []}
    return {**facts, "region": region("NL"), "way": way, **more}


def refusal(code: str) -> dict[str, Any]:
    return {"code": code, "retry_after": None}


PLASTIC: dict[str, tuple[str, str, bool, dict[str, Any]]] = {
    "cards-none": ("cards", "cards", True, cards([], may_order=True)),
    "cards-poor": ("cards", "cards", True, cards([], why_not=refusal("order.not_eligible"))),
    "cards-ordered": ("cards", "cards", True, cards([], order=ORDER, done="ordered")),
    "cards": (
        "cards", "cards", True,
        cards([
            card("shipped", may_activate=True), card("active"), card("faulty"), card("suspended"),
            card("in_transit", may_return=False, return_id=ID), card("destroyed", may_return=False),
        ], refused=refusal("order.too_late")),
    ),
    "cards-rest": (
        "cards", "cards", True,
        cards([
            card("delivered", may_activate=True), card("withdrawn"), card("announced", may_return=False, return_id=ID),
            card("received", may_return=False), card("inspected", may_return=False), card("lost"),
        ], may_order=True, done="return_cancelled"),
    ),
    "card-order": ("card_order", "order", True, order("form", replaces="730017742")),
    "card-order-us": ("card_order", "order", True, order("form", "US")),
    "card-order-jp": ("card_order", "order", True, order("form", "JP")),
    "card-order-wrong": (
        "card_order", "order", True,
        order("form", wrong={"postcode": "bad_postcode", "street": "missing"}, refused=refusal("order.address")),
    ),
    "card-order-check": ("card_order", "order", True, order("check", replaces="730017742")),
    "card-order-no": ("card_order", "order", True, order("no", refused=refusal("order.too_new"))),
    "card-return": ("card_return", "return", True, asked()),
    "card-return-phone": (
        "card_return", "return", True, asked(reason="replacement", refused=refusal("return.phone_first")),
    ),
    "card-return-faulty": (
        "card_return", "return", True, asked(card={"id": ID, "serial": "730017742", "is_faulty": True}),
    ),
    "card-returning": ("card_returning", "returning", True, returning("announced")),
    "card-returning-form": (
        "card_returning", "returning", True, returning("announced", may_post=True, carriers=["Soft Carrier"]),
    ),
    "card-returning-wrong": (
        "card_returning", "returning", True,
        returning("announced", may_post=True, refused=refusal("return.tracking"), is_overdue=True),
    ),
    "card-returning-posted": ("card_returning", "returning", True, returning("posted")),
    "card-returning-late": ("card_returning", "returning", True, returning("posted", is_overdue=True)),
    "card-returning-received": ("card_returning", "returning", True, returning("received", is_seen=True)),
    "card-returning-cancelled": ("card_returning", "returning", True, returning("cancelled")),
    "card-returning-lost": ("card_returning", "returning", True, returning("lost")),
}  # fmt: skip
