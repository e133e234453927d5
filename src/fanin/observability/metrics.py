"""Metrics in CloudWatch's embedded metric format: lines of the log that CloudWatch makes metrics of.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
One line for the request, and, since a dimension has one value in a line, one for each source that it read.
"""

import math
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TextIO

import orjson

from fanin.config.values import Json
from fanin.engine.outcome import Clock, Outcome, Span
from fanin.observability.price import architecture, cost
from fanin.observability.served import Served

NAMESPACE = "fanin"

_COUNT = "Count"
_UNITS = {
    "Latency": "Milliseconds",
    "Errors": _COUNT,
    "Partial": _COUNT,
    "ColdStarts": _COUNT,
    "Attempts": _COUNT,
    "Waited": "Seconds",
    "WaitingCost": "None",
    "Calls": _COUNT,
    "Hits": _COUNT,
    "Failures": _COUNT,
}

type _Directive = tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]
"""Sets of dimensions, and the metrics that have them."""


class Metrics:
    """Writes the metrics of each request.

    Args:
        function: the function's name, a dimension of every metric.
        memory_mb: the function's memory size; None where waiting has no price of its own, and no `WaitingCost` is told.
        stream: takes whole lines, and is flushed behind them.
        now: gives the seconds since 1970.
    """

    def __init__(self, function: str, memory_mb: int | None, stream: TextIO, *, now: Clock = time.time) -> None:
        self._function = function
        self._memory_mb = memory_mb
        self._architecture = architecture()
        self._stream = stream
        self._now = now

    def __call__(self, served: Served) -> None:
        """Write the metrics of a request."""
        at = int(self._now() * 1000)
        lines = [orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in self._lines(served, at)]
        self._stream.write(b"".join(lines).decode())
        self._stream.flush()

    def _lines(self, served: Served, at: int) -> Iterator[Mapping[str, Json]]:
        calls = served.calls
        waited = served.waited
        values: dict[str, Json] = {
            "Latency": served.seconds * 1000,
            "Errors": int(served.status >= 500),
            "Partial": int(served.complete is False and served.status < 400),
            "ColdStarts": int(served.cold_start),
            "Attempts": sum(outcome.attempts for outcome, _ in calls.values()),
            "Waited": waited,
        }
        if self._memory_mb is not None:
            values["WaitingCost"] = cost(waited, self._memory_mb, self._architecture)
        dimensions = {"Function": self._function}
        sets: tuple[tuple[str, ...], ...] = (("Function",),)
        if served.endpoint:
            dimensions["Endpoint"] = served.endpoint
            sets = (("Function",), ("Function", "Endpoint"))
        yield {
            "_aws": _metadata(at, (sets, tuple(values))),
            **dimensions,
            **values,
            **served.about,
        }
        for name, (outcome, span) in calls.items():
            yield self._source(name, outcome, span, at)

    def _source(self, name: str, outcome: Outcome[Json], span: Span, at: int) -> Mapping[str, Json]:
        dimensions = {"Function": self._function, "Source": name}
        problem = outcome.error or outcome.partial
        values: dict[str, Json] = {
            "Calls": int(span.started is not None) if span.items is None else len(span.items),
            "Attempts": outcome.attempts,
            "Hits": int(_is_kept(outcome)),
            "Failures": int(problem is not None),
        }
        if span.started is not None:
            values["Latency"] = span.duration * 1000
        directives: list[_Directive] = [((("Function", "Source"),), tuple(values))]
        if problem:
            dimensions["Problem"] = problem.problem
            directives.append(((("Function", "Source", "Problem"),), ("Failures",)))
        return {"_aws": _metadata(at, *directives), **dimensions, **values}


def _is_kept(outcome: Outcome[Json]) -> bool:
    """Whether the value was kept: it is the source's, and no request was made for it. A computed value never ends."""
    return outcome.has_age and not outcome.attempts and outcome.fresh_for != math.inf


def _metadata(at: int, *directives: _Directive) -> Any:
    return {"Timestamp": at, "CloudWatchMetrics": _written(directives)}


@lru_cache(maxsize=64)
def _written(directives: tuple[_Directive, ...]) -> orjson.Fragment:
    """Write directives, which are the same in nearly every line."""
    return orjson.Fragment(
        orjson.dumps(
            [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": sets,
                    "Metrics": [{"Name": name, "Unit": _UNITS[name]} for name in names],
                }
                for sets, names in directives
            ]
        )
    )
