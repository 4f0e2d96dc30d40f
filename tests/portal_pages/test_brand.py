"""Whatever colour an operator picks, his clients can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolatch.faces.portal.brand import (
    BLACK,
    DARK_GROUNDS,
    DRAWING,
    LIGHT_GROUNDS,
    TEXT,
    WHITE,
    Colour,
    contrast,
    icon,
    stylesheet,
    tones,
)  # fmt: skip

colours = st.tuples(*[st.integers(0, 255)] * 3)
schemes = st.sampled_from([(LIGHT_GROUNDS, BLACK, 0.09), (DARK_GROUNDS, WHITE, 0.16)])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ((118, 118, 118), WHITE, 4.54), ((47, 95, 208), WHITE, 5.72)],
)
def test_contrast_is_the_one_of_wcag(one: Colour, other: Colour, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@given(colours, schemes)
def test_every_colour_can_be_read(brand: Colour, scheme: tuple[tuple[Colour, ...], Colour, float]) -> None:
    grounds, away, tint = scheme
    made = tones(brand, grounds, away, tint)
    assert contrast(made["brand"], grounds[0]) >= DRAWING
    assert contrast(made["on-brand"], made["brand"]) >= TEXT
    assert contrast(made["on-brand"], made["brand-strong"]) >= TEXT
    for ground in (*grounds, made["brand-tint"]):
        assert contrast(made["brand-ink"], ground) >= TEXT


def test_a_readable_colour_stays_as_it_is() -> None:
    assert "--brand:#2f5fd0;" in stylesheet("#2F5FD0").split("@media")[0]


def test_dark_has_tones_of_its_own() -> None:
    light, _, dark = stylesheet("#2f5fd0").partition("@media screen and (prefers-color-scheme:dark)")
    assert light != dark
    assert "--brand-ink:" in dark


def test_the_icon_has_the_colour() -> None:
    assert icon("#0e6b62").count("#0e6b62") == 3
