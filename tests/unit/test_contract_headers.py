"""Our own answer may be kept as long as all that it is made of, and by those whom it is for."""

from typing import Literal

import pytest

from fanin.config.values import Json
from fanin.contract.headers import NOT_KEPT, entity_tag, matches, validity
from fanin.engine.outcome import Outcome
from fanin.errors import SourceUnavailable


def kept(age: float = 0.0, fresh_for: float | None = 60.0, state: Literal["fresh", "stale"] = "fresh") -> Outcome[Json]:
    return Outcome(1, state=state, age=age, fresh_for=fresh_for)


def test_the_answer_is_as_old_as_its_oldest_part_and_ends_with_the_first() -> None:
    outcomes = {"a": kept(age=100.7, fresh_for=20.9), "b": kept(age=5, fresh_for=3000)}
    assert validity(outcomes, ()) == (("Cache-Control", "max-age=120"), ("Age", "100"))


@pytest.mark.parametrize(
    "outcome",
    [
        kept(fresh_for=None),
        Outcome[Json].failed(SourceUnavailable("b", "no")),
        Outcome[Json](1, state="fallback", fresh_for=60),
    ],
)
def test_one_part_that_may_not_be_kept_is_enough(outcome: Outcome[Json]) -> None:
    assert validity({"a": kept(), "b": outcome}, ()) is NOT_KEPT


def test_nothing_is_not_kept() -> None:
    assert validity({}, ()) is NOT_KEPT


def test_a_stale_part_leaves_nothing() -> None:
    assert validity({"a": kept(age=400, fresh_for=0.0, state="stale")}, ())[:2] == (
        ("Cache-Control", "max-age=400"),
        ("Age", "400"),
    )


@pytest.mark.parametrize(
    ("forwarded", "control", "vary"),
    [
        (["Authorization"], "private, max-age=60", "Authorization"),
        (["X-Tenant", "Accept-Language"], "private, max-age=60", "X-Tenant, Accept-Language"),
        (["accept-language"], "max-age=60", "accept-language"),
        (["Prefer", "prefer"], "max-age=60", "prefer"),
    ],
)
def test_what_was_forwarded_is_named_and_a_clients_own_is_private(
    forwarded: list[str], control: str, vary: str
) -> None:
    headers = dict(validity({"a": kept()}, forwarded))
    assert (headers["Cache-Control"], headers["Vary"]) == (control, vary)


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [
        ("{}", True),
        ("W/{}", True),
        ('"other", {}', True),
        ('"other",W/{} , "more"', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ('"other"', False),
        ("{}x", True),  # a comma is not insisted on
        ("no tag", False),
    ],
)
def test_a_client_has_what_it_names(if_none_match: str, *, expected: bool) -> None:
    tag = entity_tag(b"{}")
    assert matches(if_none_match.format(tag) if "{}" in if_none_match else if_none_match, tag) is expected


def test_the_same_bytes_have_the_same_tag_and_no_others_do() -> None:
    assert entity_tag(b"a") == entity_tag(b"a") != entity_tag(b"b")
