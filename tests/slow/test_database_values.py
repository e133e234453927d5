"""PostgreSQL's values as JSON, and JSON's as PostgreSQL's, equal in both drivers: the table of docs/databases.md."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest

from fanin.config import parse
from fanin.errors import ClientValueRefused, SourceRejected, SourceUndecodable
from tests.slow import postgresql
from tests.slow.test_databases_in_trouble import InThreads, OnLoop

VALUES: dict[str, Any] = {
    "true": True,
    "1::int2": 1,
    "(-2147483648)::int4": -2147483648,
    "9223372036854775807": 9223372036854775807,
    "1::oid": 1,
    "0.1::float4": 0.1,
    "1.5::float8": 1.5,
    "'NaN'::float8": "NaN",
    "'-Infinity'::float8": "-Infinity",
    "12.50::numeric": "12.50",
    "1e30::numeric": "1" + "0" * 30,
    "'NaN'::numeric": "NaN",
    "'a  b'::text": "a  b",
    "'a'::char(3)": "a  ",
    "'Ab'::citext": "Ab",
    "'bad'::mood": "bad",
    "5::positive": 5,
    "'00000000-0000-0000-0000-00000000000a'::uuid": "00000000-0000-0000-0000-00000000000a",
    "'10.0.0.1'::inet": "10.0.0.1",
    "'101'::bit(3)": "101",
    "date '2026-01-02'": "2026-01-02",
    "date '0044-03-15 BC'": "0044-03-15 BC",
    "date 'infinity'": "infinity",
    "time '24:00:00'": "24:00:00",
    "timestamp '2026-01-02 03:04:05.678'": "2026-01-02T03:04:05.678",
    "timestamptz '2026-01-02 03:04:05+02'": "2026-01-02T01:04:05Z",
    "timestamptz 'infinity'": "infinity",
    "timestamptz '12026-01-02 03:04:05+00'": "12026-01-02 03:04:05+00",
    "interval '1 month 2 days 3 hours'": "P1M2DT3H",
    """'{{"a": [1, null]}}'::jsonb""": {"a": [1, None]},
    "'null'::json": None,
    r"'\xdeadbeef'::bytea": "3q2+7w==",
    "'{{1,2,null}}'::int[]": [1, 2, None],
    "array[[1,2],[3,4]]::numeric[]": [["1", "2"], ["3", "4"]],
    """array['{{"k": 1}}'::jsonb]""": [{"k": 1}],
    "array['{{}}', 'a,b', '\"', null]": ["{}", "a,b", '"', None],
    "'{{}}'::int[]": [],
    "null::int": None,
    "pg_sleep(0)": None,
    "'abc'": "abc",
}
WITHOUT_FORM = (
    "int4range(1, 2)",
    "row(1, 2)",
    "(1, 2)::pair",
    "point(1, 2)",
    "'a b'::tsvector",
    "array['ok'::mood]",
    "'pg_class'::regclass",
    "'x'::\"char\"",
)
SETUP = """
create extension citext;
create type mood as enum ('ok', 'bad');
create type pair as (a int, b int);
create domain positive as int check (value > 0);
"""
PLACES: dict[str, tuple[Any, Any]] = {
    "{a}::int": ("7", 7),
    "{a}::int8": (7, 7),
    "{a}::text": (7, "7"),
    "{a}::numeric": (1.50, "1.5"),
    "{a}::bool": (True, True),
    "{a}::bool::text": (False, "false"),
    "{a}::date": ("2026-01-02", "2026-01-02"),
    "{a}::timestamptz": ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
    "{a}::uuid": ("0000000000000000000000000000000A", "00000000-0000-0000-0000-00000000000a"),
    "{a}::mood": ("bad", "bad"),
    "{a}::positive": ("5", 5),
    "{a}::int[]": ([1, "2", None], [1, 2, None]),
    "{a}::text[]": (["{}", "a,b", '"\\', "NULL", None, ""], ["{}", "a,b", '"\\', "NULL", None, ""]),
    "{a}::jsonb": ("a", "a"),
    "cast({a} as jsonb)": ([1, {"b": None}], [1, {"b": None}]),
    "{a}::bytea": (r"\xff", "/w=="),
    "5 = any({a})": ([4, 5], True),
    "{a}": (1, "1"),
}
NO_ROWS = {
    "select 1 as a, 'ok'::mood as b where false": True,
    "select point(1, 2) as a where false": False,
    "select array['ok'::mood] as a where false": False,
    "select 1 as a, 2 as a where false": False,
}
"""Statements that give no row, and whether their columns have names and types that a row could have."""
REFUSED = {
    "{a}::int": ("7 or 1=1", ClientValueRefused),
    "{a}::date": ("2026-02-30", ClientValueRefused),
    "{a}::mood": ("fine", ClientValueRefused),
    "{a}::positive": ("0", SourceRejected),  # a rule of the database's own
    "{a}::bool": ("x", ClientValueRefused),
}


@pytest.fixture(scope="module", params=[OnLoop, InThreads])
def ask(request: pytest.FixtureRequest) -> Iterator[OnLoop | InThreads]:
    statements = (*VALUES, *WITHOUT_FORM, *PLACES, *NO_ROWS)
    with ExitStack() as ends:
        server = ends.enter_context(postgresql.server())
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(SETUP)
        texts = [text if text in NO_ROWS else f"select {text} as a" for text in statements]
        sources = "".join(f"[sources.s{at}]\ndatabase = 'db'\nsql = '''{text}'''\n" for at, text in enumerate(texts))
        names = ", ".join(f'"s{at}"' for at in range(len(statements)))
        file = f'fanin = 1\n[databases.db]\nurl = "{server.url}"\ntls = "off"\n{sources}'
        config = parse(f'{file}[endpoints.all]\npath = "/all/{{a}}"\nsources = [{names}]\n', {})
        yield ends.enter_context(closing(request.param(config)))


def source_of(expression: str) -> str:
    return f"s{(*VALUES, *WITHOUT_FORM, *PLACES, *NO_ROWS).index(expression)}"


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_has_one_form_as_json(expression: str, ask: OnLoop | InThreads) -> None:
    assert ask(source_of(expression)) == [{"a": VALUES[expression]}]


@pytest.mark.parametrize("expression", WITHOUT_FORM)
def test_a_value_without_a_form_is_undecodable(expression: str, ask: OnLoop | InThreads) -> None:
    with pytest.raises(SourceUndecodable, match="cast it to text"):
        ask(source_of(expression))


@pytest.mark.parametrize("statement", NO_ROWS)
def test_an_answer_without_rows_is_judged_by_its_columns(statement: str, ask: OnLoop | InThreads) -> None:
    if NO_ROWS[statement]:
        assert ask(source_of(statement)) == []
    else:
        with pytest.raises(SourceUndecodable):
            ask(source_of(statement))


@pytest.mark.parametrize("expression", PLACES)
def test_a_value_is_read_as_the_type_of_its_place(expression: str, ask: OnLoop | InThreads) -> None:
    value, read = PLACES[expression]
    assert ask(source_of(expression), a=value) == [{"a": read}]


@pytest.mark.parametrize("expression", REFUSED)
def test_a_value_that_does_not_fit_its_place_is_refused(expression: str, ask: OnLoop | InThreads) -> None:
    value, error = REFUSED[expression]
    with pytest.raises(error):
        ask(source_of(expression), a=value)
