"""Ways to write a request's line and metrics: each gives a function that writes those of one request."""

import os
import sys
from collections.abc import Callable
from typing import Any

FUNCTIONS = {
    "gateway": ("fanin.compose.gateway", "fanin.entrypoints.fastapi.handler", "fanin.sources.http.fetch"),
    "sync": ("fanin.compose.sync", "fanin.entrypoints.plain.handler", "fanin.sources.http.blocking_fetch"),
}
"""What each function has imported by the time that it sets up its logs."""
LINES = (
    "fanin.observability.logs",
    "fanin.observability.metrics",
    "fanin.observability.redact",
    "fanin.observability.served",
)
"""What of it is there for logs and metrics alone."""
SOURCES = ("geo", "weather", "air", "country", "rates", "summary")

type Write = Callable[[], None]


def _served() -> Any:
    """Give what a function did for a request of six sources, one of which failed."""
    from fanin.config import Endpoint
    from fanin.engine.aggregation import Result
    from fanin.engine.outcome import Outcome, Span, Trace
    from fanin.errors import SourceTimeout
    from fanin.observability.served import Served

    endpoint = Endpoint(path="/trip/{city}", sources=SOURCES)
    endpoint.take_name("trip")
    outcomes: dict[str, Outcome[Any]] = {name: Outcome({"name": "Lisbon"}) for name in SOURCES}
    outcomes["summary"] = Outcome.failed(SourceTimeout("summary", "summary did not answer within 1500 ms"))
    trace = Trace(0.0, {name: Span(0.0, 0.001 * number, 1.5) for number, name in enumerate(SOURCES)})
    return Served("GET", "/trip/Lisbon", 200, 1.51, 0.01, results=[Result(endpoint, outcomes, trace)])


def nothing() -> Write:
    """Write nothing."""
    return lambda: None


def own_line() -> Write:
    """Write the request's line, redacted."""
    import logging

    from fanin.observability import logs
    from fanin.observability.redact import redactor
    from fanin.observability.served import log_request

    logs.configure(logging.INFO, redactor(), sys.stdout)
    served = _served()

    def write() -> None:
        logs.about(request_id="JKJaXmPLvHcESHA=", lambda_request_id="8b2b1c3e-5d9f-4c57-8a3e-0f1d2c3b4a59")
        log_request(served)

    return write


def own_line_and_metrics() -> Write:
    """Write line and metrics."""
    from fanin.observability.metrics import Metrics

    line, metrics, served = own_line(), Metrics("fanin-gateway", 1024, sys.stdout), _served()

    def write() -> None:
        line()
        metrics(served)

    return write


def powertools_line() -> Write:
    """Write the same line with Powertools' Logger."""
    from aws_lambda_powertools import Logger

    from fanin.observability import served as lines

    logger, served = Logger(service="fanin", stream=sys.stdout), _served()

    def write() -> None:
        logger.append_keys(request_id="JKJaXmPLvHcESHA=", lambda_request_id="8b2b1c3e-5d9f-4c57-8a3e-0f1d2c3b4a59")
        logger.warning("request", extra=lines._fields(served, served.calls))

    return write


def powertools_line_and_metrics() -> Write:
    """Write the same line and metrics with Powertools' Logger and Metrics."""
    os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "fanin"
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    line, served = powertools_line(), _served()

    def write() -> None:
        line()
        request = EphemeralMetrics()
        request.add_dimension("Function", "fanin-gateway")
        request.add_dimension("Endpoint", served.endpoint)
        request.add_metric("Latency", MetricUnit.Milliseconds, served.seconds * 1000)
        request.add_metric("Waited", MetricUnit.Seconds, served.waited)
        for name in ("Errors", "Partial", "ColdStarts", "Attempts", "WaitingCost"):
            request.add_metric(name, MetricUnit.Count, 1)
        request.flush_metrics()
        for name, (outcome, span) in served.calls.items():
            source = EphemeralMetrics()
            source.add_dimension("Function", "fanin-gateway")
            source.add_dimension("Source", name)
            source.add_metric("Calls", MetricUnit.Count, 1)
            source.add_metric("Attempts", MetricUnit.Count, outcome.attempts)
            source.add_metric("Failures", MetricUnit.Count, int(outcome.error is not None))
            source.add_metric("Latency", MetricUnit.Milliseconds, span.duration * 1000)
            source.flush_metrics()

    return write


CANDIDATES: dict[str, Callable[[], Write]] = {
    "(nothing)": nothing,
    "own line": own_line,
    "own line and metrics": own_line_and_metrics,
    "Powertools' line, not redacted": powertools_line,
    "Powertools' line and metrics, not redacted": powertools_line_and_metrics,
}
