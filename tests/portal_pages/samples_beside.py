"""The pages for clients whom an application sends, in every state."""

from collections.abc import Mapping, Sequence
from typing import Any

WISH = {
    "application": "Linden Brokers", "action": "withdrawal", "amount": "300000.00", "currency": "USD",
    "payee": "Anna de Vries, NL00 BANK 0123 4567 89",
}  # fmt: skip
GOOD_FOR = (
    ("1000000.00", "", True),
    ("200000.00", "weak", False),
    ("50000.00", "weak", False),
    ("", "suspended", False),
)

Sample = tuple[str, str, bool, dict[str, Any]]


def beside(
    one: str, ways: Sequence[Any], prompts: Mapping[str, Any], number: Any, scan: Any, weak: Any
) -> dict[str, Sample]:
    good_for = tuple(
        {**vars(way), "most": most, "why": why, "is_asked": first}
        for way, (most, why, first) in zip(ways, GOOD_FOR, strict=True)
    )
    empty: dict[str, Any] = {
        "id": one, "wish": WISH, "why": "day_limit", "most": "USD", "way": "wait", "prompt": None, "number": None,
        "scan": None, "tries_left": None, "state": one, "ways": good_for, "refused": None,
    }  # fmt: skip

    def confirm(**more: Any) -> Sample:
        return "confirm", "confirm", True, {**empty, **more}

    hand_over = {"id": one, "application": "Linden Brokers", "host": "app.example.com", "tells_name": True}
    return {
        "hand-over": ("hand_over", "hand_over", True, hand_over),
        "hand-over-nameless": ("hand_over", "hand_over", True, {**hand_over, "tells_name": False}),
        "confirm-choose": confirm(way="choose", state=""),
        "confirm-nothing": confirm(way="choose", state="", why="five_day_limit", ways=good_for[1:], refused=weak),
        "confirm-phone": confirm(prompt=prompts["phone"], scan=scan),
        "confirm-number": confirm(prompt=prompts["phone"], number=number),
        "confirm-card": confirm(prompt=prompts["card"], wish={**WISH, "payee": ""}),
        "confirm-key": confirm(prompt=prompts["key"]),
        "confirm-approved": confirm(way="collect", state=""),
        "confirmed": ("confirmed", "", True, {"is_allowed": True}),
        "confirmed-not": ("confirmed", "", True, {"is_allowed": False}),
    }
