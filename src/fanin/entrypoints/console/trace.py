"""The trace of a request as JSON: times in milliseconds from its begin."""

import math
from itertools import islice

from fanin.config.record import record
from fanin.config.values import Json
from fanin.engine.outcome import Attempt, Outcome, Span, Told, Trace
from fanin.engine.plan import Plan
from fanin.engine.result import Result
from fanin.engine.worst_case import critical
from fanin.observability.redact import Redact

MAX_ITEMS = 100
"""Calls of a list that are told."""


def told_spans(trace: Trace) -> dict[str, Json]:
    """Tell the times of each call, as far as the request has come.

    Args:
        trace: the request's, which may still be under way.
    """
    return {name: _span(span, trace.began) for name, span in trace.spans.items()}


@record
class Kept:
    """What is kept of a result: nothing that has a value of it.

    Args:
        trace: when each call ran.
        endpoint: its name, or that of the one source that was read.
        plan: the endpoint's; None of what a handler written by hand read, whose chain is then not told.
        complete: whether every source answered for itself.
        outcomes: each source's, as it is told.
    """

    trace: Trace
    endpoint: str
    plan: Plan | None
    complete: bool
    outcomes: "dict[str, _Outcome]"

    @classmethod
    def of(cls, result: Result, plan: Plan | None) -> "Kept":
        """Keep what a request came to."""
        outcomes = {**result.outcomes, **result.asked} if result.asked else result.outcomes
        kept = {name: _kept(outcome) for name, outcome in outcomes.items()}
        complete = all(outcome.complete for outcome in result.outcomes.values())
        return cls(result.trace, result.goal.name, plan, complete, kept)

    def told(self, redact: Redact = str) -> dict[str, Json]:
        """Tell each source's outcome and times, and the chain that decided how long the request took.

        Args:
            redact: hides what logs may not show.
        """
        ends = [span.ended for span in self.trace.spans.values() if span.ended is not None]
        chain: list[Json] = [*critical(self.trace, self.plan)] if self.plan else []
        return {
            "duration_ms": _since(max(ends, default=self.trace.began), self.trace.began),
            "complete": self.complete,
            "critical": chain,
            "spans": told_spans(self.trace),
            "outcomes": {name: _told(outcome, redact) for name, outcome in self.outcomes.items()},
        }


type _Outcome = tuple[str, int, Told, float, float | None, str, str]
"""What is kept of an outcome, as a tuple is made in no time: state, attempts, `told`, age and `fresh_for`; the type of
the problem of its failure, and the detail of its problem. Neither its value, nor its error, which leads to more."""


def _kept(outcome: Outcome[Json]) -> _Outcome:
    error = outcome.error
    problem = error or outcome.partial
    return (
        outcome.state,
        outcome.attempts,
        outcome.told,
        outcome.age,
        outcome.fresh_for,
        error.problem if error else "",
        problem.detail if problem else "",
    )


def is_made(outcome: Outcome[Json]) -> bool:
    """Whether the value was made here: no request was made for it, and it is fresh for ever."""
    return not outcome.attempts and outcome.fresh_for == math.inf and outcome.has_age


def _told(kept: _Outcome, redact: Redact) -> dict[str, Json]:
    state, attempts, more, age, fresh_for, failed, detail = kept
    told: dict[str, Json] = {"state": failed or state, "attempts": attempts, **more}
    if not failed and state not in ("fallback", "skipped"):
        told["age"] = round(age)
        if not attempts and fresh_for == math.inf:
            told["made"] = True
    if detail:
        told["detail"] = redact(detail)
    return told | {"failed": bool(failed)}


def _span(span: Span, began: float) -> dict[str, Json]:
    told: dict[str, Json] = {"ready": _since(span.ready, began), **_times(span, began)}
    told["attempts"] = [_attempt(attempt, began) for attempt in span.attempts]
    told["events"] = _events(span, began)
    if span.items is not None:
        told["calls"] = len(span.items)
        told["items"] = [_item(place, item, began) for place, item in islice(span.items.items(), MAX_ITEMS)]
    return told


def _item(place: int, span: Span, began: float) -> dict[str, Json]:
    results = [attempt.result for attempt in span.attempts]
    told: dict[str, Json] = {"index": place, **_times(span, began), "attempts": len(results)}
    told["result"] = results[-1] if results else ""
    return {**told, "events": _events(span, began)} if span.events else told


def _events(span: Span, began: float) -> list[Json]:
    return [{"at": _since(event.at, began), "policy": event.policy, "did": event.did} for event in span.events]


def _attempt(attempt: Attempt, began: float) -> dict[str, Json]:
    return {**_times(attempt, began), "result": attempt.result}


def _times(call: Span | Attempt, began: float) -> dict[str, Json]:
    started = None if call.started is None else _since(call.started, began)
    return {"started": started, "ended": None if call.ended is None else _since(call.ended, began)}


def _since(moment: float, began: float) -> float:
    return round((moment - began) * 1000, 1)
