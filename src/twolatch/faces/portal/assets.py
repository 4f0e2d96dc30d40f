"""The files a page loads: built ones from `built/` and two made from the operator's colour.

A file's name holds its content's hash: browsers keep it for ever and never mix two versions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from twolatch.faces.portal import brand

BUILT = Path(__file__).parent / "built"
KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
}


class AssetsMissing(Exception):
    """The portal was not built: `node src/twolatch/faces/portal/build.mjs`."""


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    kind: str  # Content-Type


@dataclass(frozen=True, slots=True)
class Assets:
    """`names` maps `portal.css` to a file name, `files` that to its content. Nothing else is served."""

    names: Mapping[str, str]
    files: Mapping[str, Asset]
    logo: str  # address of the operator's logo, or empty

    def address(self, name: str) -> str:
        return f"/assets/{self.names[name]}"

    def file(self, file_name: str) -> Asset | None:
        return self.files.get(file_name)


def load(colour: str, logo: Path | None = None, built: Path = BUILT) -> Assets:
    """Everything in memory, a few dozen KB. Raises AssetsMissing, OSError for a logo that is not there."""
    contents = {name: (built / file).read_bytes() for name, file in _built_names(built).items()}
    contents["brand.css"] = brand.stylesheet(colour).encode()
    contents["icon.svg"] = brand.icon(colour).encode()
    if logo:
        contents[f"logo{_picture_ending(logo)}"] = logo.read_bytes()
    names = {name: _hashed(name, content) for name, content in contents.items()}
    files = {names[name]: Asset(content, KINDS[Path(name).suffix]) for name, content in contents.items()}
    address = f"/assets/{names[f'logo{logo.suffix.lower()}']}" if logo else ""
    return Assets(names, files, address)


def _built_names(built: Path) -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((built / "files.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssetsMissing(f"{built} is empty: run `make app`") from None
    return names


def _picture_ending(logo: Path) -> str:
    if (ending := logo.suffix.lower()) not in {".svg", ".png", ".webp", ".jpg"}:
        raise ValueError(f"a logo is an SVG, PNG, WebP or JPEG file, not {logo.name}")
    return ending


def _hashed(name: str, content: bytes) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{sha256(content).hexdigest()[:16]}{dot}{ending}"
