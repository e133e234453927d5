"""One call after another."""

from collections import deque
from collections.abc import Callable
from typing import Any

from fanin.aggregate import Aggregation, Result
from fanin.outcome import Outcome
from fanin.pipeline import Call


def run(aggregation: Aggregation, fetch: Callable[[Call], Outcome[Any]]) -> Result:
    """Make each call when the one before has ended.

    Args:
        aggregation: the request.
        fetch: makes a call of any source, and gives its failure as an outcome.
    """
    waiting = deque(aggregation.start())
    while waiting:
        call = waiting.popleft()
        waiting += aggregation.settle(call, fetch(call))
    return aggregation.result()
