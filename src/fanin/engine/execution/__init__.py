"""The execution models: how the calls of one request run. Each a file, to be read side by side."""

from collections.abc import Callable

from fanin.engine.aggregation import Aggregation
from fanin.engine.result import Result

type BlockingRun = Callable[[Aggregation], Result]
"""Runs the calls of one request, and returns when they are settled."""
