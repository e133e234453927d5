"""fanin.stores.dynamodb: what was put is what is got, leases exclude one another, and the newer answer stays."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.config.values import Json
from fanin.stores.dynamodb import MAX_ITEM, DynamoDb
from fanin.stores.entry import Entry
from fanin.stores.guarded import Guarded
from fanin.stores.store import Found
from tests.stores.conftest import TABLE

NOW = 1_800_000_000.25
ENTRY = Entry(b'{"a": "\xc3\xbc"}', NOW, NOW + 1 / 3, NOW + 10, NOW + 20, NOW + 30, '"v1"', "a date", "max-age=1")


class Patient(Guarded):
    """A service that a busy machine may make wait."""

    async def call(self, operation: str, payload: Mapping[str, Json], *, within: float = 0.0) -> Any:
        return await super().call(operation, payload, within=10 + within)


class Clock:
    """A time of day to set."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def store(aws: Aws, clock: Clock) -> DynamoDb:
    """Make the store as one environment has it."""
    return DynamoDb(Patient(aws, "dynamodb", time.monotonic), TABLE, clock)


def item(runner: asyncio.Runner, aws: Aws, key: str) -> dict[str, Any]:
    """Read an item as it is."""
    payload: dict[str, Any] = {"TableName": TABLE, "Key": {"pk": {"S": key}}}
    found: dict[str, Any] = runner.run(aws.call("dynamodb", "GetItem", payload, timeout=10))["Item"]
    return found


@pytest.mark.parametrize(
    "entry", [ENTRY, replace(ENTRY, value=None), replace(ENTRY, etag="", last_modified="", control="")]
)
def test_what_was_put_is_got(runner: asyncio.Runner, aws: Aws, clock: Clock, entry: Entry) -> None:
    one = store(aws, clock)
    assert runner.run(one.get("k")) == Found()
    runner.run(one.put("k", entry))
    assert runner.run(store(aws, clock).get("k", consistent=True)) == Found(entry, 0.0)


def test_an_item_is_compressed_and_says_when_it_may_be_deleted(runner: asyncio.Runner, aws: Aws, clock: Clock) -> None:
    runner.run(store(aws, clock).put("k", replace(ENTRY, value=b"[" + b"1," * 10_000 + b"1]")))
    kept = item(runner, aws, "k")
    assert len(kept["value"]["B"]) < 1000
    assert kept["expires"] == {"N": str(int(NOW + 31))}


def test_the_newer_answer_stays(runner: asyncio.Runner, aws: Aws, clock: Clock) -> None:
    one = store(aws, clock)
    runner.run(one.put("k", ENTRY))
    runner.run(one.put("k", replace(ENTRY, value=b"old", given=NOW - 1)))
    assert runner.run(one.get("k")).entry == ENTRY
    runner.run(one.put("k", newer := replace(ENTRY, value=b"new", given=NOW + 1)))
    assert runner.run(one.get("k")).entry == newer


def test_an_answer_that_is_too_large_is_not_kept_and_its_lease_ends(
    runner: asyncio.Runner, aws: Aws, clock: Clock
) -> None:
    one = store(aws, clock)
    assert runner.run(one.lease("k", 5.0))
    runner.run(one.put("k", replace(ENTRY, value=os.urandom(MAX_ITEM))))
    assert runner.run(one.get("k")) == Found()
    runner.run(one.put("k", replace(ENTRY, value=os.urandom(MAX_ITEM - 1000))))
    assert runner.run(one.get("k")).entry


def test_a_lease_excludes_others_until_it_ends(runner: asyncio.Runner, aws: Aws, clock: Clock) -> None:
    one, other = store(aws, clock), store(aws, clock)
    assert runner.run(one.lease("k", 5.0))
    assert not runner.run(other.lease("k", 5.0))
    assert runner.run(other.get("k")) == Found(None, NOW + 5)
    runner.run(other.release("k"))  # it is not the other's to release
    assert not runner.run(other.lease("k", 5.0))
    runner.run(one.release("k"))
    assert runner.run(other.lease("k", 5.0))
    clock.now += 5
    assert runner.run(one.lease("k", 5.0))


def test_an_answer_ends_the_lease_and_no_lease_is_given_while_it_is_fresh(
    runner: asyncio.Runner, aws: Aws, clock: Clock
) -> None:
    one, other = store(aws, clock), store(aws, clock)
    assert runner.run(one.lease("k", 5.0))
    runner.run(one.put("k", ENTRY))
    assert not runner.run(other.lease("k", 5.0))
    clock.now += 1
    assert runner.run(other.lease("k", 5.0))
    assert runner.run(one.get("k")) == Found(ENTRY, NOW + 6)


@pytest.mark.parametrize(
    "broken",
    [
        {"value": {"B": "bm8gemxpYg=="}},
        {"value": {"B": "%%%"}},
    ],
)
def test_an_item_that_cannot_be_read_is_no_answer(runner: asyncio.Runner, clock: Clock, broken: dict[str, Any]) -> None:
    class Answers:
        async def call(self, service: str, operation: str, payload: Mapping[str, Json], *, timeout: float) -> Any:  # noqa: ARG002, ASYNC109 - as AWS's client has it
            return {"Item": {"pk": {"S": "k"}, "given": {"N": "1"}} | broken}

    one = DynamoDb(Guarded(Answers(), "dynamodb", time.monotonic), TABLE, clock)
    assert runner.run(one.get("k")).entry is None
