"""A renderer with a name, a colour and a support line of its own; the portal's assets have to be built."""

import pytest

from twolatch.faces.portal.assets import Assets, load
from twolatch.faces.portal.rendering import Renderer
from twolatch.texts.catalogue import Texts


@pytest.fixture(scope="session")
def assets() -> Assets:
    return load("#2f5fd0")


@pytest.fixture(scope="session")
def renderer(assets: Assets) -> Renderer:
    return Renderer(Texts(), assets, "Example Bank", "+31 20 123 4567")
