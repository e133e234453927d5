"""fanin.observability.served: what a function did for one request."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from fanin.config import Endpoint
from fanin.engine.outcome import Outcome, Span, Trace
from fanin.engine.result import Result
from fanin.errors import DependencyFailed, FailedItems, ItemsFailed, NotFound, SourceError, SourceTimeout
from fanin.observability.served import Served, log_request

type Calls = Mapping[str, tuple[Outcome[Any], Span]]

GOOD = (Outcome[Any](1), Span(0.0, 10.0, 10.1))


def served(calls: Calls, *, status: int = 200, seconds: float = 1.0, busy: float = 0.0) -> Served:
    """Make a request that came to these calls."""
    endpoint = Endpoint(path="/trip", sources=tuple(calls))
    endpoint.take_name("trip")
    trace = Trace(0.0, {name: span for name, (_, span) in calls.items()})
    results = [Result(endpoint, {name: outcome for name, (outcome, _) in calls.items()}, trace)] if calls else []
    return Served("GET", "/trip/Lisbon", status, seconds, busy, cold_start=False, results=results)


def failed(error: SourceError) -> tuple[Outcome[Any], Span]:
    """Make a call that came to an error."""
    return Outcome[Any].failed(error), Span(0.0, 10.0, 10.3)


class TestWaiting:
    """Time in which nothing happens but waiting."""

    @pytest.mark.parametrize(
        ("spans", "waited"),
        [
            ([(0.0, 1.0)], 1.0),
            ([(0.0, 1.0), (0.0, 1.0)], 1.0),
            ([(0.0, 1.0), (0.5, 2.0)], 2.0),
            ([(0.0, 3.0), (1.0, 2.0)], 3.0),
            ([(2.0, 3.0), (0.0, 1.0)], 2.0),
            ([(None, None)], 0.0),
            ([(0.0, None)], 0.0),
        ],
    )
    def test_calls_under_way_at_once_are_waited_for_once(
        self, spans: list[tuple[float | None, float | None]], waited: float
    ) -> None:
        """Whatever the execution model."""
        calls = {f"s{number}": (Outcome[Any](1), Span(0.0, *span)) for number, span in enumerate(spans)}
        assert served(calls, seconds=10.0).waited == pytest.approx(waited)

    def test_work_is_no_waiting(self) -> None:
        """What the processor did meanwhile is taken off; it is never less than none."""
        assert served({"a": GOOD}, seconds=0.12, busy=0.05).waited == pytest.approx(0.07)
        assert served({"a": GOOD}, seconds=0.12, busy=0.5).waited == 0.0
        assert served({}).waited == 0.0


class TestLine:
    """The request's line."""

    def line(self, caplog: pytest.LogCaptureFixture, request: Served) -> dict[str, Any]:
        """Write it, and give its fields."""
        caplog.set_level(logging.INFO, "fanin")
        log_request(request)
        (record,) = caplog.records
        return vars(record)

    def test_it_says_what_was_asked_and_what_every_source_came_to(self, caplog: pytest.LogCaptureFixture) -> None:
        """With times, attempts, and why a source failed."""
        error = SourceTimeout("weather", "weather did not answer within 800 ms", attempts=2)
        error.reason = "TimeoutError from CancelledError"
        late = failed(error)
        late[1].note(10.2, "retry", "attempt 2 in 50 ms")
        line = self.line(caplog, served({"geo": GOOD, "weather": late}, seconds=0.3051, busy=0.0051))
        assert (line["msg"], line["levelno"]) == ("request", logging.WARNING)
        assert (line["method"], line["path"], line["endpoint"]) == ("GET", "/trip/Lisbon", "trip")
        assert (line["status"], line["duration_ms"], line["waited_ms"]) == (200, 305.1, 300.0)
        assert (line["complete"], line["cold_start"]) == (False, False)
        assert line["sources"] == {
            "geo": {"state": "fresh", "attempts": 1, "duration_ms": 100.0},
            "weather": {
                "state": "source-timeout",
                "attempts": 2,
                "duration_ms": 300.0,
                "reason": "TimeoutError from CancelledError",
                "events": ["retry: attempt 2 in 50 ms"],
            },
        }

    def test_a_request_that_asks_no_source_says_nothing_of_any(self, caplog: pytest.LogCaptureFixture) -> None:
        """As one that is refused."""
        line = self.line(caplog, served({}, status=404))
        assert line["levelno"] == logging.INFO
        assert not {"complete", "sources", "waited_ms"} & set(line)

    @pytest.mark.parametrize(("status", "level"), [(499, logging.INFO), (500, logging.WARNING)])
    def test_a_fault_of_fanins_own_is_a_warning_though_every_source_answered(
        self, status: int, level: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert self.line(caplog, served({"a": GOOD}, status=status))["levelno"] == level

    @pytest.mark.parametrize(
        ("error", "status", "level"),
        [
            (NotFound("a", "a has no such thing"), 404, logging.INFO),
            (DependencyFailed("b", NotFound("a", "a has no such thing")), 200, logging.INFO),
            (SourceTimeout("a", "too late"), 200, logging.WARNING),
            (DependencyFailed("b", SourceTimeout("a", "too late")), 200, logging.WARNING),
            (NotFound("a", "a has no such thing"), 502, logging.WARNING),
        ],
    )
    def test_it_is_a_warning_where_something_is_wrong(
        self, caplog: pytest.LogCaptureFixture, error: SourceError, status: int, level: int
    ) -> None:
        """Which that a source has no such thing is not."""
        assert self.line(caplog, served({"a": failed(error)}, status=status))["levelno"] == level


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_source_that_was_read_twice_both_reads_count(order: int, caplog: pytest.LogCaptureFixture) -> None:
    """A failure is warned of, although the other read went well or found nothing; the slower read says how long."""
    late, gone = failed(SourceTimeout("geo", "late")), failed(NotFound("geo", "gone"))
    reads = [served({"geo": call}).results[0] for call in (late, GOOD, gone)][::order]
    both = Served("GET", "/", 200, 1.0, results=reads)
    outcome, span = both.calls["geo"]
    assert (outcome.error, outcome.attempts, span) == (late[0].error, 3, late[1])
    log_request(both)
    assert caplog.records[-1].levelno == logging.WARNING


@pytest.mark.parametrize(
    ("error", "level"), [(NotFound("posts", "gone"), logging.INFO), (SourceTimeout("posts", "late"), logging.WARNING)]
)
def test_a_list_has_its_numbers_and_how_often_policies_did_what(
    error: SourceError, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Not an event for each of its calls; items that are not found are nothing to warn of."""
    caplog.set_level(logging.INFO, "fanin")
    partial = ItemsFailed("posts", "1 of 3 items of posts failed")
    partial.items = FailedItems.of({1: error})
    span = Span(0.0, 10.0, 10.3, items={place: Span(0.0, 10.0, 10.3) for place in range(3)})
    assert span.items
    for place in (0, 2):
        span.items[place].note(10.0, "cache", "was fresh")
    outcome = Outcome[Any]([1, None, 3], state="partial", partial=partial, told={"items": 3, "failed": 1})
    log_request(served({"posts": (outcome, span)}))
    (record,) = caplog.records
    assert record.levelno == level
    assert vars(record)["complete"] is False
    assert vars(record)["sources"]["posts"] == {
        "state": "partial",
        "attempts": 1,
        "duration_ms": 300.0,
        "items": 3,
        "failed": 1,
        "reason": "1 of 3 items of posts failed",
        "events": ["cache: was fresh (2)"],
    }
