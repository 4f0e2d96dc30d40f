"""A waiting page by itself: what its stream says when nobody tells it anything."""

import pytest

from twolatch.faces import stream
from twolatch.wires.signals import Signals


async def test_a_page_whose_signal_was_lost_moves_on_with_the_next_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.001)
    standing = "wait"

    async def tell() -> str:
        return standing

    said = stream.looks(Signals().listen("challenge:A1"), 600, standing, tell)
    assert await anext(said) == stream.event("look", "wait")
    assert await anext(said) is None
    standing = "collect"  # by another process, which died before it could tell anybody
    assert await anext(said) == stream.event("look", "collect")
    assert await anext(said) is None
    await said.aclose()
