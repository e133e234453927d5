"""A line in the terminal for a request that was answered, with its calls drawn small, on one axis."""

import contextlib
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fanin.engine.invocation import Invocation
from fanin.engine.result import Result
from fanin.entrypoints.console.recent import Recent
from fanin.entrypoints.console.trace import is_made
from fanin.entrypoints.servers.asgi import Application
from fanin.entrypoints.servers.recorded import Recorded
from fanin.local.process.console import colours, columns

CELLS: Final = 8
"""Columns of each source's bar: the whole time of the request."""
_CALL, _NOT, _OTHER, _FAILED, _KEPT, _MADE = "█", "·", "▒", "✗", "◆", "■"
_GREEN, _YELLOW, _RED, _DIM = "32", "33", "31", "2"
_MOST: Final = 12
"""Sources that are drawn."""
_REST: Final = len("  and 100 more")
"""Columns for how many others there are."""
_ANSWERED: Final = frozenset({"fresh"})
_WHOLE: Final = _ANSWERED | {"skipped", "stale"}
_OTHERS: Final = frozenset({"stale", "fallback", "partial"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A source's call.

    Args:
        name: the source's.
        state: what it came to, as `Fanin-Sources` says it.
        began: seconds from the request's begin.
        seconds: how long it took.
        attempts: requests to the source that were made for it.
        made: whether its value is made of others, without a request.
    """

    name: str
    state: str
    began: float
    seconds: float
    attempts: int
    made: bool = False


def recorded(app: Application, recent: Recent | None) -> Application:
    """Print a line for each request of an application, and let its console know of it.

    Args:
        app: the application, behind `Limits`; it is all that serves.
        recent: the console's, if there is one.
    """
    if recent:
        recent.sees_all = True

    def tell(invocation: Invocation, method: str, path: str, status: int, seconds: float) -> None:
        told = line(method, path, status, seconds, list(calls_of(invocation.results)))
        # Without file, Python 3.13.0 to 3.13.2 crash if another thread replaces sys.stdout meanwhile, as tests do.
        with contextlib.suppress(OSError):  # the terminal may have been closed
            print(told, file=sys.stdout, flush=True)
        if recent:
            recent.add(invocation, method, path, status, seconds)

    return Recorded(app, tell)


def line(  # noqa: PLR0913 - each is a part of it
    method: str, path: str, status: int, seconds: float, calls: Sequence[Drawn], *, complete: bool | None = None
) -> str:
    """Write the line, in colours where a terminal shows them.

    Args:
        method: the HTTP method.
        path: percent-encoded, without the query, which may be personal.
        status: the answer's.
        seconds: how long it took.
        calls: of its sources.
        complete: whether the answer is; None if only the calls can say it, of which one may be another's alternative.
    """
    coloured = colours()
    partial = not complete if complete is not None else any(call.state not in _WHOLE for call in calls)
    colour = _RED if status >= 500 else _YELLOW if status >= 400 or partial else _GREEN
    length = max([seconds, *(call.began + call.seconds for call in calls)])
    marked = _coloured(f"{status}{'~' if partial and status < 400 else ' '}", colour, coloured=coloured)
    shown = "".join(letter if letter.isprintable() else "?" for letter in path)
    asked = f"{method} {shown} {seconds * 1000:.0f} ms"
    drawn = _fitting(calls, columns() - len(f"  200  {asked}") if columns() else None)
    bars = [f"{call.name} {_bar(call, length, coloured=coloured)}" for call in drawn]
    more = [f"and {len(calls) - len(drawn)} more"] if len(drawn) < len(calls) else []
    return "  ".join([f"  {marked} {asked}", *bars, *more])


def _fitting(calls: Sequence[Drawn], room: int | None) -> list[Drawn]:
    """Give the calls that are drawn: all, or as many as a line has room for, first those that are not fresh."""
    widths = {call.name: len(call.name) + CELLS + 3 for call in calls}
    if len(calls) <= _MOST and (room is None or sum(widths.values()) <= room):
        return list(calls)
    left = math.inf if room is None else room - _REST
    kept: set[str] = set()
    for call in sorted(calls, key=lambda call: (call.state in _ANSWERED | {"skipped"}, -call.seconds))[:_MOST]:
        left -= widths[call.name]
        if left < 0:
            break
        kept.add(call.name)
    return [call for call in calls if call.name in kept]


def calls_of(results: Iterable[Result]) -> Iterator[Drawn]:
    """Give the calls of what was aggregated, each with its begin."""
    for result in results:
        for name, outcome in result.outcomes.items():
            span = result.trace.spans[name]
            began = max(0.0, (span.ready if span.started is None else span.started) - result.trace.began)
            yield Drawn(name, outcome.told_state, began, span.duration, outcome.attempts, is_made(outcome))


def calls_told(results: Iterable[Mapping[str, Any]]) -> Iterator[Drawn]:
    """Give the calls of what was aggregated, as a function has told its trace."""
    for result in results:
        for name, outcome in result["outcomes"].items():
            span = result["spans"][name]
            began = span["ready"] if span["started"] is None else span["started"]
            ended = began if span["started"] is None or span["ended"] is None else span["ended"]
            yield Drawn(
                name, outcome["state"], began / 1000, (ended - began) / 1000, outcome["attempts"], "made" in outcome
            )


def calls_in(headers: Mapping[str, str]) -> Iterator[Drawn]:
    """Give the calls that an answer's headers tell of, which say how long each took, and not when it began.

    Args:
        headers: names in lower case.
    """
    times: dict[str, float] = {}
    for member in headers.get("server-timing", "").split(", "):
        name, _, milliseconds = member.partition(";dur=")
        if milliseconds.replace(".", "", 1).isascii() and milliseconds.replace(".", "", 1).isdecimal():
            times[name] = float(milliseconds) / 1000
    for member in headers.get("fanin-sources", "").split(", "):
        told, *more = member.split(";")
        name, equals, state = told.partition("=")
        if equals:
            attempts = 0 if "attempts=0" in more else 1
            yield Drawn(name, state, 0.0, times.get(name, 0.0), attempts)


def _bar(call: Drawn, length: float, *, coloured: bool) -> str:
    """Draw a call on the axis of its request: by its colour, and by what it is drawn with."""
    scale = CELLS / length if length else 0.0
    first = min(int(call.began * scale), CELLS - 1)
    width = max(1, min(round(call.seconds * scale), CELLS - first))
    glyph, colour = _FAILED, _RED
    if call.state == "skipped":
        return _coloured(_NOT * CELLS, _DIM, coloured=coloured)
    if call.state in _ANSWERED:
        glyph, colour = (_CALL if call.attempts else _MADE if call.made else _KEPT), _GREEN
    elif call.state in _OTHERS:
        glyph, colour = _OTHER, _YELLOW
    before, after = _NOT * first, _NOT * (CELLS - first - width)
    return "".join(
        [
            _coloured(before, _DIM, coloured=coloured),
            _coloured(glyph * width, colour, coloured=coloured),
            _coloured(after, _DIM, coloured=coloured),
        ]
    )


def _coloured(text: str, colour: str, *, coloured: bool) -> str:
    return f"\033[{colour}m{text}\033[0m" if coloured and text else text
