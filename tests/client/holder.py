"""A second process that holds the phone in a folder until it is told to let go: `python holder.py FOLDER`."""

import asyncio
import sys
from pathlib import Path

from twolatch.client.store import FileStore


async def hold(folder: Path) -> None:
    async with FileStore(folder).alone():
        print("held", flush=True)
        if not sys.stdin.readline():
            raise EOFError("nobody is there any more")
    print("free", flush=True)


asyncio.run(hold(Path(sys.argv[1])))
