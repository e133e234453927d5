"""Statements of SQL: what is bound, and what may not stand in one."""

import orjson
import pytest

from fanin.config.mistake import Mistake
from fanin.config.template import EachReference, InputReference, ParameterReference, RefusedValue
from fanin.config.template.statement import MAX_REFERENCES, Statement

A, B = ParameterReference("a"), ParameterReference("b")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("select {a}", "select $1"),
        ("select {a}, {b}, {a}", "select $1, $2, $1"),
        ("select {a}::int, ({b})", "select $1::int, ($2)"),
        ("select '{{}}' || {a}", "select '{}' || $1"),
        ("select 'it''s' || {a}", "select 'it''s' || $1"),
        ('select "a""b" from t where c={a}', 'select "a""b" from t where c=$1'),
        ("select $$it's$$ || {a}", "select $$it's$$ || $1"),
        ("select $x$ ' $y$ $x$ || {a}", "select $x$ ' $y$ $x$ || $1"),
        ("-- it's\nselect {a}", "-- it's\nselect $1"),
        ("select /* it's */ {a}", "select /* it's */ $1"),
        ("select {a} -- the end", "select $1 -- the end"),
        ("select {a};", "select $1"),
        ("select {a} ; \n", "select $1"),
        ("select a from t where b @> {a}::jsonb and c ? 'x'", "select a from t where b @> $1::jsonb and c ? 'x'"),
        ("(select {a}) union (select {b})", "(select $1) union (select $2)"),
        ("select '--', {a}", "select '--', $1"),
        ("select ';', {a}", "select ';', $1"),
        ("select /* a */ {a} /* b **/", "select /* a */ $1 /* b **/"),
        ("select €$a$ from t where b = {a}", "select €$a$ from t where b = $1"),
        ("with set as (select 1) select {a}", "with set as (select 1) select $1"),
    ],
)
def test_each_reference_becomes_one_placeholder(text: str, written: str) -> None:
    assert Statement.parse(text).written("$") == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select '{a}'", "quotes"),
        ('select "{a}"', "quotes"),
        ("select 'it''s {a}'", "quotes"),
        ("select $$ {a} $$", "quotes"),
        ("select $x$ $$ {a} $x$", "quotes"),
        ("select 1 -- {a}", "comment"),
        ("select /* {a} */ 1", "comment"),
        ("select /* /* */ {a} */ 1", "comment within a comment"),
        ("select /* /*/ {a} */ */ 1", "comment within a comment"),
        ("select $é$ {a} $é$", "quotes"),
        ("select $€$ {a} $€$", "quotes"),
        ("select €{a}", "in a word"),
        ("set role {a}", "about the connection"),
        ("-- all at once\nSET search_path = other", "about the connection"),
        ("listen orders", "about the connection"),
        ("commit", "about the connection"),
        ("select '", "missing at the end"),
        ('select "', "missing at the end"),
        ("select $x$ $y$", "missing at the end"),
        ("select /* 1", "missing at the end"),
        (r"select E'it\'s' || {a}", "escapes"),
        ("select {$v}", "part of the statement"),
        ("select '{$v}'", "part of the statement"),
        ("select {!key}", "logs"),
        ("select {a:odata}", "no part of the statement"),
        ("select * from t_{a}", "in a word"),
        ("select {a}1", "in a word"),
        ("select {a}{b}", "in a word"),
        ("select 1; select {a}", "second statement"),
        ("select 1; {a}", "second statement"),
        ("select $1", "placeholder"),
        ("{a}", "no statement"),
        ("", "no statement"),
        ("-- only\n", "no statement"),
        ("select {a", "partner"),
        ("select {A}", "no reference"),
        (f"select {'x' * 20_000}", "over 20000"),
        (f"select {', '.join(f'{{a{n}}}' for n in range(MAX_REFERENCES + 1))}", "over 500 references"),
    ],
)
def test_what_could_change_a_statement_is_a_mistake(text: str, message: str) -> None:
    with pytest.raises(Mistake, match=message) as mistake:
        Statement.parse(text)
    assert mistake.value.rule in {"bad-sql", "bad-reference"}
    assert mistake.value.fix


@pytest.mark.parametrize("text", ["select ?", "select :a", "select @a", "select $a", "select ?1"])
def test_what_sqlite_takes_for_a_placeholder_is_a_mistake_there(text: str) -> None:
    with pytest.raises(Mistake, match="placeholder"):
        Statement.parse(text).check_for_sqlite()


def test_quotes_and_casts_have_no_placeholders_of_sqlite() -> None:
    Statement.parse("select ':a', '?', cast({a} as text), b::int from t").check_for_sqlite()


def test_parameters_are_bound_in_the_order_of_their_numbers() -> None:
    statement = Statement.parse("select {b}, {a}, {b}")
    assert orjson.loads(statement.bound({A: [1, None, "x"], B: None})) == [None, [1, None, "x"]]


@pytest.mark.parametrize("cast", ["::json", "::jsonb", " :: JSONB", "::jsonb)", " as jsonb"])
def test_before_a_cast_to_json_a_value_is_bound_as_json(cast: str) -> None:
    bound = Statement.parse(f"select ({{a}}{cast}").bound({A: ["x"]})
    assert orjson.loads(bound) == ['["x"]']


@pytest.mark.parametrize("cast", ["::jsonb[]", "::jsonpath", "::text", ""])
def test_before_another_cast_it_is_not(cast: str) -> None:
    assert orjson.loads(Statement.parse(f"select {{a}}{cast}").bound({A: ["x"]})) == [["x"]]


@pytest.mark.parametrize("value", ["a\0b", ["a", "\0"], {"\0": 1}, {"a": {"b": "\0"}}, "\ud800", ["\udfff"]])
def test_what_no_database_takes_is_refused(value: object) -> None:
    statement = Statement.parse("select {a}, {b}")
    values = {A: value, B: 1}
    with pytest.raises(RefusedValue):
        statement.check_parameters(values)  # type: ignore[arg-type]
    with pytest.raises(RefusedValue):
        statement.bound(values)  # type: ignore[arg-type]


def test_a_backslash_and_u0000_are_a_text_as_any_other() -> None:
    statement = Statement.parse("select {a}")
    assert orjson.loads(statement.bound({A: "\\u0000"})) == ["\\u0000"]


def test_only_parameters_are_checked_before_the_call() -> None:
    Statement.parse("select {input.a}, {each}, {a}").check_parameters({A: 1})
    assert Statement.parse("select {input.a}, {each}").references == (InputReference(("a",)), EachReference())


def test_parameters_have_a_limit() -> None:
    with pytest.raises(RefusedValue, match="longer than"):
        Statement.parse("select {a}, {b}").bound({A: "x" * 11_000_000, B: 1})
