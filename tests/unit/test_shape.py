"""fanin.engine.shape: from a source's answer to its value, and from values to one body."""

import pytest

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine import shape
from fanin.engine.call import NO_CONTENT
from fanin.engine.document import field_of
from fanin.errors import NotFound, SourceUndecodable
from tests.unit.scenario import config_of


def source(lines: str = "") -> Source:
    """Make a source with more keys."""
    return config_of(f'[sources.a]\nurl = "https://a.example"\n{lines}\n[endpoints]\n').sources["a"]


@pytest.mark.parametrize(
    ("lines", "answer", "value"),
    [
        ("", {"x": 1}, {"x": 1}),
        ("", [1], [1]),
        ("", 0, 0),
        ("", "", ""),
        ("", False, False),
        ("pick = 'a.b'", {"a": {"b": 1}}, 1),
        ("pick = 'a[0].{x: y}'", {"a": [{"y": 1, "z": 2}]}, {"x": 1}),
        ("pick = 'a'\ndrop = ['b']", {"a": {"b": 1, "c": 2}}, {"c": 2}),
        ("drop = ['a.b', 'c']", {"a": {"b": 1, "d": 2}, "c": 3}, {"a": {"d": 2}}),
        ("drop = ['a[].b']", {"a": [{"b": 1, "c": 2}, {"c": 3}, 4]}, {"a": [{"c": 2}, {"c": 3}, 4]}),
        ("drop = ['a[].b[].c']", {"a": [{"b": [{"c": 1, "d": 2}]}]}, {"a": [{"b": [{"d": 2}]}]}),
        ("drop = ['a[]']", {"a": [1], "b": 2}, {"b": 2}),
        ("drop = ['x.y', 'a[].b', 'c.d']", {"a": {"b": 1}, "c": [1]}, {"a": {"b": 1}, "c": [1]}),
        ("drop = ['a']", [1], [1]),
    ],
)
def test_pick_takes_and_drop_removes(lines: str, answer: Json, value: Json) -> None:
    """First pick, then drop; a path that leads nowhere removes nothing, and false, 0 and "" are values."""
    assert shape.value_of(source(lines), answer) == value


def test_the_answer_itself_is_left_as_it_was() -> None:
    """Dropping makes a copy: the answer may be in a cache."""
    answer: Json = {"a": [{"b": 1}], "c": 2}
    shape.value_of(source("drop = ['a[].b', 'c']"), answer)
    assert answer == {"a": [{"b": 1}], "c": 2}


@pytest.mark.parametrize("lines", ["", "pick = 'a'", "drop = ['a']", "pick = 'length(@)'"])
def test_the_value_of_an_answer_without_content_is_null(lines: str) -> None:
    """Nothing is picked from it, nothing fails, and a flat body has none of its fields."""
    assert shape.value_of(source(lines), NO_CONTENT) is None
    assert not shape.is_missing(source(lines), NO_CONTENT)
    shape.check_flat("a", None)
    assert shape.flat({"a": None, "b": {"c": 1}}) == {"c": 1}


@pytest.mark.parametrize(("lines", "answer"), [("", None), ("pick = 'a'", {"b": 1}), ("pick = 'a[0]'", {"a": []})])
def test_null_is_not_found(lines: str, answer: Json) -> None:
    """Whether the source answered null or pick came to it."""
    with pytest.raises(NotFound):
        shape.value_of(source(lines), answer)


@pytest.mark.parametrize(
    ("pick", "answer"),
    [
        ("length(a)", {"a": 5}),
        ("sort(a)", {"a": [1, "x"]}),
        ("ceil(to_number(a))", {"a": "inf"}),
        ("to_number(a)", {"a": "9" * 30}),
        ("to_number(a)", {"a": "1e999"}),
        ("{x: [to_number(a)]}", {"a": "nan"}),
        ("sum(a)", {"a": [2**63, 2**63]}),
        ("sum(a)", {"a": [1e308, 1e308]}),
        ("floor(a)", {"a": 1e300}),
        ("{x: {y: map(&floor(@), a)}}", {"a": [1, 1e300]}),
        ("contains(a, b)", {"a": "text", "b": 5}),
        ("sum(a)", {"a": ["x"]}),
        ("max_by(a, &b)", {"a": [{"b": 1}, {"b": "x"}]}),
    ],
)
def test_data_that_a_pick_cannot_take_is_the_sources_failure(pick: str, answer: Json) -> None:
    """Whatever JMESPath raises for the sake of the data is an error of this source alone."""
    with pytest.raises(SourceUndecodable, match="a answered with data that its pick cannot take"):
        shape.value_of(source(f"pick = '{pick}'"), answer)


@pytest.mark.parametrize(
    ("path", "field"),
    [("a", 1), ("b.0.c", 2), ("b.1", None), ("b.x", None), ("x", None), ("a.x", None), ("b.-1", None), ("d.e", 3)],
)
def test_a_references_path_is_followed_into_objects_and_lists(path: str, field: Json) -> None:
    """A name into an object, a number into a list, and nothing where neither fits."""
    assert field_of({"a": 1, "b": [{"c": 2}], "d": {"e": 3}}, path.split(".")) == field


@pytest.mark.parametrize("value", [1, "x", [1], {"errors": []}])
def test_a_flat_body_needs_objects_without_the_reserved_field(value: Json) -> None:
    """Everything else is undecodable."""
    with pytest.raises(SourceUndecodable):
        shape.check_flat("a", value)


def test_flat_lays_fields_together() -> None:
    """In a flat body the later source wins."""
    assert shape.flat({"a": {"x": 1, "y": 1}, "b": {"y": 2}}) == {"x": 1, "y": 2}
