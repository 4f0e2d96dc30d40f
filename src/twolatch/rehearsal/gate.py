"""A gate: many requests stand before the site, whole but for their last byte; then all last bytes leave together.

So they arrive within the time of a few system calls, however long each took to connect and to be written, and every
one of them is already being handled when the first may go on. What is used once has to hold against that.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from twolatch.rehearsal.wire import Answer, End, Headers, read_answer, request

PATIENCE = 60.0  # seconds, for all to stand there, and for each answer


@dataclass(frozen=True, slots=True)
class Shot:
    """One request. `body` has at least the byte that is held back."""

    end: End
    path: str
    headers: Headers
    body: bytes = field(repr=False)


async def fire(shots: Sequence[Shot]) -> list[Answer]:
    """The answers, in the order of the shots. Raises OSError, EOFError, TimeoutError and Broken."""
    lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    try:
        async with asyncio.timeout(PATIENCE):
            lines += await asyncio.gather(*(_stand(shot) for shot in shots))
        for shot, (_, writer) in zip(shots, lines, strict=True):  # nothing is awaited between them
            writer.write(shot.body[-1:])
        async with asyncio.timeout(PATIENCE):
            return list(await asyncio.gather(*(read_answer(reader) for reader, _ in lines)))
    finally:
        for _, writer in lines:
            writer.close()


async def _stand(shot: Shot) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connected, and all but the last byte written."""
    reader, writer = await shot.end.connect()
    writer.write(request("POST", shot.path, shot.headers, shot.body)[:-1])
    await writer.drain()
    return reader, writer
