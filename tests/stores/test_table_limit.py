"""The calls of all environments, counted in a table; tests/stack has eight environments at once."""

import pytest

from fanin.stores.table_limit import TableLimit
from tests.stores.conformance import Keepers


@pytest.fixture
def limit(keepers: Keepers) -> TableLimit:
    return TableLimit(keepers.table(("pk",)))


def test_no_more_are_counted_in_a_period_than_may_start(limit: TableLimit, keepers: Keepers) -> None:
    for period in range(3):
        now = 1000.0 + period * 10 + 1
        assert [keepers.run(limit.take("a", 3, 10.0, now)) for _ in range(5)] == [now] * 3 + [now + 9] * 2
    assert keepers.run(limit.take("b", 3, 10.0, 1021.0)) == 1021.0
    assert keepers.run(limit.take("a", 3, 10.0, 1009.0)) == 1010.0  # by a clock that is behind


def test_a_clock_that_was_far_ahead_holds_nobody_up(limit: TableLimit, keepers: Keepers) -> None:
    assert keepers.run(limit.take("a", 2, 10.0, 87_401.0)) == 87_401.0
    keepers.run(limit.hold("a", 88_000.0))
    assert [keepers.run(limit.take("a", 2, 10.0, 1001.0)) for _ in range(3)] == [1001.0, 1001.0, 1010.0]
    keepers.run(limit.hold("a", 1042.0))
    assert keepers.run(limit.take("a", 2, 10.0, 1011.0)) == 1042.0


def test_all_are_held_back_until_the_latest_moment_that_was_said(limit: TableLimit, keepers: Keepers) -> None:
    assert keepers.run(limit.take("a", 5, 10.0, 1001.0)) == 1001.0
    keepers.run(limit.hold("a", 1042.0))
    keepers.run(limit.hold("a", 1035.0))
    assert keepers.run(limit.take("a", 5, 10.0, 1003.0)) == 1042.0
    assert keepers.run(limit.take("a", 5, 10.0, 1041.0)) == 1042.0
    assert keepers.run(limit.take("a", 5, 10.0, 1042.0)) == 1042.0
