"""The bodies of answers: what the listed sources answered, laid together."""

from functools import lru_cache
from typing import Any

import orjson

from fanin.config.values import Json
from fanin.contract.headers import entity_tag
from fanin.engine import shape
from fanin.engine.outcome import Kept
from fanin.engine.problems import source_problem
from fanin.engine.result import Result

_REMEMBERED = 64 * 1024
"""Bytes of the values of which a body may be made that is made once only."""


def merged(result: Result) -> Json:
    """Give the body, to be encoded: what the endpoint's `pick` made, or what the listed sources answered.

    An object has the problem of each source that failed, too. What was kept, and is unread, is in it as it was kept.
    """
    body = result.picked.body if result.picked else _laid_together(result)
    if isinstance(body, dict) and (problems := problems_of(result)):
        return {**body, shape.ERRORS: problems}
    return body


def _laid_together(result: Result) -> dict[str, Json]:
    listed = {name: result.outcomes[name] for name in result.goal.sources}
    if result.goal.merge == "flat":
        return shape.flat({name: o.value for name, o in listed.items() if o.error is None})
    return {name: _unread(o) if isinstance(o, Kept) else o.value for name, o in listed.items()}


def _unread(outcome: Kept) -> Any:
    return orjson.Fragment(outcome.encoded) if outcome.encoded else outcome.value


def problems_of(result: Result) -> Json:
    """Give the problem of each source that failed, or whose value lacks a part."""
    return {name: source_problem(error) for name, error in result.problems.items()}


def put_together(result: Result) -> tuple[bytes, str] | None:
    """Give the body of an answer of nothing but values as they were kept, and its tag; None for another.

    One with the problem of a source is another, be the source listed or not.
    """
    parts = [o.encoded for name in result.goal.sources if isinstance(o := result.outcomes[name], Kept) and o.encoded]
    if result.picked or len(parts) < len(result.goal.sources) or sum(map(len, parts)) > _REMEMBERED:
        return None
    if len(parts) < len(result.outcomes) and result.problems:
        return None
    return _of_parts(tuple(result.goal.sources), *parts)


@lru_cache(maxsize=64)
def _of_parts(names: tuple[str, ...], *parts: bytes) -> tuple[bytes, str]:
    """Put values together. As long as nothing new is kept, the same bytes come again, and are found."""
    body = {name: orjson.Fragment(part) for name, part in zip(names, parts, strict=True)}
    return (encoded := orjson.dumps(body)), entity_tag(encoded)
