"""Records in one JSON text, and what is no record."""

import json
import logging
from typing import Any

import pytest

from fanin.callers.keys.document import MAX_DOCUMENT, read_document, write_document
from fanin.callers.keys.record import Limit, Record

HASH = "a" * 64
KEPT: dict[str, Any] = {"sha256": HASH, "owner": "acme", "name": "nightly", "made": 1}
RECORDS = [
    Record("a" * 12, HASH, "acme", "nightly", 1),
    Record("b" * 12, HASH, "São Paulo", "x", 1, frozenset({"b", "a"}), Limit(100, 60.0), 2, 3),
]


def test_what_is_written_is_read_back() -> None:
    records = {record.id: record for record in RECORDS}
    assert read_document(write_document(records)) == records
    assert read_document(write_document(records).encode(), strict=True) == records


def test_no_repr_shows_a_hash() -> None:
    assert HASH not in repr(RECORDS)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"a"', "{}" + " " * MAX_DOCUMENT])
def test_what_is_no_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|bytes"):
        read_document(text)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"sha256": "A" * 64}, "sha256"),
        ({"sha256": HASH[1:]}, "sha256"),
        ({"sha256": None}, "sha256"),
        ({"owner": ""}, "owner"),
        ({"name": 3}, "name"),
        ({"made": "1"}, "made"),
        ({"made": True}, "made"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": [1]}, "scopes"),
        ({"calls": 1}, "per"),
        ({"per": 1}, "calls"),
        ({"calls": 0, "per": 1}, "calls"),
        ({"calls": 1, "per": 0}, "per"),
        ({"expires": "never"}, "expires"),
        ({"expires": None}, "expires"),
        ({"revoked": -1}, "revoked"),
        ({"revoked": float("1e300")}, "revoked"),
    ],
)
def test_a_record_that_cannot_be_read_is_none_and_the_log_says_why(
    wrong: dict[str, Any], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A garbled `expires` or `revoked` must not make a key good for ever; the other keys go on."""
    text = json.dumps({"bad": KEPT | wrong, "good": KEPT})
    with caplog.at_level(logging.WARNING):
        assert [*read_document(text)] == ["good"]
    assert "bad" in caplog.text
    assert why in caplog.text
    with pytest.raises(ValueError, match=why):
        read_document(text, strict=True)


def test_a_record_that_is_no_object_is_none() -> None:
    assert read_document(json.dumps({"a": 1, "b": [KEPT], "c": KEPT})).keys() == {"c"}


def test_a_key_is_good_until_the_second_in_which_it_expires() -> None:
    record = Record("a", HASH, "o", "n", 1, expires=100)
    assert [record.state(now) for now in (99.9, 100.0, 101.0)] == ["active", "expired", "expired"]
    assert Record("a", HASH, "o", "n", 1, expires=100, revoked=50).state(60) == "revoked"
    assert Record("a", HASH, "o", "n", 1).state(1e11) == "active"
