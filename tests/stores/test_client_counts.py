"""The requests of a client, counted for all environments in a table, from event loops and from threads."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise

import pytest

from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.aws.table_blocking import BlockingAwsTable
from fanin.stores.bounds import Patience
from fanin.stores.breaker import Breaker
from fanin.stores.client_counts import ROUNDS, WITHIN_FIRST, Counted, Look, count, count_blocking, counting
from fanin.stores.condition import Condition
from fanin.stores.errors import StoreUnavailable
from fanin.stores.table import Change, Item, Key, Table
from fanin.stores.window import SLOTS, Window
from tests.stores.conformance import Keepers
from tests.stores.conftest import TLS
from tests.stores.faulty import served
from tests.stores.resources import create_table

NOW = 1_800_000_000.0
PER = 60.0
SLOT = PER / SLOTS
_LONG = 30.0

type Ask = Callable[..., Counted]


def frozen() -> float:
    """Give a clock's moment: no time passes, so that a busy machine is not told from a table that is slow."""
    return 0.0


@pytest.fixture
def ask(keepers: Keepers) -> Ask:
    table = _Patient(keepers.table(("pk",)))

    def asked(calls: int, now: float, known: Window | None = None) -> Counted:
        return keepers.run(count(table, "a", counting(known, calls, PER, now), frozen))

    return asked


def test_no_more_are_counted_than_a_client_may_make(ask: Ask) -> None:
    given = [ask(3, NOW + second) for second in (0, 1, 20, 21, 59)]
    assert [each.admitted for each in given] == [True, True, True, False, False]
    assert [each.window.total for each in given] == [1, 2, 3, 3, 3]
    assert given[-1].window.frees_at() == NOW + PER + SLOT


def test_room_comes_back_when_the_oldest_no_longer_count(ask: Ask) -> None:
    assert [ask(2, NOW + second).admitted for second in (0, 30)] == [True, True]
    assert [ask(2, NOW + second).admitted for second in (PER, PER + SLOT - 0.1)] == [False, False]
    assert [ask(2, NOW + second).admitted for second in (PER + SLOT, PER + SLOT + 1)] == [True, False]
    assert ask(2, NOW + 30 + PER + SLOT).admitted


def test_long_silence_leaves_nothing(ask: Ask) -> None:
    for hours in range(3):
        moments = [NOW + hours * 3600 + second for second in (0, 1, 2)]
        assert [ask(2, moment).admitted for moment in moments] == [True, True, False]


@pytest.mark.parametrize("behind", [1.0, SLOT, 2 * SLOT])
def test_clock_that_is_a_little_behind_counts_in_the_latest_slot(ask: Ask, behind: float) -> None:
    assert ask(2, NOW).admitted
    assert ask(2, NOW - behind).window.total == 2
    assert not ask(2, NOW - behind).admitted


def test_clock_that_was_far_ahead_is_forgotten(ask: Ask) -> None:
    assert [ask(1, NOW + 86_400).admitted for _ in range(2)] == [True, False]
    assert [ask(1, NOW).admitted for _ in range(2)] == [True, False]


def test_what_was_seen_last_is_no_more_than_a_guess(ask: Ask) -> None:
    """A window that is too old, or of an item that is gone, costs requests to the table and nothing else."""
    first = ask(3, NOW).window
    assert ask(3, NOW + 1).window.total == 2
    assert ask(3, NOW + 1, first).window.total == 3
    assert not ask(3, NOW + 1, first).admitted
    assert ask(9, NOW + 30, first).window.total == 4
    strange = Window(PER, first.slot + 3, {first.slot + 3: 9}, 9)
    assert ask(9, NOW + 31, strange).window.total == 5


def test_request_in_a_known_slot_is_one_request_to_the_table() -> None:
    known = Window(PER, int(NOW // SLOT), {int(NOW // SLOT): 1}, 1)
    steps = counting(known, 5, PER, NOW)
    next(steps)
    with pytest.raises(StopIteration) as ended:
        steps.send({"slot": known.slot, "total": 3, f"c{known.slot % (SLOTS + 1)}": 3})
    assert ended.value.value.window.total == 4
    first = counting(None, 5, PER, NOW)
    next(first)
    with pytest.raises(StopIteration):
        first.send({})


def test_environments_that_stand_in_each_others_way_give_up() -> None:
    steps = counting(None, 5, PER, NOW)
    step = next(steps)
    changed: Item = {}
    for asked in range(2 * ROUNDS - 1):
        changed = {"slot": int(NOW // SLOT) - asked - 1, "total": 0}
        step = steps.send(changed if isinstance(step, Look) else None)
    with pytest.raises(StoreUnavailable):
        steps.send(changed)


@pytest.fixture
def blocking(environment: dict[str, str]) -> Iterator[BlockingAws]:
    with closing(BlockingAws(environment, TLS)) as client:
        yield client


def test_loops_and_threads_count_together(aws: Aws, runner: asyncio.Runner, blocking: BlockingAws) -> None:
    name = runner.run(create_table(aws, ("pk",)))
    table: Table = AwsTable(Calls(aws, "dynamodb", Patience(30)), name)
    waiting = BlockingAwsTable(lambda: blocking, name, Breaker("t", frozen))

    def on_loop(_: int) -> Counted:
        return runner.run(count(_Patient(table), "a", counting(None, 6, PER, NOW), frozen))

    def in_thread(_: int) -> Counted:
        return count_blocking(_PatientBlocking(waiting), "a", counting(None, 6, PER, NOW), frozen)

    given = [ask(0).window.total for ask in (on_loop, in_thread, on_loop, in_thread)]
    assert [after - before for before, after in pairwise(given)] == [1, 1, 1]
    with ThreadPoolExecutor(4) as threads:
        admitted = [each.admitted for each in threads.map(in_thread, range(8))]
    assert sum(admitted) == 2
    assert not on_loop(0).admitted


class _Patient:
    """A table with as much time as a busy machine needs."""

    met = True

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        assert within
        return await self._table.get(key, consistent=consistent, within=_LONG)

    async def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        assert within
        return await self._table.change(key, change, where=where, before=before, within=_LONG)


class _PatientBlocking:
    """The same, for threads."""

    met = True

    def __init__(self, table: BlockingAwsTable) -> None:
        self._table = table

    def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        assert within
        return self._table.get(key, consistent=consistent, within=_LONG)

    def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        assert within
        return self._table.change(key, change, where=where, before=before, within=_LONG)


@pytest.mark.parametrize("after", [0.0, 30.0], ids=["broken", "silent"])
def test_table_that_does_not_answer_is_not_waited_for_in_threads(after: float) -> None:
    with served(500, b"{}", after) as down:
        environment = {
            "AWS_ENDPOINT_URL": down.url,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": "eu-west-1",
        }
        with closing(BlockingAws(environment, TLS)) as client:
            table = BlockingAwsTable(lambda: client, "t", Breaker("t", time.monotonic))
            began = time.monotonic()
            for _ in range(20):
                with pytest.raises(StoreUnavailable):
                    count_blocking(table, "a", counting(None, 5, PER, NOW), time.monotonic)
            assert down.asked == 1
            assert time.monotonic() - began < WITHIN_FIRST + 5
