"""Plays seeds: `python -m tests.simulation --seeds 1000 --from 0`. One seed alone shows its whole trace."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.simulation.play import Site, play


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    words.add_argument("--seeds", type=int, default=1, help="how many")
    words.add_argument("--from", type=int, default=0, dest="first", help="the first one")
    asked = words.parse_args()
    failed = []
    with tempfile.TemporaryDirectory(prefix="twolatch-simulation-") as name:
        folder = Path(name)
        site = Site.made(folder)
        for seed in range(asked.first, asked.first + asked.seeds):
            run = play(site, folder, seed)
            if asked.seeds == 1:
                sys.stdout.write(run.trace)
            if run.failure:
                failed.append(seed)
                sys.stdout.write(f"{run}\n")
            if (seed + 1) % 100 == 0:
                sys.stdout.write(f"reached {seed}, failed so far: {len(failed)}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{asked.seeds} seeds from {asked.first}, failed: {failed or 'none'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
