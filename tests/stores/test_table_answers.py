"""Answers in a table: what was put is what is got, leases exclude one another, and the newer answer stays."""

import os
from collections.abc import Callable
from copy import copy
from dataclasses import replace

import pytest

from fanin.stores.bounds import MAX_ITEM
from fanin.stores.entry import Entry
from fanin.stores.store import Found
from fanin.stores.table import Table
from fanin.stores.table_answers import TableAnswers
from tests.stores.conformance import Keepers

NOW = 1_800_000_000.25
ENTRY = Entry(b'{"a": "\xc3\xbc"}', NOW, NOW + 1 / 3, NOW + 10, NOW + 20, NOW + 30, '"v1"', "a date", "max-age=1")


class Clock:
    """A time of day to set."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(keepers: Keepers) -> Table:
    return keepers.table(("pk",))


@pytest.fixture
def make(table: Table, clock: Clock) -> Callable[[], TableAnswers]:
    """Make the store as each environment has it."""
    return lambda: TableAnswers(table, clock)


type Make = Callable[[], TableAnswers]


@pytest.mark.parametrize(
    "entry", [ENTRY, replace(ENTRY, value=None), replace(ENTRY, etag="", last_modified="", control="")]
)
def test_what_was_put_is_got(keepers: Keepers, make: Make, entry: Entry) -> None:
    one = make()
    assert keepers.run(one.get("k")) == Found()
    keepers.run(one.put("k", entry))
    assert keepers.run(make().get("k", consistent=True)) == Found(entry, 0.0)


def test_an_item_is_compressed_and_says_when_it_may_be_deleted(keepers: Keepers, make: Make, table: Table) -> None:
    keepers.run(make().put("k", replace(ENTRY, value=b"[" + b"1," * 10_000 + b"1]")))
    kept = keepers.run(table.get({"pk": "k"}, consistent=True)) or {}
    assert len(kept["value"]) < 1000  # type: ignore[arg-type]
    assert kept["expires"] == int(NOW + 31)


def test_the_newer_answer_stays(keepers: Keepers, make: Make) -> None:
    one = make()
    keepers.run(one.put("k", ENTRY))
    keepers.run(one.put("k", replace(ENTRY, value=b"old", received=NOW - 1)))
    assert keepers.run(one.get("k")).entry == ENTRY
    keepers.run(one.put("k", newer := replace(ENTRY, value=b"new", received=NOW + 1)))
    assert keepers.run(one.get("k")).entry == newer


def test_an_answer_that_is_too_large_is_not_kept_and_its_lease_ends(keepers: Keepers, make: Make) -> None:
    one = make()
    assert keepers.run(one.lease("k", 5.0))
    keepers.run(one.put("k", replace(ENTRY, value=os.urandom(MAX_ITEM))))
    assert keepers.run(one.get("k")) == Found()
    keepers.run(one.put("k", replace(ENTRY, value=os.urandom(MAX_ITEM - 1000))))
    assert keepers.run(one.get("k")).entry


def test_a_lease_excludes_others_until_it_ends(keepers: Keepers, make: Make, clock: Clock) -> None:
    one, other = make(), make()
    assert keepers.run(one.lease("k", 5.0))
    assert not keepers.run(other.lease("k", 5.0))
    assert keepers.run(other.get("k")) == Found(None, NOW + 5)
    keepers.run(other.release("k"))  # it is not the other's to release
    assert not keepers.run(other.lease("k", 5.0))
    keepers.run(one.release("k"))
    assert keepers.run(other.lease("k", 5.0))
    clock.now += 5
    assert keepers.run(one.lease("k", 5.0))


def test_an_answer_ends_the_lease_and_no_lease_is_given_while_it_is_fresh(
    keepers: Keepers, make: Make, clock: Clock
) -> None:
    one, other = make(), make()
    assert keepers.run(one.lease("k", 5.0))
    keepers.run(one.put("k", ENTRY))
    assert not keepers.run(other.lease("k", 5.0))
    clock.now += 1
    assert keepers.run(other.lease("k", 5.0))
    assert keepers.run(one.get("k")) == Found(ENTRY, NOW + 6)


@pytest.mark.parametrize("broken", [b"no zlib", b"", "a text"])
def test_an_item_that_cannot_be_read_is_no_answer(
    keepers: Keepers, make: Make, table: Table, broken: bytes | str
) -> None:
    keepers.run(table.put({"pk": "k", "given": 1, "value": broken}))
    found = keepers.run(make().get("k")).entry
    assert found is None or found.value is None


def test_environments_of_one_snapshot_end_only_their_own_leases(keepers: Keepers, make: Make) -> None:
    """SnapStart makes many environments of the memory of one that has been composed."""
    snapshot = make()
    one, other = copy(snapshot), copy(snapshot)
    assert keepers.run(one.lease("k", 5.0, within=1.0))
    keepers.run(other.lease("of its own", 5.0, within=1.0))
    keepers.run(other.release("k"))
    assert not keepers.run(make().lease("k", 5.0, within=1.0))
    keepers.run(one.release("k"))
    assert keepers.run(make().lease("k", 5.0, within=1.0))
