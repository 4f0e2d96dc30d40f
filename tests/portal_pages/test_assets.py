import json
from hashlib import sha256
from pathlib import Path

import pytest

from twolatch.faces.portal.assets import BUILT, Assets, AssetsMissing, load


def test_every_name_holds_the_hash_of_its_content(assets: Assets) -> None:
    built = {f"{name}.{kind}" for name in ("portal", "soft-card", "desk") for kind in ("js", "css")}
    assert set(assets.names) == built | {"brand.css", "icon.svg"}
    for file_name in assets.names.values():
        file = assets.file(file_name)
        assert file is not None
        assert sha256(file.content).hexdigest()[:16] in file_name


def test_another_colour_has_another_address(assets: Assets) -> None:
    other = load("#0e6b62")
    assert other.address("brand.css") != assets.address("brand.css")
    assert other.address("portal.css") == assets.address("portal.css")


@pytest.mark.parametrize("name", ["", "..", "../routes.py", "files.json", "portal.css", "brand.css"])
def test_nothing_else_is_served(assets: Assets, name: str) -> None:
    assert assets.file(name) is None


def test_the_operators_logo_is_served(tmp_path: Path) -> None:
    logo = tmp_path / "Bank.SVG"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    made = load("#2f5fd0", logo)
    file = made.file(made.logo.removeprefix("/assets/"))
    assert file is not None
    assert (file.content, file.kind) == (logo.read_bytes(), "image/svg+xml")


def test_a_logo_of_a_strange_kind_is_refused(tmp_path: Path) -> None:
    logo = tmp_path / "logo.html"
    logo.write_text("<script>")
    with pytest.raises(ValueError, match="SVG, PNG"):
        load("#2f5fd0", logo)


def test_a_portal_that_was_not_built_says_how(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="make"):
        load("#2f5fd0", built=tmp_path)


def test_the_script_uses_no_sink_that_trusted_types_forbid() -> None:
    names = json.loads((BUILT / "files.json").read_text())
    script = (BUILT / names["portal.js"]).read_text()
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert sink not in script
    assert len(script) < 12_000  # the portal's only script stays small enough to be read
