"""The request headers that jobs go by."""

import pytest

from fanin.engine.idempotency import idempotency_key
from fanin.errors import RequestError
from fanin.jobs.preferences import prefers_async


@pytest.mark.parametrize(
    "prefer",
    [
        "respond-async",
        "Respond-Async",
        "respond-async, wait=10",
        "return=minimal,respond-async",
        'foo="a, b"; bar, respond-async; x=y',
        "respond-async=",
        ", ,respond-async",
        '=x, "y", respond-async',
    ],
)
def test_a_preference_for_a_later_answer_is_seen(prefer: str) -> None:
    assert prefers_async(prefer)


@pytest.mark.parametrize(
    "prefer", [None, "", "wait=10", 'foo="respond-async"', "foo; respond-async", "respond-asyncs", 'a", respond-async']
)
def test_other_preferences_are_passed_over(prefer: str | None) -> None:
    assert not prefers_async(prefer)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, ""),
        ('"8e03978e-40d5"', "8e03978e-40d5"),
        ('"a \\"b\\" \\\\"', 'a "b" \\'),
        ("8e03978e-40d5", "8e03978e-40d5"),
        (' "k" ', "k"),
        (f'"{"k" * 255}"', "k" * 255),
    ],
)
def test_a_key_is_read_with_and_without_quotes(header: str | None, key: str) -> None:
    assert idempotency_key(header) == key


@pytest.mark.parametrize("header", ["", '""', '"a', 'a"b', '"a" "b"', "a b", "a, b", '"é"', f'"{"k" * 256}"', '"a\\b"'])
def test_what_is_no_key_is_refused(header: str) -> None:
    with pytest.raises(RequestError) as refused:
        idempotency_key(header)
    assert (refused.value.status, refused.value.problem) == (400, "bad-idempotency-key")
