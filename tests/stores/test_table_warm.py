"""What is kept warm, in the table of the cache."""

import asyncio
from typing import Any

import pytest

from fanin.stores import table_warm
from fanin.stores.table_warm import TableWarm
from fanin.stores.warm import ENOUGH
from tests.stores.conformance import Keepers


@pytest.fixture
def warm(keepers: Keepers) -> TableWarm:
    return TableWarm(keepers.table(("pk",), {"due": ("warm", "due")}, numbers={"due"}))


def wanted(warm: TableWarm, keepers: Keepers, key: str, asked: float, task: str = "task") -> None:
    """Ask as often as is enough."""
    noted = [keepers.run(warm.note(key, "a", task, asked, 300.0)) for _ in range(ENOUGH)]
    assert noted == [False] * (ENOUGH - 1) + [True]


def test_what_is_due_comes_the_longest_overdue_first(warm: TableWarm, keepers: Keepers) -> None:
    for number in (2, 0, 1):
        wanted(warm, keepers, f"a#{number}", 100.0 + number, f"task {number}")
    assert keepers.run(warm.note("a#0", "a", "task 0", 150.5, 300.0))  # what is due stays
    assert keepers.run(warm.due(399.0, 10)) == []
    found = keepers.run(warm.due(401.0, 10))
    assert [(row.key, row.source, row.task, row.asked, row.due) for row in found] == [
        ("a#0", "a", "task 0", 150.5, 400.0),
        ("a#1", "a", "task 1", 101.0, 401.0),
    ]
    assert len(keepers.run(warm.due(999.0, 2))) == 2


def test_only_requests_of_one_period_count_together(warm: TableWarm, keepers: Keepers) -> None:
    for period in range(4):
        for _ in range(ENOUGH - 1):
            assert not keepers.run(warm.note("a#0", "a", "task", 300.0 * period + 1, 300.0))
    assert keepers.run(warm.due(9_999.0, 10)) == []
    assert keepers.run(warm.note("a#0", "a", "task", 300.0 * 3 + 2, 300.0))
    assert [row.due for row in keepers.run(warm.due(9_999.0, 10))] == [1202.0]


def test_what_is_kept_warm_needs_one_request_to_be_kept_on(warm: TableWarm, keepers: Keepers) -> None:
    wanted(warm, keepers, "a#0", 100.0)
    assert keepers.run(warm.note("a#0", "a", "task", 7_000.0, 300.0))
    assert [row.asked for row in keepers.run(warm.due(9_999.0, 10))] == [7_000.0]


def test_a_source_has_so_many_a_day_whoever_asks_at_once(
    warm: TableWarm, keepers: Keepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last places are not given twice, nor to one key twice; another source and another day have their own."""
    day, most = 86_400.0, 12
    monkeypatch.setattr(table_warm, "MOST_OF_SOURCE", most)

    async def ask(source: str, number: int, asked: float) -> None:
        for _ in range(ENOUGH):
            await warm.note(f"{source}#{number:016x}", source, "task", asked, 300.0)

    async def at_once(source: str, numbers: range, asked: float) -> None:
        await asyncio.gather(*(ask(source, number, asked) for number in numbers for _ in range(2)))

    keepers.run(at_once("a", range(most + 6), 100.0))
    keepers.run(at_once("b", range(3), 100.0))
    assert len(keepers.run(warm.due(9_999.0, 500))) == most + 3
    keepers.run(at_once("a", range(200, 204), day + 100))
    assert len(keepers.run(warm.due(2 * day, 500))) == most + 3 + 4


def test_a_request_costs_four_requests_to_the_table_at_most(warm: TableWarm, keepers: Keepers) -> None:
    """Two for the first of a period, one for the next, three for the one that is enough."""
    asked: list[str] = []
    change = warm._table.change

    async def counted(*arguments: Any, **more: Any) -> Any:
        asked.append("change")
        return await change(*arguments, **more)

    warm._table.change = counted  # type: ignore[method-assign]
    costs = []
    for _ in range(ENOUGH):
        asked.clear()
        keepers.run(warm.note("a#0", "a", "task", 100.0, 300.0))
        costs.append(len(asked))
    assert costs == [2, 1, 3]


def test_of_two_that_move_at_once_one_does(warm: TableWarm, keepers: Keepers) -> None:
    wanted(warm, keepers, "a#0", 100.25)
    [row] = keepers.run(warm.due(500.0, 10))
    assert keepers.run(warm.move(row, 700.0))
    assert not keepers.run(warm.move(row, 701.0))
    [moved] = keepers.run(warm.due(700.0, 10))
    assert keepers.run(warm.move(moved, None))
    assert not keepers.run(warm.move(moved, None))
    assert keepers.run(warm.due(9_999.0, 10)) == []
    wanted(warm, keepers, "a#0", 800.0)  # as if for the first time
    assert [row.due for row in keepers.run(warm.due(9_999.0, 10))] == [1100.0]
