"""docs/expressions.md says what is so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fanin.config import parse
from fanin.config.expressions import compile_expression
from fanin.config.expressions.functions import FUNCTIONS
from fanin.config.mistake import Mistake

PAGE = (Path(__file__).parents[2] / "docs/expressions.md").read_text(encoding="utf-8")
DOCUMENT = json.loads(PAGE.split("```json\n", 1)[1].split("```", 1)[0])
ROWS = [
    (first.strip("` ").replace(r"\|", "|"), second.strip("` "))
    for first, second in re.findall(r"^\| (`.*?`) \| (`.*?`) \|$", PAGE, re.MULTILINE)
]
"""Expressions of the tables with their values."""
CALLED = [
    (call, value.strip("`"))
    for call, value in re.findall(r"``([a-z_]+\(.*?\))`` is (`[^`]+`)", PAGE)
]  # fmt: skip
"""Those in the text."""


@pytest.mark.parametrize(("text", "value"), ROWS + CALLED)
def test_an_example_has_the_value_that_stands_beside_it(text: str, value: str) -> None:
    assert compile_expression(text, of="body").search(DOCUMENT, 4_000_000) == json.loads(value)


def test_there_are_examples() -> None:
    assert (len(ROWS), len(CALLED)) == (14, 5)


def test_every_function_is_named() -> None:
    section = PAGE.split("## Functions", 1)[1].split("## Bounds", 1)[0]
    own = set(re.findall(r"`([a-z_]+)\(", section))
    standard = set(re.findall(r"[a-z_]+", section.split("`", 2)[1]))
    assert own | standard == set(FUNCTIONS.FUNCTION_TABLE)


def test_the_files_load() -> None:
    first, second, third = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert parse(second, {}).sources["person"].computes
    pick = parse(first, {}).sources["weather"].pick
    assert pick
    assert pick.search(DOCUMENT, 4_000_000) == {"name": "Lisbon", "dry": [27], "unit": "celsius"}
    joined = parse(third, {}).sources["articles"].pick
    assert joined
    article: dict[str, Any] = {"attributes": {"title": "A"}, "relationships": {"author": {"data": {"id": "9"}}}}
    answer: dict[str, Any] = {"data": [article], "included": [{"id": "9", "attributes": {"name": "Ada"}}]}
    assert joined.search(answer, 4_000_000) == [{"title": "A", "author": "Ada"}]


def test_the_traps_are_so() -> None:
    def search(text: str) -> object:
        return compile_expression(text, of="body").search({"zero": 0, "no": "false", "d": [{"u": 1}, {}]}, 4_000_000)

    assert search("[zero && 'x', no && 'x', !zero]") == ["x", "x", False]
    assert search("[d[].u, map(&u, d)]") == [[1], [1, None]]
    assert search("[d[].u[0], d[].u | [0]]") == [[], 1]
    assert search("[d < zero, d[0].u > zero]") == [None, True]
    for text in ("!d.u", "d[?u > 25]", "{city}"):
        with pytest.raises(Mistake):
            search(text)
