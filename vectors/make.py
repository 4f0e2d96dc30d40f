"""Writes the test data of the protocol: `python vectors/make.py [folder]`.

The files are committed; a test makes them again and compares. All bytes are hex, field names are those of
docs/protocol.md; each file has `says`, `good` and `bad`, each case says what it is about.
"""

import json
import sys
from pathlib import Path

import activations
import answers
import cards
import ceremonies
import challenges
import codes
import ocras
import scans
import typed_kinds
import words

MAKERS = (
    codes.session_id,
    codes.link,
    activations.activation,
    activations.mask,
    answers.answer,
    answers.request,
    challenges.challenge,
    words.pins,
    words.notation,
    ocras.ocra,
    scans.scan,
    typed_kinds.totp,
    typed_kinds.recovery,
    typed_kinds.codecard,
    cards.card,
    ceremonies.passkey,
    typed_kinds.tempcode,
)


def main(folder: Path) -> None:
    for make in MAKERS:
        # ASCII only: an editor that normalises text would quietly turn "e + acute" into another PIN.
        text = json.dumps(make(), indent=1, ensure_ascii=True)
        (folder / f"{make.__name__}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
