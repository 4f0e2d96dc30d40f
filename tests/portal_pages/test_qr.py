"""The QR codes of the portal: what is drawn is what a camera reads."""

from urllib.parse import unquote

import zxingcpp
from PIL import Image

from tests.qr_pictures import dark_runs
from twolatch.faces import qr

LINK = "https://phone.example.org/a#1.0123456789ABCDEFGHJKMNPQRS.abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUV"


def read(dark: set[tuple[int, int]], size: int) -> list[str]:
    picture = Image.new("L", (size, size), 255)
    for place in dark:
        picture.putpixel(place, 0)
    large = picture.resize((4 * size, 4 * size), Image.Resampling.NEAREST)
    return [code.text for code in zxingcpp.read_barcodes(large)]


def test_a_camera_reads_the_link_off_the_picture() -> None:
    picture = qr.as_picture(LINK)
    dark = {(x + step, y) for x, y, length in dark_runs(unquote(picture)) for step in range(length)}

    assert read(dark, len(qr.matrix(LINK)) + 2 * qr.QUIET) == [LINK]
    assert min(min(place) for place in dark) == qr.QUIET


def test_the_picture_stands_in_an_attribute_as_it_is() -> None:
    picture = qr.as_picture("otpauth://totp/<&\"'>")

    assert picture.startswith("data:image/svg+xml,")
    assert not set(picture.removeprefix("data:image/svg+xml,")) & set("#<>&\"' ")
