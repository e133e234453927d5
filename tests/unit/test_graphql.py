"""fanin.config.graphql and fanin.sources.meaning: what a query is, and what its answer means."""

import pytest

from fanin.config.graphql_document import bare_references, lacks_a_bracket, operations_in, variables_in
from fanin.config.values import Json
from fanin.engine.call import InPart
from fanin.errors import SourceRejected, SourceUndecodable
from fanin.sources.meaning import data_of


@pytest.mark.parametrize(
    ("document", "operations"),
    [
        ("{ a }", ["query"]),
        ("query { a }", ["query"]),
        ("query A($x: [Int!] = [1]) @d(a: {b: 1}) { mutation(x: $x) { subscription } }", ["query"]),
        ("mutation M { a }", ["mutation"]),
        ("# mutation\nquery { a }", ["query"]),
        ('query A($x: String = "mutation { b }") { a }', ["query"]),
        ('{ a(text: """ "quoted" \\""" mutation { } """) }', ["query"]),
        ("fragment F on T { mutation } query { ...F }", ["query"]),
        ("query { ...F } fragment F on T { b }", ["query"]),
        ("{ a } mutation { b }", ["query", "mutation"]),
        ("subscription { a }", ["subscription"]),
        ("fragment F on T { b }", []),
        ("", []),
    ],
)
def test_the_operations_of_a_document_are_known(document: str, operations: list[str]) -> None:
    """Words in texts, comments, fields and fragments are none."""
    assert operations_in(document) == operations


@pytest.mark.parametrize(
    ("document", "declared", "used"),
    [
        ("{ a }", {}, []),
        ("{ a(x: $x) }", {}, ["x"]),
        ("query ($x: Int) { a(x: $x) }", {"x": False}, ["x"]),
        ("query A($x: [Int!] $y: [Int!]!, $z: T! = {a: [1]}) { a }", {"x": False, "y": True, "z": False}, []),
        ('query ($x: String! = "$y: Int!") { a(b: "$z") # $u' + "\n}", {"x": False}, []),
        ("query ($x: Int! @d(if: $y)) @e(if: $z) { a }", {"x": True}, ["y", "z"]),
        ("query ($x: ID!) { ...F } fragment F on T { a(x: $x, y: {z: $y}) }", {"x": True}, ["x", "y"]),
    ],
)
def test_the_variables_of_a_document_are_known(document: str, declared: dict[str, bool], used: list[str]) -> None:
    """Those that have to be given end in an exclamation mark, and have no default."""
    found = variables_in(document)
    assert (found.declared, [*found.used]) == (declared, used)


@pytest.mark.parametrize("document", ["{ a", "a }", "{ a( }", "{ a(b: [1) }", "{ a(b: 1]) }"])
def test_a_bracket_without_a_partner_is_seen(document: str) -> None:
    assert lacks_a_bracket(document)


def test_brackets_of_texts_and_comments_have_none() -> None:
    assert not lacks_a_bracket('{ a(b: "}", c: """]""", d: [{e: 1}]) # )' + "\n}")


@pytest.mark.parametrize(
    ("document", "references"),
    [
        ("{ a(b: {c}, d: { e }) }", ["{c}", "{ e }"]),
        ("{ a(b: {c: 1}, d: {}) { e } f: g { h } }", []),
        ('{ a(b: "x: {c}") }', []),
    ],
)
def test_a_name_in_braces_is_no_value(document: str, references: list[str]) -> None:
    assert [*bare_references(document)] == references


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"data": None, "errors": [{"message": "no"}]}, "refused the query: no"),
        ({"errors": [{"message": "a\nb"}, {"message": "c"}]}, "refused the query: a b"),
        ({"data": None}, "does not say why"),
        ({"data": None, "errors": "x"}, "does not say why"),
        ({"errors": [{"message": "x" * 5000}]}, "…"),
    ],
)
def test_without_data_the_query_was_refused(answer: Json, detail: str) -> None:
    with pytest.raises(SourceRejected) as caught:
        data_of("a", answer)
    assert detail in caught.value.detail
    assert len(caught.value.detail) < 400
    assert caught.value.detail.isprintable()


def test_data_beside_errors_is_a_value_in_part() -> None:
    answer = data_of("a", {"data": {"b": 1}, "errors": [{"message": "c"}]})
    assert isinstance(answer, InPart)
    assert (answer.value, answer.error.detail) == ({"b": 1}, "a answered in part: c")
    assert data_of("a", {"data": {"b": 1}, "errors": []}) == {"b": 1}


@pytest.mark.parametrize("answer", [[], "x", 1, {}, {"message": "no"}, None])
def test_what_has_neither_data_nor_errors_is_undecodable(answer: Json) -> None:
    with pytest.raises(SourceUndecodable):
        data_of("a", answer)
