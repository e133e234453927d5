"""fanin.config.locate: where a key stands in the text of a TOML file."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.config.locate import Places

CARET = "‸"


def placed(marked: str) -> tuple[str, tuple[int, int]]:
    """Take the caret out of a text, and give line and column of where it stood; (0, 0) without one."""
    before, caret, after = marked.partition(CARET)
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n")) if caret else (0, 0)


@pytest.mark.parametrize(
    ("key", "marked"),
    [
        (("a",), "‸a = 1"),
        (("a",), "\n\n  ‸a=1"),
        (("b",), 'a = """\nb = 1\n"""\n‸b = 2'),
        (("b",), "a = '''\nb = 1 # '''\n‸b = 2"),
        (("b",), 'a = "b = 1" # b = 1\n‸b = 2'),
        (("b",), 'a = "\\"b = 1"\n‸b = 2'),
        (("b",), "a = '\\'\n‸b = 2"),
        (("t", "b"), "b = 1\n[t]\nc = 1\n‸b = 2"),
        (("t", "u", "b"), "[t]\nb = 1\n[t.u]\n‸b = 2"),
        (("t",), "[‸t]\na = 1"),
        (("t",), "  [‸t] # t"),
        (("t", "u"), "[‸t.u]"),
        (("t", "b"), "t = { a = 1, ‸b = 2 }"),
        (("t", "u", "b"), "t = { a = 1, u = { b2 = 0, ‸b = 2 }, b = 3 }"),
        (("t", "b"), "t = { u = { b = 1 }, ‸b = 2 }"),
        (("t", "a", 1, "b"), "[t]\na = [\n  { c = 1 },\n  { ‸b = 1 },\n]\n"),
        (("t", "a", 3), "[t]\n‸a = [\n  1,\n  2,\n]\n"),
        (("t", "a"), "‸t.a = 1"),
        (("t", "A b"), "[t]\n‸'A b' = 1"),
        (("t", "A b"), '[t]\n‸"A b" = 1'),
        (("t", "A b", "c"), '[t."A b"]\n‸c = 1'),
        (("t", "missing"), "[‸t]\na = 1"),
        (("t", "a", "missing", "deeper"), "[t]\n‸a = { b = 1 }"),
        (("t", "b"), "[t]\na = '{'\n‸b = 1"),
        (("t", "b"), "[t]\na = 1 # {\n‸b = 1"),
        (("b",), "a = 'é漢'\n‸b = 1"),
        (("t", "b"), "t = { a = 'é漢', ‸b = 1 }"),
        (("x",), "a = 1"),
        ((), "a = 1"),
    ],
)
def test_the_key_or_the_nearest_around_it_is_found(key: tuple[str | int, ...], marked: str) -> None:
    """Lines and columns count from 1; strings, comments and other tables' keys of the same name do not mislead."""
    text, expected = placed(marked)
    tomllib.loads(text)
    assert Places(text).position(key) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_matter(end: str) -> None:
    """A file with carriage returns has the same positions."""
    text = end.join(["# one", "[a] # two", "x = 1", "[b.c]", "x = 2", ""])
    assert Places(text).position(("b", "c", "x")) == (5, 1)
    assert Places(text).position(("b", "c", "y")) == (4, 2)
    assert Places(text).position(("a", "x")) == (3, 1)


@pytest.mark.parametrize("text", ["[x]\na.b.c = 1\n", "[x]\n[a.b.c]\n", "[x]\n[a.b.c.d]\n"])
def test_a_table_is_found_where_it_is_first_spoken_of(text: str) -> None:
    """A table that only dotted keys or deeper headers make has a line, to which a missing key of it can point."""
    text = text.replace("[x]\na", "\na")
    assert Places(text).position(("a", "b", "missing"))[0] == 2


keys = st.sampled_from(["a", "b", "c-d", "E_1"])
strings = st.text("abc =#[]{}'\\,é\n", max_size=8)
leaves: st.SearchStrategy[Any] = st.one_of(st.integers(), st.booleans(), strings)
values = st.recursive(leaves, lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=6)


def toml(value: Any) -> str:
    """Write a value as TOML writes it in line."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
        case str():
            return '"' + "".join(f"\\u{ord(c):04x}" if c in '\n"\\' else c for c in value) + '"'
    return str(value)


def paths(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """List the paths of all keys."""
    inner = value.items() if isinstance(value, dict) else ()
    return [found for key, item in inner for found in [(*path, key), *paths(item, (*path, key))]]


@given(st.dictionaries(keys, values, max_size=3), st.dictionaries(keys, values, max_size=3))
def test_every_key_of_any_file_is_found_where_it_stands(first: dict[str, Any], second: dict[str, Any]) -> None:
    """At each key's position the text goes on with that key, and no two keys share a position."""
    data = {"one": first, "two": second}
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {toml(item)}\n" for key, item in table.items())
        for name, table in data.items()
    )
    assert tomllib.loads(text) == data
    lines = text.split("\n")
    places = Places(text)
    found = {path: places.position(path) for path in paths(data)}
    assert len(set(found.values())) == len(found)
    for path, (line, column) in found.items():
        assert lines[line - 1][column - 1 :].startswith(path[-1])
