"""The code a waiting page draws by itself: the same modules as another maker's, and the same MAC as the server's."""

import json
import secrets
import subprocess
from pathlib import Path

import pytest
import segno
import zxingcpp
from PIL import Image

from tests.house.source import PROJECT
from twolatch.protocol.codes import new_id
from twolatch.protocol.octets import b64u
from twolatch.protocol.scan import made_now, read_scan

SCRIPTS = PROJECT / "src" / "twolatch" / "faces" / "portal" / "scripts"
ESBUILD = PROJECT / "phone" / "node_modules" / ".bin" / "esbuild"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both scripts, for node."""
    target = tmp_path_factory.mktemp("scripts") / "scan-code.mjs"
    entry = 'export * from "./qr.ts"; export * from "./scan-code.ts";'
    subprocess.run(
        [ESBUILD, "--bundle", "--format=esm", "--loader=ts", f"--outfile={target}"],
        input=entry, text=True, cwd=SCRIPTS, check=True, capture_output=True,
    )  # fmt: skip
    return target


def run(bundle: Path, expression: str) -> str:
    program = f"const own = await import({json.dumps(str(bundle))}); console.log(JSON.stringify({expression}));"
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    return done.stdout


def some_text(length: int) -> str:
    return ("https://a/l#1." * 16)[:length]


# What fills a code to its last byte; the other maker pads shorter ones with a byte too many.
@pytest.mark.parametrize("length", [14, 26, 42, 62, 84, 106, 122, 152, 180, 213])
def test_the_modules_are_those_of_another_maker(bundle: Path, length: int) -> None:
    text = some_text(length)
    drawn = json.loads(run(bundle, f"own.qrModules({json.dumps(text)})"))
    code = segno.make_qr(text, error="m", boost_error=False, mask=3, mode="byte", encoding="utf-8", eci=False)
    assert drawn == [[bool(module) for module in row] for row in code.matrix]


@pytest.mark.parametrize("text", [*map(some_text, (2, 15, 43, 63, 85, 100, 107, 123, 153, 181, 212)), "h\u00f6st"])
def test_a_reader_of_another_make_reads_it(bundle: Path, text: str) -> None:
    drawn = json.loads(run(bundle, f"own.qrModules({json.dumps(text)})"))
    picture = Image.new("L", (len(drawn) + 8, len(drawn) + 8), 255)
    for y, row in enumerate(drawn):
        for x, is_dark in enumerate(row):
            picture.putpixel((x + 4, y + 4), 0 if is_dark else 255)
    [code] = zxingcpp.read_barcodes(picture.resize((4 * picture.width, 4 * picture.height), Image.Resampling.NEAREST))
    assert code.text == text


def test_what_does_not_fit_is_a_fault_and_no_code(bundle: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run(bundle, 'own.qrModules("x".repeat(214))')


def test_the_page_makes_the_link_that_the_server_knows(bundle: Path) -> None:
    key, challenge, now = secrets.token_bytes(16), new_id(secrets.token_bytes(16)), 1_795_361_541_999
    made = made_now(key, challenge, now)
    arguments = f'"https://phone.example.com", "{challenge}", Uint8Array.of({", ".join(map(str, key))}), 1795361541'
    link = json.loads(run(bundle, f"await own.scanLink({arguments})"))
    assert link == made.url("https://phone.example.com")
    assert read_scan(link) == made
    assert link.endswith(b64u(made.mac))
