"""The audit log: take it out, and prove that nobody changed it. `verify` needs an export and a key, and no server."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twolatch.faces.commands.inside import fail, in_house
from twolatch.protocol import chain

if TYPE_CHECKING:
    from typing import BinaryIO

    from twolatch.house import House

app = typer.Typer(no_args_is_help=True)
PAGE = 1000
TAMPERED = 3  # exit code


@app.command()
def key() -> None:
    """Print the public key of this site's log. Keep it where you verify, not where the site runs."""
    from twolatch.audit import sequencer

    async def wish(house: "House") -> str:
        return str(await sequencer.public_key(house))

    typer.echo(in_house(wish))


@app.command()
def export(file: Annotated[Path, typer.Argument(help="A new file; - for standard output.")]) -> None:
    """Write the whole log, signed up to its last line."""
    try:
        out = sys.stdout.buffer if str(file) == "-" else file.open("xb")
    except OSError as fault:
        fail(f"Cannot write {file}: {fault.strerror}. Name a new file.")
    with out:
        lines = _exported(out)
    typer.echo(f"{lines} lines.", err=True)


def _exported(out: "BinaryIO") -> int:
    from twolatch.audit import exporting, sequencer

    async def wish(house: "House") -> int:
        await sequencer.chain_all(house, house.clock.now())
        await sequencer.sign(house, house.clock.now())
        count = 0
        async for line in exporting.lines(house.db, PAGE):
            out.write(line + b"\n")
            count += not line.startswith((chain.HEADER, chain.CHECKPOINT))
        return count

    return in_house(wish)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="What `twolatch audit export` wrote; - for standard input.")],
    key: Annotated[str, typer.Option(help="What `twolatch audit key` printed, or a file that holds it.")],
    checkpoints: Annotated[
        list[Path] | None,
        typer.Option(help="Files with checkpoints that were kept elsewhere. May be said several times."),
    ] = None,
) -> None:
    """Walk an export, line by line. Ends with 0 when all is well, with 3 when something was tampered with."""
    public = _key(key)
    outside = [checkpoint for path in checkpoints or () for checkpoint in _kept(path, public)]
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
            found = chain.walked(_limited(lines), public, outside)
    except OSError as fault:
        fail(f"Cannot read {file}: {fault.strerror}.")
    if isinstance(found, chain.Broken):
        fail(f"TAMPERED at line {found.number} ({found.kind}): {found.text}.", TAMPERED)
    typer.echo(f"Sound: {found.lines} lines, signed up to line {found.sworn}.")
    if not outside:
        typer.echo("Whether its end was cut off only a checkpoint kept elsewhere can tell: --checkpoints FILE.")


def _limited(lines: "BinaryIO") -> Iterator[bytes]:
    """A line that never ends must not fill the memory: it is handed on in pieces, which are no lines."""
    while line := lines.readline(chain.MOST_LINE + 2):
        yield line


def _key(text: str) -> chain.PublicKey:
    try:
        path = Path(text)
        is_file = "+" not in text and path.is_file()
        return chain.read_key(path.read_text(encoding="utf-8") if is_file else text)
    except (chain.BadKey, OSError, UnicodeDecodeError) as fault:
        fail(f"{fault}.")


def _kept(path: Path, public: chain.PublicKey) -> Iterator[chain.Checkpoint]:
    """Those of this log; what else the file holds is passed over."""
    try:
        with path.open("rb") as lines:
            notes = list(chain.notes_in(_limited(lines)))
    except OSError as fault:
        fail(f"Cannot read {path}: {fault.strerror}.")
    read = 0
    for note in notes:
        try:
            checkpoint = chain.read_note(note, public)
        except chain.BadNote:
            continue
        read += 1
        yield checkpoint
    if not read:
        fail(f"{path} holds no checkpoint of this log: is it the right file, and the right key?")
