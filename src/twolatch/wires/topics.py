"""What a signal may say: a short name of a thing to look at again, and how many share one envelope."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

# "attempt:7Q3K...": a word of the domain and an id, at most 128 characters. Without line breaks, so that a
# topic cannot become two inside an envelope.
_TOPIC = re.compile(r"[a-z][a-z_-]{0,23}:[A-Za-z0-9._~-]{1,103}")


class Relay(Protocol):
    """Carries topics to the listeners of other processes. May lose them; `send` never blocks or raises."""

    async def start(self, heard: Callable[[Iterable[str]], None], lost: Callable[[], None]) -> None:
        """`heard` is called with the topics of others, `lost` when some of them may have been missed."""

    def send(self, topics: Sequence[str]) -> None: ...

    async def close(self) -> None: ...


def is_topic(text: str) -> bool:
    return _TOPIC.fullmatch(text) is not None


def envelopes(topics: Iterable[str], most_bytes: int) -> Iterator[str]:
    """Topics joined by line breaks, each envelope at most `most_bytes` long."""
    lines: list[str] = []
    size = 0
    for topic in topics:
        if lines and size + 1 + len(topic) > most_bytes:
            yield "\n".join(lines)
            lines, size = [], 0
        size += len(topic) + (1 if lines else 0)
        lines.append(topic)
    if lines:
        yield "\n".join(lines)


def opened(envelope: str) -> tuple[str, ...]:
    """The topics of an envelope; none at all when any of them is not a topic (garbage is not worth
    repairing).
    """
    topics = tuple(envelope.split("\n"))
    return topics if all(is_topic(topic) for topic in topics) else ()
