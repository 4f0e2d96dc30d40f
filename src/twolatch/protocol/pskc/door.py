"""The door for XML: bounded in size, depth and number; no DTD, no entities, nothing from outside.

A file that says one thing twice is refused: two readers could each believe another one.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from twolatch.protocol.octets import Malformed

PSKC = "urn:ietf:params:xml:ns:keyprov:pskc"
MOST_BYTES = 10 * 1024 * 1024
MOST_NODES = 250_000  # about ten thousand devices
DEEPEST = 16
LONGEST = 16_384  # characters of one text
_STEP = 65_536


class BadFile(Malformed):
    """The file cannot be believed, or not be read. `line` from 1; 0 where it concerns the whole."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why, self.line = why, line


@dataclass(slots=True)
class Node:
    """One element. `name` without its namespace, which is `space`."""

    space: str
    name: str
    line: int
    marks: Mapping[str, str]
    parts: list["Node"] = field(default_factory=list)
    text: str = ""

    def one(self, name: str, space: str | None = PSKC) -> "Node | None":
        """The only part of that name; None where there is none. Raises BadFile when there are several."""
        found = [part for part in self.parts if part.name == name and space in {None, part.space}]
        if len(found) > 1:
            raise BadFile(f"{name} is there twice", found[1].line)
        return found[0] if found else None

    def must(self, name: str, space: str | None = PSKC) -> "Node":
        return self.one(name, space) or _missing(self, name)

    def at(self, *names: str) -> str:
        """The text at the end of a path, stripped; empty where the path ends before."""
        node: Node | None = self
        for name in names:
            node = node.one(name) if node else None
        return node.text.strip() if node else ""

    @property
    def octets(self) -> bytes:
        """Its text as base 64."""
        try:
            return b64decode("".join(self.text.split()), validate=True)
        except ValueError:
            raise BadFile(f"{self.name} is no base 64", self.line) from None


def _missing(node: Node, name: str) -> Node:
    raise BadFile(f"{node.name} has no {name}", node.line)


class _Builder:
    """Makes the tree, and stops as soon as it grows beyond its bounds."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartDoctypeDeclHandler = self._stop  # without a document type there are no entities to expand
        self.parser.EntityDeclHandler = self._stop
        self.parser.ExternalEntityRefHandler = self._stop
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self._open: list[Node] = []
        self.root: Node | None = None
        self._count = 0

    def _stop(self, *_: object) -> NoReturn:
        raise BadFile("a document type or an entity has no place here", self.parser.CurrentLineNumber)

    def _start(self, tag: str, marks: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1
        if self._count > MOST_NODES or len(self._open) >= DEEPEST:
            raise BadFile("too many or too deep elements", line)
        if any(len(value) > LONGEST for value in marks.values()):
            raise BadFile("an attribute is too long", line)
        space, _, name = tag.rpartition(" ")
        node = Node(space, name, line, marks)
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _data(self, text: str) -> None:
        node = self._open[-1]
        if len(node.text) + len(text) > LONGEST:
            raise BadFile("a text is too long", node.line)
        node.text += text


def tree(data: bytes) -> Node:
    """The root. Raises BadFile for whatever is not a plain, small XML file."""
    if len(data) > MOST_BYTES:
        raise BadFile(f"larger than {MOST_BYTES // 1024 // 1024} MiB")
    builder = _Builder()
    try:
        for at in range(0, len(data), _STEP):
            builder.parser.Parse(data[at : at + _STEP])
        builder.parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise BadFile("not XML", fault.lineno) from None
    except BadFile:
        raise
    except (ValueError, LookupError):  # an encoding that nobody knows
        raise BadFile("not XML") from None
    if builder.root is None:
        raise BadFile("not XML")
    return builder.root
