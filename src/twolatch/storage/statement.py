"""From one SQL text with `:names` to what each driver wants.

Literals, quoted names and comments are left alone and `::` is a cast, so that a colon inside a text is never
taken for a parameter. One statement at a time: a second one behind a semicolon is refused, as it is the way
an injected text would do harm.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from twolatch.storage.faults import WrongStatement

TOKEN = re.compile(
    r"""
      (?P<skip>   ' (?:[^']|'')*+ '  |  " (?:[^"]|"")*+ "  |  --[^\n]*+  |  /\* .*? \*/  |  :: )
    | : (?P<name> [^\W\d]\w* )
    | (?P<end>    ; )
    | (?P<broken> ' | " | /\* )
    """,
    re.VERBOSE | re.DOTALL,
)
CHANGING = re.compile(
    r"(?:\s|--[^\n]*+|/\*.*?\*/)*+(?:insert|update|delete|with|replace)\b", re.IGNORECASE | re.DOTALL
)
PLAIN_INSERT = re.compile(
    r"\s*(?P<head>INSERT\s+INTO\s+\w+\s*\([^()]*\)\s*VALUES)\s*(?P<row>\([^()']*\))\s*", re.IGNORECASE
)
KEPT_TEXTS = 4096  # a house has some hundred statements; the bound stops texts that are built on the fly

Kinds = tuple[str | None, ...]
"""PostgreSQL's words for the types of a statement's parameters, in order; None is NULL."""


@dataclass(frozen=True, slots=True)
class Statement:
    pieces: tuple[str, ...]
    """The text around the parameters: one more than `slots`."""
    slots: tuple[str, ...]
    """The parameter that stands between two pieces."""
    names: tuple[str, ...]
    """Each parameter once, in order of its first use."""
    is_changing: bool

    def text(self, marks: Mapping[str, str]) -> str:
        """The statement with each parameter replaced by its mark."""
        parts = [self.pieces[0]]
        for name, piece in zip(self.slots, self.pieces[1:], strict=True):
            parts += (marks[name], piece)
        return "".join(parts)


@lru_cache(KEPT_TEXTS)
def parse(sql: str) -> Statement:
    """Cut a text into pieces and parameters. WrongStatement for an open quote or a second statement."""
    pieces, slots, start = [], [], 0
    ends = [match for match in TOKEN.finditer(sql) if match["skip"] is None]
    for match in ends:
        if match["broken"]:
            raise WrongStatement(f"unclosed {match['broken']} in: {sql}")
        if match["end"] and not is_blank(sql[match.end() :]):
            raise WrongStatement(f"only one statement at a time: {sql}")
        if match["name"]:
            pieces.append(sql[start : match.start()])
            slots.append(match["name"])
            start = match.end()
    pieces.append(sql[start:])
    return Statement(
        tuple(pieces), tuple(slots), tuple(dict.fromkeys(slots)), CHANGING.match(sql) is not None
    )


def is_blank(sql: str) -> bool:
    """Whether nothing but white space and comments is left."""
    return not re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.DOTALL).strip()


def split(script: str) -> list[str]:
    """The statements of a migration step, without their semicolons."""
    cuts = [match.start() for match in TOKEN.finditer(script) if match["end"]]
    starts, ends = [0, *(cut + 1 for cut in cuts)], [*cuts, len(script)]
    parts = (script[start:end].strip() for start, end in zip(starts, ends, strict=True))
    return [part for part in parts if not is_blank(part)]


def outside_quotes(sql: str, pattern: re.Pattern[str], replacement: str) -> str:
    """Replace only where `sql` is neither literal, quoted name nor comment."""
    parts: list[str] = []
    start = 0
    for match in TOKEN.finditer(sql):
        if match["skip"] and match["skip"] != "::":
            parts += (pattern.sub(replacement, sql[start : match.start()]), match["skip"])
            start = match.end()
    return "".join([*parts, pattern.sub(replacement, sql[start:])])


@lru_cache(KEPT_TEXTS)
def for_sqlite(sql: str) -> tuple[str, Statement]:
    """The text with `?1`, `?2`; the same parameter keeps its number."""
    statement = parse(sql)
    return statement.text({name: f"?{number}" for number, name in enumerate(statement.names, 1)}), statement


@lru_cache(KEPT_TEXTS)
def for_postgres(sql: str, types: Kinds) -> str:
    """The text with `$1::bigint`, `$2::text`: one type per name in order, None for NULL.

    Each mark carries the type of its value. Left to itself PostgreSQL takes `$1 + 60000` for a 32 bit number
    (and a time in milliseconds no longer fits), refuses `$1 IS NULL` as untyped, and takes the type of the
    first use for all the others.
    """
    return marked(sql, types, count(1))


def marked(sql: str, types: Kinds, numbers: Iterator[int]) -> str:
    statement = parse(sql)
    kinds = zip(statement.names, types, strict=True)
    return statement.text({name: "NULL" if kind is None else f"${next(numbers)}::{kind}" for name, kind in kinds})


@lru_cache(KEPT_TEXTS)
def together_for_postgres(parts: tuple[tuple[str, Kinds], ...]) -> str:
    """Several changing statements, each with its parameters' types, as one; parameters count through.

    The same plain INSERT several times becomes one with several rows, which are inserted in order.
    """
    numbers = count(1)
    *before, last = with_several_rows([marked(sql, types, numbers) for sql, types in parts])
    named = ", ".join(f"w{at} AS ({text})" for at, text in enumerate(before))
    return f"WITH {named} {last}" if named else last


def with_several_rows(texts: list[str]) -> Iterator[str]:
    rows: dict[str, list[str]] = {}
    for text in texts:
        if plain := PLAIN_INSERT.fullmatch(text):
            rows.setdefault(plain["head"], []).append(plain["row"])
        else:
            yield text
    for head, several in rows.items():
        yield f"{head} {', '.join(several)}"


@lru_cache(KEPT_TEXTS)
def must_change(sql: str) -> str:
    """`sql`, when it is an INSERT, UPDATE or DELETE. Raises WrongStatement for anything else."""
    if not parse(sql).is_changing or sql.lstrip()[:4].lower() == "with":
        raise WrongStatement(f"only an INSERT, UPDATE or DELETE can be left for later: {sql}")
    return sql


def arguments(statement: Statement, values: Mapping[str, Any]) -> list[Any]:
    """The values in order of the names. Raises WrongStatement when a name is missing or too many.

    Also for a text with a NUL, which PostgreSQL cannot keep: refused on both, so that it is found on either.
    """
    try:
        ordered = [values[name] for name in statement.names]
    except KeyError:
        raise WrongStatement(wrong_names(statement, values)) from None
    if len(values) != len(ordered):
        raise WrongStatement(wrong_names(statement, values))
    for value in ordered:
        if isinstance(value, str) and "\0" in value:
            raise WrongStatement("a text value contains a NUL character")
    return ordered


def wrong_names(statement: Statement, values: Mapping[str, Any]) -> str:
    missing = ", ".join(f":{name}" for name in statement.names if name not in values)
    extra = ", ".join(f":{name}" for name in values if name not in statement.names)
    told = "; ".join(
        part for part in (missing and f"missing {missing}", extra and f"unknown {extra}") if part
    )
    return f"{told} in: {statement.text({name: f':{name}' for name in statement.names})}"
