"""The calls of a request in the terminal, drawn from its trace."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from statistics import median

from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

from fanin.cli.bars import CALL, NEEDS, PAUSE, TURN, Axis, Bar, Stretch
from fanin.cli.plan_drawing import CRITICAL
from fanin.config.values import Json
from fanin.engine.outcome import Attempt, Event, Outcome, Span
from fanin.engine.result import Result

_COLOURS: Mapping[str, str] = {
    "fresh": "green",
    "stale": "yellow",
    "fallback": "yellow",
    "partial": "yellow",
    "skipped": "dim",
    "given up": "dim",
}
_FAILED = "red"
_GIVEN_UP: Outcome[Json] = Outcome(state="given up")
"""In the place of the outcome of a call that nobody waited for any more."""
_TOLD = 3
"""Items of a list whose failures are told."""


def draw(result: Result, critical: Collection[str], console: Console, *, items: bool = False) -> None:
    """Print each source's waiting and its call, in the order in which they started, and why some of them failed.

    Args:
        result: what the request came to.
        critical: the sources that decided how long it took.
        console: where to print.
        items: whether to print each call of a list too, rather than the shortest, the median and the longest.
    """
    began, spans = result.trace.began, result.trace.spans
    outcomes = {**result.outcomes, **result.asked}
    length = duration(result)
    table = Table("", "Source", Column(Axis(length)), "Took", "Outcome", box=None, pad_edge=False)
    for name in sorted(spans, key=lambda name: (_started(spans[name]), spans[name].ready)):
        span, outcome = spans[name], outcomes.get(name, _GIVEN_UP)
        colour = _FAILED if outcome.error else _COLOURS[outcome.state]
        table.add_row(
            Text(CRITICAL if name in critical else " ", "magenta"),
            Text(name, "bold" if name in critical else ""),
            Bar(_stretches(span, began, colour), length),
            Text("no call" if span.started is None else f"{span.duration * 1000:.0f} ms", justify="right"),
            Text(_spelled(outcome), colour),
        )
        if span.items:
            for row in _calls(span.items, began, length, colour) if items else [_lengths(span.items)]:
                table.add_row(*row)
    console.print(table)
    legend = [(CALL, "call"), (NEEDS, "waits for values"), (TURN, "waits for its turn")]
    legend += [(PAUSE, "waits within a call")] if any(span.paused for span in spans.values()) else []
    legend += [(CRITICAL, "decides how long it takes")] if critical else []
    console.print(Text("  ".join(f"{glyph} {meaning}" for glyph, meaning in legend), "dim"), soft_wrap=True)
    for name, event in _events(result, items=items):
        moment = f"{(event.at - began) * 1000:.0f} ms"
        console.print(Text.assemble((name, "bold"), f" at {moment}: {event.policy}: {event.did}"), soft_wrap=True)
    if not items:
        _count_events(result, console)
    asked = [outcome.error for outcome in result.asked.values() if outcome.error]
    for error in (*result.problems.values(), *asked):
        if error.root is error:
            console.print(Text.assemble((error.source, _FAILED), f": {error.detail}"), soft_wrap=True)
        for place, item in error.items.first[:_TOLD] if error.items else ():
            console.print(Text.assemble((f"  [{place}]", _FAILED), f": {item.detail}"), soft_wrap=True)


def _calls(items: Mapping[int, Span], began: float, length: float, colour: str) -> Iterator[tuple[RenderableType, ...]]:
    """Give a row for each call of a list; it has the item's place in the list."""
    for place, span in items.items():
        took = Text(f"{span.duration * 1000:.0f} ms", "dim", justify="right")
        failed = span.attempts and span.attempts[-1].result not in {"value", "cancelled"}
        bar = Bar(_stretches(span, began, _FAILED if failed else colour), length)
        yield "", Text(f"  [{place}]", "dim"), bar, took, ""


def _lengths(items: Mapping[int, Span]) -> tuple[RenderableType, ...]:
    """Give a row that says how long the calls of a list took."""
    lengths = sorted(span.duration * 1000 for span in items.values())
    calls = "1 call" if len(lengths) == 1 else f"{len(lengths)} calls"
    told = f"min {lengths[0]:.0f}, median {median(lengths):.0f}, max {lengths[-1]:.0f} ms"
    return "", Text(f"  {calls}", "dim"), Text(told, "dim"), "", ""


def _events(result: Result, *, items: bool) -> list[tuple[str, Event]]:
    """Give what policies did, in the order in which they did it, each with its source; of lists only if asked for."""
    found = [(name, event) for name, span in result.trace.spans.items() for event in span.events]
    if items:
        found += [
            (f"{name}[{place}]", event)
            for name, span in result.trace.spans.items()
            for place, item in (span.items or {}).items()
            for event in item.events
        ]
    return sorted(found, key=lambda named: named[1].at)


def _count_events(result: Result, console: Console) -> None:
    """Print how often policies did what in the calls of each list."""
    for name, span in result.trace.spans.items():
        events = (event for item in (span.items or {}).values() for event in item.events)
        counted = Counter(f"{event.policy}: {event.did}" for event in events)
        for did, times in counted.items():
            console.print(Text.assemble((name, "bold"), f": {did} ({times} of its calls)"), soft_wrap=True)


def duration(result: Result) -> float:
    """Give the seconds from the request's begin to the end of its last call."""
    return max(_ended(span) for span in result.trace.spans.values()) - result.trace.began


def _stretches(span: Span, began: float, colour: str) -> list[Stretch]:
    ready, started, ended = (moment - began for moment in (span.ready, _started(span), _ended(span)))
    stretches = [Stretch(0.0, ready, NEEDS, "dim")] if ready > 0 else []
    if started > ready:
        stretches.append(Stretch(ready, started, TURN, "dim"))
    if span.started is not None:
        calls = span.attempts if span.items is None else span.items.values()
        attempts = [
            Stretch(_started(call) - began, ended if call.ended is None else call.ended - began, CALL, colour)
            for call in calls
        ]
        stretches += [Stretch(started, ended, PAUSE, colour), *attempts] if attempts else []
        stretches += [] if attempts else [Stretch(started, ended, CALL, colour)]
    return stretches


def _started(call: Span | Attempt) -> float:
    if isinstance(call, Attempt):
        return call.started
    return call.ready if call.started is None else call.started


def _ended(span: Span) -> float:
    return _started(span) if span.ended is None else span.ended


def _spelled(outcome: Outcome[Json]) -> str:
    counted = [_counted(outcome.told[what], what) for what in ("items", "pages") if what in outcome.told]
    counted += [f"{outcome.told['failed']} failed"] if "failed" in outcome.told else []
    counted += [f"{outcome.attempts} attempts"] if outcome.attempts > 1 else []
    return ", ".join([outcome.told_state, *counted])


def _counted(number: object, what: str) -> str:
    return f"{number} {what.removesuffix('s') if number == 1 else what}"
