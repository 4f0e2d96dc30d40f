"""The portal's pictures of QR codes, as a camera sees them."""

import re
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageDraw


def read_qr(svg: str) -> str:
    """The drawing's own strokes, four pixels for a module, then a scanner of another make reads them."""
    width = int(re.search(r"width='(\d+)'", svg)[1])  # type: ignore[index]
    picture = Image.new("L", (width, width), 255)
    draw = ImageDraw.Draw(picture)
    for x, y, length in dark_runs(svg):
        draw.rectangle((4 * x, 4 * y, 4 * (x + length) - 1, 4 * y + 3), fill=0)
    [code] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)  # rows of it may look like others
    return str(code.text)


def dark_runs(svg: str) -> Iterator[tuple[int, int, int]]:
    """What the pen draws, a row after another, in modules: x, y and length."""
    path = re.search(r"stroke='#000' d='([^']+)'", svg)[1]  # type: ignore[index]
    for left, y, way in re.findall(r"M(\d+),(\d+)\.5([^M]*)", path):
        x = int(left)
        for step, length in re.findall(r"([hm])(\d+)", way):
            if step == "h":
                yield x, int(y), int(length)
            x += int(length)
