"""This machine: its cores and memory, its disks, its ports, and the processes of the site that run on it."""

import http.client
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from twolatch.faces.commands.checks.finding import Finding, Round, bad, note, warning
from twolatch.faces.commands.checks.keeping import key_file
from twolatch.house.hasher import cores_to_hash_on
from twolatch.storage.db import file_of

SLOWEST_HASH = 0.5  # seconds
PATIENCE = 4.0  # seconds for an answer on this machine
FULL, FILLING = 256 * 1024 * 1024, 2 * 1024 * 1024 * 1024  # bytes left
MEMORY = Path("/proc/meminfo")


def password_hash(asked: Round) -> Iterator[Finding]:
    from nacl import bindings

    passes, memory = asked.settings.password_passes, asked.settings.password_memory_mib
    cores = cores_to_hash_on()
    free = _free_mib()
    if free is not None and cores * memory > free // 2:
        yield warning(
            "hash.memory",
            f"{cores} hashes at once take {cores * memory} MiB, and {free} MiB are free.",
            "Lower TWOLATCH_PASSWORD_MEMORY_MIB, or give the machine more memory.",
        )
    begun = time.perf_counter()
    bindings.crypto_pwhash_str_alg(b"x", passes, memory << 20, bindings.crypto_pwhash_ALG_ARGON2ID13)
    took = time.perf_counter() - begun
    if took > SLOWEST_HASH:
        yield warning(
            "hash.slow",
            f"One hash takes {took * 1000:.0f} ms; each login waits for one.",
            "Lower TWOLATCH_PASSWORD_MEMORY_MIB or _PASSES, or ask again while the machine is quiet.",
        )


def _free_mib() -> int | None:
    """Memory that a new process may have; None where nobody says."""
    try:
        lines = MEMORY.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), None)


def machine(asked: Round) -> Iterator[Finding]:
    from twolatch.faces.doorkeeper import OWN_FILES

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = asked.settings.connections_most + OWN_FILES
    if most != resource.RLIM_INFINITY and most < wanted:
        yield warning(
            "machine.files",
            f"A process may open {most} files; {wanted} are wanted for as many waiting browsers as you allow.",
            f"LimitNOFILE={max(wanted, 65_536)} in the unit, or `ulimit -Hn`; or lower TWOLATCH_CONNECTIONS_MOST.",
        )
    if os.geteuid() == 0 and asked.is_real:
        says = "You are root. What you make now belongs to root, and the service may not be able to read it."
        yield warning("machine.root", says, "Ask as the service's user: sudo -u twolatch twolatch doctor")


def disks(asked: Round) -> Iterator[Finding]:
    seen = set()
    for folder in _folders(asked):
        place = next(each for each in (folder, *folder.parents) if each.exists())
        if (disk := place.stat().st_dev) in seen:
            continue
        seen.add(disk)
        left = shutil.disk_usage(place).free
        if left < FULL:
            says = f"The disk of {place} has {left >> 20} MiB left: the next write may fail."
            yield bad("disk.full", says, "Make room, or move it to a larger disk.")
        elif left < FILLING:
            yield warning("disk.filling", f"The disk of {place} has {left >> 20} MiB left.", "Make room in good time.")


def _folders(asked: Round) -> Iterator[Path]:
    """Where the site writes."""
    if file := file_of(asked.settings.database):
        yield file.resolve().parent
    if file := key_file(asked.settings):
        yield file.resolve().parent
    if asked.settings.mail.startswith("folder:"):
        yield Path(asked.settings.mail.removeprefix("folder:")).resolve()
    yield Path(tempfile.gettempdir())


def processes(asked: Round) -> Iterator[Finding]:
    from twolatch.faces.commands.server import is_free

    host, _, port = asked.settings.metrics.rpartition(":")
    if host.strip("[]") in {"0.0.0.0", "::"}:  # noqa: S104  looks for it
        yield warning(
            "metrics.open",
            f"Figures are told to everybody who reaches this machine (TWOLATCH_METRICS={asked.settings.metrics}).",
            f"TWOLATCH_METRICS=127.0.0.1:{port}, or an address of the network that watches.",
        )
    if asked.nodes:
        for node in asked.nodes:
            yield from _node(asked, node)
    elif is_free("127.0.0.1", asked.port):
        says = f"Nothing runs on this machine's port {asked.port} yet."
        yield note("node.silent", says, "`twolatch serve`; or say --port, or --node HOST:PORT for each.")
        if port and host in {"127.0.0.1", "localhost"} and not is_free("127.0.0.1", int(port)):
            says = f"Port {port} of TWOLATCH_METRICS is taken."
            yield bad("port.metrics", says, "Name another, or end who holds it.")
    else:
        yield from _node(asked, f"127.0.0.1:{asked.port}")


def _node(asked: Round, node: str) -> Iterator[Finding]:
    host, _, port = node.rpartition(":")
    line = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=PATIENCE)
    try:
        line.request("GET", "/readyz", headers={"Host": urlsplit(asked.settings.portal_url).netloc})
        answer = line.getresponse()
        status, body = answer.status, answer.read(100)
    except OSError as fault:
        yield bad("node.unreachable", f"{node} does not answer: {fault}.", "Start it, or look into its log.")
        return
    except http.client.HTTPException:
        status, body = 0, b""
    finally:
        line.close()
    if (status, body) == (200, b"ready\n"):
        return
    if status == 503:
        says = f"{node} cannot decide at the moment (/readyz says 503)."
        yield bad("node.not_ready", says, "Look for `busy` in its log: it says what is full or away.")
    elif status == 421:
        says = f"{node} runs with other names than TWOLATCH_PORTAL_URL says here."
        yield bad("node.other_names", says, "Start it anew with these settings, or ask with its own.")
    else:
        says = f"Something that is no Twolatch answers at {node}."
        yield bad("port.taken", says, "End it, or take another port with `twolatch serve --port`.")
