"""Time is an argument, chance has one place."""

import ast
from collections.abc import Iterable

from tests.house.source import File, bad, dotted, house

# Reads the day's time or draws random numbers: every place, with its reason.
ALLOWED = {
    ("house/clock.py", "time.time"): "the clock",
    ("house/chance.py", "secrets.token_bytes"): "the chance",
    ("house/keys.py", "os.urandom"): "the default of `draw`",
    ("house/store.py", "os.urandom"): "new data keys, made before there is a house to ask",
    ("wires/wrapping.py", "os.urandom"): "the master key of a new site, and the nonces under it",
    ("client/application.py", "os.urandom"): "the application's own chance",
    ("faces/commands/sample.py", "secrets.token_urlsafe"): "the demo's sample application, a program of its own",
    ("client/phone.py", "os.urandom"): "the phone's own chance; a rehearsal hands in another",
    ("protocol/keys.py", "generate_private_key"): "the library draws its own key pairs",
    ("wires/push.py", "generate_private_key"): "the library draws its own key pairs",
    ("faces/commands/lan.py", "generate_private_key"): "the demo's own certificate",
    ("faces/commands/lan.py", "datetime.now"): "the demo's own certificate",
    ("storage/migrate.py", "time.time_ns"): "the date in the ledger of steps, when nobody hands one in",
    ("storage/postgres.py", "random.uniform"): "spreads colliding writers; decides nothing",
    ("storage/sqlite.py", "random.uniform"): "spreads waiting processes; decides nothing",
    ("wires/socket_relay.py", "secrets.token_hex"): "the name of a socket beside those of other processes",
}
MODULES = {"random", "secrets", "uuid"}
NAMES = {"time.time", "time.time_ns", "time.gmtime", "time.localtime", "os.urandom", "os.getrandom"}
METHODS = {"now", "utcnow", "today"}


def _imported(file: File) -> dict[str, str]:
    """Local name -> what it is: `t` -> `time` after `import time as t`."""
    known = {}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def _told(name: str, known: dict[str, str]) -> str:
    """What a chain of names means after the file's imports: `time.time`, `datetime.now`, or empty for anything else."""
    first, _, rest = name.partition(".")
    full = f"{known.get(first, '')}.{rest}".strip(".") if first in known else ""
    full = full.replace("datetime.datetime.", "datetime.").replace("datetime.date.", "datetime.")
    module, _, method = full.rpartition(".")
    if full in NAMES or (full.partition(".")[0] in MODULES and "." in full):
        return full
    if module in {"datetime", "datetime.datetime"} and method in METHODS:
        return full
    return "generate_private_key" if name.endswith(".generate_private_key") else ""


def draws(files: Iterable[File]) -> set[tuple[str, str]]:
    """(file, what) of everything that asks the machine for time or chance."""
    return {
        (file.path, told)
        for file in files
        for known in [_imported(file)]
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Attribute | ast.Name) and (told := _told(dotted(node), known))
    }


def test_only_the_clock_knows_what_time_it_is_and_only_chance_draws() -> None:
    assert draws(house()) - set(ALLOWED) == set()


def test_no_exception_has_outlived_its_reason() -> None:
    assert set(ALLOWED) - draws(house()) == set()


def test_these_checks_can_fail() -> None:
    for text, what in (
        ("import time\nnow = time.time()", "time.time"),
        ("import time as t\nnow = t.time_ns()", "time.time_ns"),
        ("from time import time\nnow = time()", "time.time"),
        ("from datetime import datetime\nnow = datetime.now()", "datetime.now"),
        ("import datetime\nnow = datetime.datetime.utcnow()", "datetime.utcnow"),
        ("import random\nn = random.randint(0, 9)", "random.randint"),
        ("from secrets import token_hex\nn = token_hex(8)", "secrets.token_hex"),
        ("import os\nn = os.urandom(8)", "os.urandom"),
        ("import uuid\nn = uuid.uuid4()", "uuid.uuid4"),
    ):
        assert draws(bad(text)) == {("room/flows.py", what)}, text
    assert draws(bad("def f(house):\n    return house.clock.now()")) == set()
