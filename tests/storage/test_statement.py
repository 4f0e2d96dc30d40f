import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolatch.storage.faults import WrongStatement
from twolatch.storage.statement import for_postgres, for_sqlite, parse, split

names = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
any_text = st.text(alphabet=":;'\"-/*$?ab \n", max_size=12)
literals = any_text.map(lambda text: "'" + text.replace("'", "''") + "'")
quoted_names = any_text.map(lambda text: '1 AS "' + text.replace('"', '""') + '"')
line_comments = any_text.map(lambda text: "--" + text.replace("\n", " ") + "\n 1")
block_comments = any_text.map(
    lambda text: "/*" + text.replace("*/", "").rstrip("*").replace("*/", "") + "*/ 1"
)
quiet = st.one_of(literals, quoted_names, line_comments, block_comments, st.just("1"), st.just("x'0a'"))
parts = st.lists(
    st.one_of(quiet.map(lambda text: (text, None)), names.map(lambda name: (f":{name}", name))), min_size=1
)


@given(parts)
def test_only_real_parameters_are_found(pieces: list[tuple[str, str | None]]) -> None:
    sql = "SELECT " + " , ".join(text for text, _ in pieces)
    assert list(parse(sql).slots) == [name for _, name in pieces if name]
    assert parse(sql).text({name: f":{name}" for _, name in pieces if name}) == sql


@given(parts)
def test_sqlite_itself_finds_the_same_parameters(pieces: list[tuple[str, str | None]]) -> None:
    sql = "SELECT " + " , ".join(text for text, _ in pieces)
    values = {name: name for _, name in pieces if name}
    cursor = apsw.Connection(":memory:").execute(sql, values)
    assert cursor.bindings_names == parse(sql).names
    expected = cursor.fetchall()
    text, statement = for_sqlite(sql)
    assert (
        apsw.Connection(":memory:").execute(text, [values[name] for name in statement.names]).fetchall()
        == expected
    )


@given(parts)
def test_every_parameter_becomes_a_typed_number_on_postgresql(pieces: list[tuple[str, str | None]]) -> None:
    sql = "SELECT " + " , ".join(text for text, _ in pieces)
    order = list(parse(sql).names)
    expected = "SELECT " + " , ".join(
        f"${order.index(name) + 1}::text" if name else text for text, name in pieces
    )
    assert for_postgres(sql, ("text",) * len(order)) == expected


def test_a_cast_is_not_a_parameter() -> None:
    assert parse("SELECT :a::text, b::bigint").slots == ("a",)
    assert for_postgres("SELECT :a::text", ("bigint",)) == "SELECT $1::bigint::text"


def test_a_parameter_used_twice_keeps_its_number_and_null_takes_none() -> None:
    sql = "SELECT :a, :b, :a, :c"
    assert for_sqlite(sql)[0] == "SELECT ?1, ?2, ?1, ?3"
    assert for_postgres(sql, ("bigint", None, "text")) == "SELECT $1::bigint, NULL, $1::bigint, $2::text"


@pytest.mark.parametrize("sql", ["SELECT 'a", 'SELECT "a', "SELECT 1 /* a", "SELECT 'it''s"])
def test_an_open_quote_is_refused(sql: str) -> None:
    with pytest.raises(WrongStatement, match="unclosed"):
        parse(sql)


@pytest.mark.parametrize("sql", ["SELECT 1; DELETE FROM t", "SELECT 1;;", "SELECT 1; 'x'"])
def test_a_second_statement_is_refused(sql: str) -> None:
    with pytest.raises(WrongStatement, match="one statement"):
        parse(sql)


def test_a_closing_semicolon_and_a_comment_are_no_second_statement() -> None:
    assert parse("SELECT :a; -- that is all").names == ("a",)


@given(st.lists(quiet.map(lambda text: f"SELECT {text}"), max_size=6))
def test_a_script_is_cut_between_its_statements_only(statements: list[str]) -> None:
    assert split(";\n".join([*statements, "-- the end"])) == [statement.strip() for statement in statements]


@given(
    st.sampled_from(["update", "INSERT", "Delete", "with"]),
    st.sampled_from(["", "\n ", "-- a\n", "/* b */ "]),
)
def test_a_changing_statement_is_known_by_its_first_word(word: str, before: str) -> None:
    assert parse(f"{before}{word} something").is_changing
    assert not parse(f"{before}select {word}").is_changing
