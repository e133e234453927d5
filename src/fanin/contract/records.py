"""What is told of an endpoint piece by piece, over WebSocket and in streams: a record for each source, and an end."""

from typing import Any

from fanin.config.values import Json
from fanin.contract.answers import merged
from fanin.contract.problems import whole_problem
from fanin.engine.outcome import Outcome
from fanin.engine.problems import source_problem
from fanin.engine.result import Result

type Record = dict[str, Json]


def source_record(source: str, outcome: Outcome[Json]) -> Record:
    """Tell what a source came to: its value, or its problem."""
    what: Record = {"type": "source", "source": source}
    if outcome.error:
        return what | {"problem": source_problem(outcome.error)}
    lacking: Record = {"problem": source_problem(outcome.partial)} if outcome.partial else {}
    return what | _how(outcome) | {"value": outcome.value} | lacking


def item_record(source: str, place: int, outcome: Outcome[Json]) -> Record:
    """Tell what an item of a list came to, before the list is whole."""
    what: Record = {"type": "item", "source": source, "index": place}
    return what | ({"problem": source_problem(outcome.error)} if outcome.error else {"value": outcome.value})


def progress_record(source: str, state: str) -> Record:
    """Tell where a source stands whose value is not for clients: those of an endpoint with `pick`."""
    return {"type": "progress", "source": source, "state": state}


def sources_told(result: Result) -> Record:
    """Tell of each source of the plan what `Fanin-Sources` and `Server-Timing` tell, with times in milliseconds.

    `began` counts from the moment at which the request began; a source that made no call has no times.
    """
    told: Record = {}
    for name, outcome in result.outcomes.items():
        span = result.trace.spans[name]
        how = _how(outcome)
        if span.started is not None:
            began = (span.started - result.trace.began) * 1000
            how |= {"began": round(began, 1), "duration": round(span.duration * 1000, 1)}
        told[name] = how
    return told


def _how(outcome: Outcome[Json]) -> Record:
    """Tell how a source came to its value or its problem: in a word, and with what else `Fanin-Sources` tells."""
    age: Record = {"age": round(outcome.age)} if outcome.has_age else {}
    return {"state": outcome.told_state, **age, "attempts": outcome.attempts, **outcome.told}


def complete_record(result: Result) -> dict[str, Any]:
    """Tell that all has been told: the status, the problem if it is one, and of an endpoint with `pick` the answer."""
    problem = whole_problem(result)
    complete = all(outcome.complete for outcome in result.outcomes.values())
    status = problem["status"] if problem else result.goal.status
    record: dict[str, Any] = {"type": "complete", "status": status, "complete": complete}
    if problem:
        return record | {"problem": problem}
    return record | {"answer": merged(result)} if result.goal.pick is not None else record
