"""`twolatch card`: the stock of challenge cards, and the soft card that stands in for one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twolatch.faces.commands.card_print import print_card
from twolatch.faces.commands.inside import fail, in_house

if TYPE_CHECKING:
    from twolatch.custody.importing import Report
    from twolatch.custody.model import Card, Fault
    from twolatch.house import House
    from twolatch.protocol.pskc.sealing import FileKey

app = typer.Typer(no_args_is_help=True)
app.command("print")(print_card)

Serial = Annotated[str, typer.Argument(help="As it is printed on the card.")]
Folder = Annotated[
    Path, typer.Option(envvar="TWOLATCH_SOFT_CARDS", help="Where soft cards are kept.", show_default="var/demo/cards")
]
SOFT_CARDS = Path("var/demo/cards")
ANSWERED, NO_CARD, WRONG_PIN = 0, 3, 5
_SHOWN = 20  # refused keys that are listed one by one


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A PSKC file (RFC 6030).")],
    key: Annotated[
        list[str] | None,
        typer.Option(envvar="TWOLATCH_CARD_KEY", help="The maker's key, in hex. Twice: two people's halves, by XOR."),
    ] = None,
    key_file: Annotated[list[Path] | None, typer.Option(help="A file that holds it, in hex; also twice.")] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="A file whose first line is the passphrase.")] = None,
    skip_refused: Annotated[bool, typer.Option(help="Take what can be taken, and leave the rest.")] = False,
) -> None:
    """Take cards into the stock: all of a file or nothing. What is known already stays as it is."""
    from twolatch.custody.importing import take_in
    from twolatch.protocol.pskc.door import MOST_BYTES, BadFile
    from twolatch.words.warrants import Operator

    given = _file_key([*(key or []), *(path.read_text("ascii") for path in key_file or [])], passphrase_file)
    if file.stat().st_size > MOST_BYTES:
        fail(f"Nothing was imported: {file} is larger than {MOST_BYTES // 1024 // 1024} MiB.")
    data = file.read_bytes()

    async def wish(house: "House") -> "Report | str":
        now = house.clock.now()
        try:
            with typer.progressbar(length=1, label="Reading", show_eta=False) as bar:
                return await take_in(
                    house, Operator(), data, given, _day(now), now, has_to_be_whole=not skip_refused, tell=_onto(bar)
                )
        except BadFile as bad:
            return f"Nothing was imported: {file.name}{f', line {bad.line}' if bad.line else ''}: {bad.why}."

    done = in_house(wish)
    if isinstance(done, str):
        fail(done)
    _tell(done)


def _onto(bar: Any) -> Any:
    """A bar that learns its length with the first step, and is drawn a hundred times at most."""

    def tell(done: int, all_: int) -> None:
        bar.length = all_
        if done == all_ or done % max(1, all_ // 100) == 0:
            bar.update(done - bar.pos)

    return tell


def _day(now: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(now / 1000, UTC).date().isoformat()


def _file_key(texts: list[str], passphrase_file: Path | None) -> "FileKey":
    from twolatch.protocol.pskc.sealing import FileKey

    try:
        parts = [bytes.fromhex("".join(text.split())) for text in texts]
    except ValueError:
        fail("The key is not in hex.", 2)
    if len({len(part) for part in parts}) > 1:
        fail("The parts of the key differ in length.", 2)
    joined = bytes(0 if not parts else len(parts[0]))
    for part in parts:
        joined = bytes(one ^ other for one, other in zip(joined, part, strict=True))
    phrase = b""
    if passphrase_file:
        phrase = (passphrase_file.read_bytes().splitlines() or [b""])[0]
    return FileKey(joined, phrase)


def _tell(report: "Report") -> None:
    """What became of each key, and what to do next."""
    for note in report.notes:
        typer.secho(f"Note: {note}", fg=typer.colors.YELLOW)
    for line, serial, why in report.refused[:_SHOWN]:
        typer.echo(f"  line {line:<6} {serial or '(no serial)':24} refused: {why}")
    if len(report.refused) > _SHOWN:
        typer.echo(f"  ... and {len(report.refused) - _SHOWN} more")
    counts = f"{len(report.new)} new, {len(report.known)} known already, {len(report.refused)} refused"
    if not report.is_kept:
        way_out = f" --skip-refused takes the {len(report.new)}." if report.new else ""
        fail(f"Nothing was imported: {counts}.{way_out}")
    typer.secho(f"Imported: {counts}.", fg=typer.colors.GREEN)


@app.command("list")
def list_cards(
    state: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many at the most.")] = 1000,
) -> None:
    """List the stock by serial: where each card is, and whose."""
    from twolatch.custody import flows, unsharing
    from twolatch.custody.model import State

    if state and state not in set(State):
        fail(f"A card is {', '.join(State)}.", 2)

    async def wish(house: "House") -> list[tuple["Card", list[str]]]:
        cards = await flows.stock(house, most=most, state=state)
        return [(card, await unsharing.users_of(house, card)) for card in cards]

    for card, names in in_house(wish):
        name, other = (*names, "", "")[:2]
        if as_json:
            facts = {"serial": card.serial, "state": card.state.value, "user": name, "shared_with": other}
            typer.echo(json.dumps({**facts, "maker": card.maker, "model": card.model}, ensure_ascii=False))
        else:
            both = f"{name} + {other}" if other else name
            typer.echo(f"{card.serial:24} {card.state.value:10} {both:24} {card.maker} {card.model}".rstrip())


@app.command()
def assign(
    serial: Serial,
    user: Annotated[str, typer.Argument(help="The client's user name.")],
    pin: Annotated[str, typer.Option(envvar="TWOLATCH_CARD_PIN", help="Only for cards that mix it into answers.")] = "",
    hold: Annotated[bool, typer.Option("--hold", help="Set it aside; `card ship` sends it later.")] = False,
) -> None:
    """Give a card from the stock to a client, and note it as sent: he is told, and can activate it in the portal."""
    from twolatch.custody import flows

    async def wish(house: "House") -> "Card | Fault":
        return await flows.assign(house, serial, user, pin, house.clock.now(), holds=hold)

    card = _done(in_house(wish))
    typer.echo(f"{card.serial} is {card.state.value}, for {user}.")


@app.command()
def ship(
    serial: Serial,
    order: Annotated[str, typer.Option(help="Number of the order it is for; else it was set aside before.")] = "",
    carrier: Annotated[str, typer.Option(help="Who brings it.")] = "",
    tracking: Annotated[str, typer.Option(help="His number for it.")] = "",
    pin: Annotated[str, typer.Option(envvar="TWOLATCH_CARD_PIN", help="Only for cards that mix it into answers.")] = "",
) -> None:
    """Note a card as sent: for an order, or one that was set aside."""
    from twolatch.custody import flows
    from twolatch.custody.handing import Parcel
    from twolatch.custody.model import OPERATOR
    from twolatch.custody.orders import flows as orders

    parcel = Parcel(serial, carrier, tracking, pin)

    async def wish(house: "House") -> "Card | Fault":
        now = house.clock.now()
        if order:
            return await orders.ship(house, order, parcel, now, OPERATOR)
        return await flows.ship(house, parcel, now)

    typer.echo(f"{_done(in_house(wish)).serial} is shipped.")


@app.command()
def mark(
    serial: Serial,
    state: Annotated[str, typer.Argument(help="faulty, lost, destroyed; or stocked, for one that was set aside.")],
) -> None:
    """Note what became of a card. It opens nothing from then on; its client stays protected, and may need your help."""
    from twolatch.custody import flows
    from twolatch.custody.model import State
    from twolatch.words.warrants import Operator

    if state not in set(State):
        fail(f"A card is {', '.join(State)}.", 2)

    async def wish(house: "House") -> "Card | Fault":
        return await flows.mark(house, Operator(), serial, State(state), house.clock.now())

    typer.echo(f"{_done(in_house(wish)).serial} is {state}.")


@app.command()
def unshare(serial: Serial) -> None:
    """End the sharing of a card between two users of one person: it serves its owner alone again."""
    from twolatch.custody import unsharing
    from twolatch.words.warrants import Operator

    async def wish(house: "House") -> "Card | Fault":
        return await unsharing.end(house, Operator(), serial, house.clock.now())

    typer.echo(f"{_done(in_house(wish)).serial} serves its owner alone again.")


def _done(found: "Card | Fault") -> "Card":
    from twolatch.custody.model import Fault

    if isinstance(found, Fault):
        fail(f"Not done: {found.value}.")
    return found


@app.command()
def make(
    file: Annotated[Path, typer.Argument(help="The PSKC file to write, as a maker sends it.")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many cards.")] = 1,
    pin: Annotated[str, typer.Option(help="The PIN of each.")] = "4711",
    prefix: Annotated[str, typer.Option(help="What their serials begin with.")] = "SOFT-",
    folder: Folder = SOFT_CARDS,
) -> None:
    """Make soft cards, for a rehearsal. The key of the file is printed."""
    from twolatch.protocol.octets import Malformed

    try:
        data, file_key = made_cards(folder, prefix, count, pin)
    except Malformed as fault:
        fail(f"Not made: {fault}.", 2)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    typer.echo(f"{count} in {folder}. Import them: twolatch card import {file} --key {file_key.hex()}")


def made_cards(folder: Path, prefix: str, count: int, pin: str) -> tuple[bytes, bytes]:
    """(PSKC file, its key): new soft cards, numbered after those that are there."""
    from twolatch.client import cards
    from twolatch.house import Chance
    from twolatch.protocol.pskc.writing import write

    draw = Chance().bytes
    there = set(cards.kept(folder))
    numbers = (f"{prefix}{number:05d}" for number in range(1, 100_000))
    serials = [serial for serial, _ in zip((each for each in numbers if each not in there), range(count), strict=False)]
    made = [cards.made(serial, pin, draw(cards.FRESH)) for serial in serials]
    for card, _ in made:
        cards.keep(folder, card)
    file_key = draw(16)
    return write([key for _, key in made], file_key, draw(48 + 16 * count)), file_key


@app.command()
def respond(
    number: Annotated[str, typer.Argument(metavar="CHALLENGE", help="The number the portal shows.")],
    serial: Annotated[str, typer.Option(help="Which card; needless when there is only one.")] = "",
    pin: Annotated[str | None, typer.Option(envvar="TWOLATCH_CARD_PIN", help="Else it is asked for, hidden.")] = None,
    folder: Folder = SOFT_CARDS,
) -> None:
    """Answer a number with a soft card. Exit codes: 0 answered, 2 no such number, 3 no such card, 5 wrong PIN."""
    from twolatch.client import cards
    from twolatch.protocol.octets import Malformed

    there = list(cards.kept(folder))
    wanted = serial or (there[0] if len(there) == 1 else "")
    card = cards.load(folder, wanted) if wanted else None
    if card is None:
        fail(f"No such card in {folder}: say --serial, one of {', '.join(there) or 'none'}.", NO_CARD)
    typed = pin if pin is not None else typer.prompt("PIN", hide_input=True, err=True)
    try:
        answer = cards.answer(card, typed, "".join(number.split()))
    except Malformed as fault:
        fail(f"Not answered: {fault}.", 2)
    if answer is None:
        fail("The PIN is wrong.", WRONG_PIN)
    typer.echo(answer)
