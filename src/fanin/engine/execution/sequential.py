"""One call after another."""

from collections import deque
from collections.abc import Callable
from typing import Any

from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.engine.result import Result


def run(aggregation: Aggregation, fetch: Callable[[Call], Outcome[Any]]) -> Result:
    """Make each call when the one before has ended.

    Args:
        aggregation: the request.
        fetch: makes a call of any source, and gives its failure as an outcome.
    """
    aggregation.at_once = 1
    waiting = deque(aggregation.start())
    while waiting:
        call = waiting.popleft()
        waiting += aggregation.settle(call, fetch(call))
    return aggregation.result()
