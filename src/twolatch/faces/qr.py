"""QR codes. The matrix comes from a library in C++ (0.5 ms; one in Python took 2.2), the picture is ours."""

from math import isqrt

import zxingcpp

QUIET = 4  # modules of white around it, as the standard asks


def matrix(text: str) -> list[bytes]:
    """Its rows from the top, one byte for each module: 0 is dark, 255 is light. Error correction M."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = bytes(memoryview(code.to_image(scale=1, add_quiet_zones=False)))  # type: ignore[arg-type]
    size = isqrt(len(modules))
    return [modules[start : start + size] for start in range(0, size * size, size)]


def as_picture(text: str) -> str:
    """A data address of an SVG: black on white, whatever the page looks like."""
    rows = matrix(text)
    size = len(rows) + 2 * QUIET
    pen = [row.replace(b"\0", b"h1").replace(b"\xff", b"m1,0").decode() for row in rows]  # draws, or is lifted
    dark = "".join(f"M{QUIET},{y}.5{way}" for y, way in enumerate(pen, QUIET))
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{4 * size}' height='{4 * size}' viewBox='0 0 {size} {size}'"
        f" shape-rendering='crispEdges'><path fill='#fff' d='M0 0h{size}v{size}h-{size}z'/>"
        f"<path stroke='#000' d='{dark}'/></svg>"
    )
    for sign in "#<> '":
        svg = svg.replace(sign, f"%{ord(sign):X}")
    return "data:image/svg+xml," + svg
