"""fanin.policies.cache.key: two calls have the same key if nothing in them can change the answer, and only then."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.engine.call import Call, Request
from fanin.engine.outcome import Span
from fanin.policies.cache.key import key_of, personal
from tests.unit.scenario import config_of

SOURCES = config_of(
    '[sources.a]\nurl = "https://a.example"\n[sources.b]\nurl = "https://a.example"\n'
    '[sources.c]\nurl = "https://a.example"\nredirects = 1\n'
    '[sources.d]\nurl = "https://a.example"\nauth = { bearer = "{!one}" }\n'
    '[sources.e]\nurl = "https://a.example"\nauth = { bearer = "{!two}" }\n[endpoints]\n'
).sources
REQUEST = Request("GET", "https://a.example/x?y=1", (("X-A", "1"),))


def key(source: str = "a", request: Request = REQUEST, **changes: Any) -> str:
    return key_of(Call(SOURCES[source], replace(request, **changes), 1.0, Span(ready=0.0)))


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://a.example/X?y=1"},
        {"url": "https://a.example/x?Y=1"},
        {"url": "https://a.example/x?y=2"},
        {"url": "https://a.example/x%3Fy=1"},
        {"url": "https://a.example/x?y=1&z="},
        {"method": "POST"},
        {"body": b"{}"},
        {"headers": ()},
        {"headers": (("X-A", "2"),)},
        {"headers": (("X-B", "1"),)},
        {"headers": (("X-A", "1"), ("Authorization", "Bearer one"))},
        {"headers": (("X-A", "1"), ("Authorization", "Bearer two"))},
        {"headers": (("X-A", "1"), ("Authorization", ""))},
    ],
)
def test_whatever_can_change_the_answer_changes_the_key(changes: dict[str, Any]) -> None:
    assert key(**changes) != key()


def test_all_of_them_differ_from_one_another() -> None:
    bearers = [key(headers=(("Authorization", text),)) for text in ("Bearer one", "bearer one", "Bearer one ", "")]
    assert len(set(bearers)) == len(bearers)
    assert len({key(name) for name in SOURCES}) == len(SOURCES)


def test_how_a_source_says_who_asks_is_part_of_it_by_the_names_of_secrets() -> None:
    ways = {SOURCES[name].asks_as for name in "ade"}
    assert len(ways) == 3


def test_what_cannot_change_the_answer_does_not() -> None:
    assert key(headers=(("x-a", "1"),)) == key()
    two = (("X-A", "1"), ("X-B", "2"))
    assert key(headers=two) == key(headers=two[::-1])
    assert key(validators=(("If-None-Match", '"1"'),)) == key()
    one = Call(SOURCES["a"], REQUEST, 1.0, Span(ready=0.0))
    assert key_of(one) == key_of(replace(one, deadline=2.0, span=Span(ready=1.0)))


def test_nothing_of_a_header_can_be_read_in_it() -> None:
    assert key(headers=(("Authorization", "hunter2"),)).startswith("a#")
    assert "hunter2" not in key(headers=(("Authorization", "hunter2"),))


PIECES = st.tuples(st.text("ab,:\"'", max_size=3), st.text("ab,:\"'", max_size=3))


@given(st.lists(PIECES, max_size=3, unique_by=lambda pair: pair[0].lower()), st.lists(PIECES, max_size=3))
def test_no_two_lists_of_headers_come_to_the_same(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    same = sorted((n.lower(), v) for n, v in one) == sorted((n.lower(), v) for n, v in other)
    assert (key(headers=tuple(one)) == key(headers=tuple(other))) == same


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, False), ({"accept-language": "pt"}, False), ({"X-Tenant": "7"}, True), ({"Authorization": "x"}, True)],
)
def test_any_header_may_say_whom_an_answer_is_for_unless_it_is_known_not_to(
    headers: dict[str, str], *, expected: bool
) -> None:
    call = Call(SOURCES["a"], REQUEST, 1.0, Span(ready=0.0), tuple(headers.items()))
    assert personal(call) is expected
