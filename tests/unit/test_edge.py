"""fanin.contract.request_limits: the limits that a client's request must keep to."""

from typing import Any

import pytest

from fanin.contract import request_limits
from fanin.errors import RequestError

WITHIN: dict[str, Any] = {"target": "/", "query": [], "headers": {}, "body": b""}


@pytest.mark.parametrize(
    "most",
    [
        {"target": "/" + "a" * (request_limits.MAX_TARGET - 1)},
        {"query": [("k", "v")] * request_limits.MAX_VALUES + [("l", "v")] * request_limits.MAX_VALUES},
        {"headers": {"a" * 40: "b" * (request_limits.MAX_HEADERS - 40)}},
        {"body": b"a" * request_limits.MAX_BODY},
    ],
    ids=["target", "values", "headers", "body"],
)
def test_what_just_fits_is_served(most: dict[str, Any]) -> None:
    """Limits are inclusive, and a key's values are counted for each key."""
    request_limits.check(**(WITHIN | most))


@pytest.mark.parametrize(
    ("status", "over"),
    [
        (414, {"target": "/" + "a" * request_limits.MAX_TARGET}),
        (414, {"query": [("k", "v")] * (request_limits.MAX_VALUES + 1)}),
        (431, {"headers": {"a": "b" * 6000, "b": "c" * 6000}}),
        (431, {"headers": {"a": "é" * 6000}}),
        (413, {"body": b"a" * (request_limits.MAX_BODY + 1)}),
    ],
    ids=["target", "values", "headers", "bytes of headers", "body"],
)
def test_what_is_over_a_limit_is_refused(status: int, over: dict[str, Any]) -> None:
    """With the status that HTTP has for it; limits are in bytes."""
    with pytest.raises(RequestError) as caught:
        request_limits.check(**(WITHIN | over))
    assert caught.value.status == status
    assert len(caught.value.detail) < 200
