"""The calls of a request in the terminal, drawn from its trace."""

from collections.abc import Collection, Mapping

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from fanin.cli.bars import CALL, NEEDS, PAUSE, TURN, Axis, Bar, Stretch
from fanin.cli.plan_drawing import CRITICAL
from fanin.config.budget import critical_path
from fanin.config.values import Json
from fanin.engine.aggregation import Result
from fanin.engine.outcome import Event, Outcome, Span
from fanin.engine.plan import Plan

_COLOURS: Mapping[str, str] = {"fresh": "green", "stale": "yellow", "fallback": "yellow", "skipped": "dim"}
_FAILED = "red"


def draw(result: Result, critical: Collection[str], console: Console) -> None:
    """Print each source's waiting and its call, in the order in which they started, and why some of them failed.

    Args:
        result: what the request came to.
        critical: the sources that decided how long it took.
        console: where to print.
    """
    began, spans = result.trace.began, result.trace.spans
    length = duration(result)
    table = Table("", "Source", Column(Axis(length)), "Took", "Outcome", box=None, pad_edge=False)
    for name in sorted(spans, key=lambda name: (_started(spans[name]), spans[name].ready)):
        span, outcome = spans[name], result.outcomes[name]
        colour = _FAILED if outcome.error else _COLOURS[outcome.state]
        table.add_row(
            Text(CRITICAL if name in critical else " ", "magenta"),
            Text(name, "bold" if name in critical else ""),
            Bar(_stretches(span, began, colour), length),
            Text("no call" if span.started is None else f"{span.duration * 1000:.0f} ms", justify="right"),
            Text(_spelled(outcome), colour),
        )
    console.print(table)
    legend = [(CALL, "call"), (NEEDS, "waits for values"), (TURN, "waits for its turn")]
    legend += [(PAUSE, "waits within a call")] if any(span.events for span in spans.values()) else []
    legend += [(CRITICAL, "decides how long it takes")] if critical else []
    console.print(Text("  ".join(f"{glyph} {meaning}" for glyph, meaning in legend), "dim"), soft_wrap=True)
    for name, event in _events(result):
        moment = f"{(event.at - began) * 1000:.0f} ms"
        console.print(Text.assemble((name, "bold"), f" at {moment}: {event.policy}: {event.did}"), soft_wrap=True)
    for error in result.failures.values():
        if error.root is error:
            console.print(Text.assemble((error.source, _FAILED), f": {error.detail}"), soft_wrap=True)


def _events(result: Result) -> list[tuple[str, Event]]:
    """Give what policies did, in the order in which they did it, each with its source."""
    found = [(name, event) for name, span in result.trace.spans.items() for event in span.events]
    return sorted(found, key=lambda named: named[1].at)


def critical(result: Result, plan: Plan) -> list[str]:
    """Give the chain of sources that decided how long a request took whose calls ran at once."""
    spans = result.trace.spans
    return critical_path(plan.needs, {name: _ended(span) for name, span in spans.items() if span.started is not None})


def duration(result: Result) -> float:
    """Give the seconds from the request's begin to the end of its last call."""
    return max(_ended(span) for span in result.trace.spans.values()) - result.trace.began


def _stretches(span: Span, began: float, colour: str) -> list[Stretch]:
    ready, started, ended = (moment - began for moment in (span.ready, _started(span), _ended(span)))
    stretches = [Stretch(0.0, ready, NEEDS, "dim")] if ready > 0 else []
    if started > ready:
        stretches.append(Stretch(ready, started, TURN, "dim"))
    if span.started is not None:
        attempts = [
            Stretch(attempt.started - began, ended if attempt.ended is None else attempt.ended - began, CALL, colour)
            for attempt in span.attempts
        ]
        stretches += [Stretch(started, ended, PAUSE, colour), *attempts] if attempts else []
        stretches += [] if attempts else [Stretch(started, ended, CALL, colour)]
    return stretches


def _started(span: Span) -> float:
    return span.ready if span.started is None else span.started


def _ended(span: Span) -> float:
    return _started(span) if span.ended is None else span.ended


def _spelled(outcome: Outcome[Json]) -> str:
    state = outcome.error.problem if outcome.error else outcome.state
    pages = f", {outcome.pages} pages" if outcome.pages > 1 else ""
    return f"{state}{pages}, {outcome.attempts} attempts" if outcome.attempts > 1 else state
