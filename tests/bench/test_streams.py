"""Ears of the bench: every event is heard once, wherever the network cut it."""

import pytest

from bench.streams import Ear, Listeners

SAID = (
    b"HTTP/1.1 200 OK\r\n\r\n6\r\n: ok\n\n\r\n1a\r\nevent: look\ndata: waiting\n\n\r\n"
    b"19\r\nevent: look\ndata: denied\n\n\r\n"
)


@pytest.mark.parametrize("size", range(1, len(SAID) + 1))
def test_an_event_is_heard_once_wherever_it_is_cut(size: int) -> None:
    listeners = Listeners()
    ear = Ear(b"", listeners)
    for start in range(0, len(SAID), size):
        ear.data_received(SAID[start : start + size])
    assert len(listeners.times) == 2
