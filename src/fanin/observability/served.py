"""What a function did for one request, as logs and metrics tell of it."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fanin.config.values import Json
from fanin.engine.invocation import PageRequest
from fanin.engine.outcome import Outcome, Span, of_both, slower
from fanin.engine.result import Result
from fanin.engine.trace_context import TraceContext
from fanin.errors import SourceError
from fanin.observability import logs

type Call = tuple[Outcome[Json], Span]
"""What a call came to, and its times."""


@dataclass
class Served:
    """One request, and what it came to.

    Args:
        method: empty where the event could not be read; `LIVE` for a read over a WebSocket, `JOB` for a job's run.
        path: percent-encoded, without the query; empty likewise.
        status: of the answer.
        seconds: from the event's arrival to the answer.
        busy: seconds in which this process's threads used a processor meanwhile; of what they used for several
            invocations that were under way at once, an equal share.
        cold_start: whether it is the first that this process serves.
        results: what was aggregated for it; several where a handler written by hand read several sources.
        about: who asked, as far as it may be told: the caller's name, and a hash.
        trace: the trace that it belongs to; None if it belongs to none.
        by_page: the request that the console's page had made by it, as `Invocation` has it.
    """

    method: str
    path: str
    status: int
    seconds: float
    busy: float = 0.0
    cold_start: bool = False
    results: Sequence[Result] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    trace: TraceContext | None = None
    by_page: Sequence[PageRequest] = ()

    @property
    def endpoint(self) -> str:
        """The endpoint's name; empty where none was asked for, or a handler written by hand answered."""
        return self.results[0].goal.name if self.results else ""

    @cached_property
    def calls(self) -> Mapping[str, Call]:
        """Each source's outcome and times, by its name; of a source that was read twice what both reads came to."""
        calls: dict[str, Call] = {}
        for result in self.results:
            for name, outcome in (*result.outcomes.items(), *result.asked.items()):
                call = (outcome, result.trace.spans[name])
                calls[name] = _of_both(calls[name], call) if name in calls else call
        return calls

    @cached_property
    def complete(self) -> bool | None:
        """Whether every source answered for itself; None where no source was asked."""
        outcomes = [outcome for result in self.results for outcome in result.outcomes.values()]
        return all(outcome.complete for outcome in outcomes) if outcomes else None

    @cached_property
    def waited(self) -> float:
        """Seconds in which nothing happened but waiting for sources.

        At least one call was under way, and no processor was used. Where memory is small, and the share of a processor
        with it, the time in which Lambda withholds the processor counts as waiting while a call is under way.
        """
        return max(0.0, min(self._under_way, self.seconds - self.busy))

    @property
    def _under_way(self) -> float:
        """Seconds in which at least one call was under way."""
        total, until = 0.0, float("-inf")
        spans = [span for result in self.results for span in result.trace.spans.values()]
        times = [(s.started, s.ended) for s in spans if s.started is not None and s.ended is not None]
        for began, ended in sorted(times):
            total += max(0.0, ended - max(began, until))
            until = max(until, ended)
        return total


def _of_both(first: Call, second: Call) -> Call:
    return of_both(first[0], second[0]), slower(first[1], second[1])


type Watch = Callable[[Served], None]
"""Is told of each request that was served. One that sends later has a `close`, which sends what is left."""


def closing(watch: Watch) -> None:
    """Have a watch send what it has not sent yet, at the end of a process."""
    close: Callable[[], None] | None = getattr(watch, "close", None)
    if close:
        close()


logger = logging.getLogger("fanin")


def tell(watch: Watch, served: Served) -> None:
    """Tell a watch of a request. If that fails, the log says so: the answer is there, and what was done is done."""
    try:
        watch(served)
    except Exception:
        logger.exception("a request could not be told of")


def log_request(served: Served, *, flush: bool = True) -> None:
    """Write the request's line: a warning where the answer is a 5xx or a source failed in another way than `NotFound`.

    The query is not in it: what clients ask for may be personal, and paths are all that finding a request takes.

    Args:
        served: the request.
        flush: whether it goes out at once, as in `logs.write`.
    """
    calls = served.calls
    problems = [problem for outcome, _ in calls.values() if (problem := outcome.error or outcome.partial)]
    failed = bool(problems) and any(map(_is_wrong, problems))
    level = logging.WARNING if served.status >= 500 or failed else logging.INFO
    if logger.isEnabledFor(level):
        logs.write(logger, level, "request", _fields(served, calls), flush=flush)


def _is_wrong(error: SourceError) -> bool:
    """Whether an error is another than that there is no such thing; of a list, whether one of its items' is."""
    if error.items:
        return any(_is_wrong(item) for _, item in error.items.first)
    return error.root.status != 404


def _fields(served: Served, calls: Mapping[str, Call]) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "method": served.method,
        "path": served.path,
        "endpoint": served.endpoint,
        "status": served.status,
        "duration_ms": _milliseconds(served.seconds),
        "cold_start": served.cold_start,
        **served.about,
    }
    if calls:
        fields["complete"] = served.complete
        seconds = {name: span.duration for name, (_, span) in calls.items()}
        fields["waited_ms"] = _milliseconds(served.waited)
        fields["sources"] = {name: _source(*call, seconds[name]) for name, call in calls.items()}
    return fields


def _source(outcome: Outcome[Json], span: Span, seconds: float) -> dict[str, Json]:
    error = outcome.error
    fields: dict[str, Json] = {
        "state": error.problem if error else outcome.state,
        "attempts": outcome.attempts,
        "duration_ms": _milliseconds(seconds),
        **outcome.told,
    }
    if problem := error or outcome.partial:
        fields["reason"] = problem.reason or problem.detail
    if span.events:
        fields["events"] = [f"{event.policy}: {event.did}" for event in span.events]
    elif span.items and span.paused:
        fields["events"] = _counted(span.items.values())
    return fields


def _counted(items: Iterable[Span]) -> list[Json]:
    """Say what policies did in the calls of a list, and how often."""
    counted = Counter(f"{event.policy}: {event.did}" for item in items for event in item.events)
    return [f"{did} ({times})" for did, times in counted.items()]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
