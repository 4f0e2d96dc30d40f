"""The operator's colour, made readable: the tones of the light and of the dark scheme, and the icon.

Whatever colour is configured, text keeps a contrast of 4.5 and drawings one of 3 (WCAG 2.2, 1.4.3, 1.4.11).
"""

from collections.abc import Callable

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
NIGHT: Colour = (11, 18, 32)  # dark text on a light button
# The grounds of portal.css on which the brand's ink is read.
LIGHT_GROUNDS: tuple[Colour, ...] = (WHITE, (244, 246, 248))
DARK_GROUNDS: tuple[Colour, ...] = ((23, 32, 42), (17, 25, 34))
TEXT, DRAWING = 4.5, 3.0
_STEPS = 40


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tones(brand: Colour, grounds: tuple[Colour, ...], away: Colour, tint: float) -> dict[str, Colour]:
    """The custom properties of one scheme. Colours move towards `away` until seen on `grounds`."""
    surface = grounds[0]
    ground = _nearest(brand, away, lambda tone: contrast(tone, surface) >= DRAWING and _carries_text(tone))
    on_ground = _text_on(ground)
    tinted = _mix(surface, brand, tint)
    ink = _nearest(brand, away, lambda tone: min(contrast(tone, g) for g in (*grounds, tinted)) >= TEXT)
    strong = _mix(ground, BLACK if on_ground == WHITE else WHITE, 0.16)
    names = ("brand", "brand-strong", "on-brand", "brand-ink", "brand-tint")
    return dict(zip(names, (ground, strong, on_ground, ink, tinted), strict=True))


def stylesheet(colour: str) -> str:
    """`/assets/brand.css` for a colour such as `#2f5fd0`."""
    brand = _parsed(colour)
    light = _block(tones(brand, LIGHT_GROUNDS, BLACK, 0.09))
    dark = _block(tones(brand, DARK_GROUNDS, WHITE, 0.16))
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def icon(colour: str) -> str:
    """The picture in the browser's tab, as SVG: two latches."""
    brand = tones(_parsed(colour), LIGHT_GROUNDS, BLACK, 0.09)
    ground, on = _written(brand["brand"]), _written(brand["on-brand"])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="9" fill="{ground}"/>'
        f'<rect x="8" y="9" width="16" height="5" rx="2.5" fill="{on}"/>'
        f'<circle cx="21.5" cy="11.5" r="1.3" fill="{ground}"/>'
        f'<rect x="8" y="18" width="16" height="5" rx="2.5" fill="{on}" opacity=".72"/>'
        f'<circle cx="10.5" cy="20.5" r="1.3" fill="{ground}"/></svg>\n'
    )


def _text_on(ground: Colour) -> Colour:
    return max((WHITE, NIGHT), key=lambda tone: contrast(tone, ground))


def _carries_text(ground: Colour) -> bool:
    return contrast(_text_on(ground), ground) >= TEXT


def _nearest(start: Colour, away: Colour, is_readable: Callable[[Colour], bool]) -> Colour:
    for step in range(_STEPS):
        if is_readable(tone := _mix(start, away, step / _STEPS)):
            return tone
    return away


def _mix(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _parsed(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _written(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _block(properties: dict[str, Colour]) -> str:
    return "".join(f"--{name}:{_written(colour)};" for name, colour in properties.items())
