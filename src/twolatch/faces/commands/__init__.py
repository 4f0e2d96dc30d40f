"""The command line: `twolatch`. Each subject is a file; what a command needs is imported when it runs.

Nothing is loaded here: the workers of a server pass by on their way to it.
"""

import sys


def main() -> None:
    from twolatch.faces.commands.words import command_line

    command_line(*sys.argv[1:2])()
