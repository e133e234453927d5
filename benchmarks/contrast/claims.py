"""The claims, and the figures that decide them.

A claim has evidence: what is measured, how the figure is found, and which figure is enough. `docs/contrast.md` says in
words what was measured, and why the figures come out as they do.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from operator import itemgetter
from typing import Any, Final, NamedTuple

from benchmarks.contrast.figures import Figures, Probe, answers_ms, billed, faster, held_back, rates
from benchmarks.contrast.models import ASYNC, BASELINE
from benchmarks.contrast.settings import SERVER_MS
from benchmarks.statistics import Ratio, grouped, ratio

ALIKE: Final = 1.3
"""Within so many times of each other, two figures count as alike."""
BETTER: Final = 4.0
"""From so many times on, a claim of more holds; below, but beyond `ALIKE`, it holds in part."""
GOAL: Final = 0.16
"""What the asynchronous model may be billed of the sequential one's time, for `CLOSE_LOOK` calls."""
CLOSE_LOOK: Final = "8"
"""The number of calls that is looked at closely, where it was measured."""

SERVER: Final = "A long-running server"
LAMBDA: Final = "Lambda, across requests"
WITHIN: Final = "Within one invocation"
PLACES: Final = (SERVER, LAMBDA, WITHIN)

CLAIMS: Final = (
    "A synchronous view blocks its worker: many clients need many workers.",
    "An async def handler with httpx frees the worker: one serves thousands.",
    "FastAPI's plain def endpoints run in a thread pool and behave like threaded sync.",
    "BackgroundTasks run without holding the response.",
    "WebSockets and async database calls come natively.",
    "Django's async views give the same under an ASGI server.",
    "Work that should not hold a request belongs in a queue (there Celery, here SQS).",
    "Django and FastAPI can live in one ASGI server.",
)


class Held(StrEnum):
    """Whether a claim held."""

    YES = "holds"
    PART = "holds in part"
    NO = "does not hold"
    UNKNOWN = "not measured"


type Found = Ratio | float | None
type Find = Callable[[Figures], Found]
type Judge = Callable[[float], Held]


class Verdict(NamedTuple):
    """A figure that decides a claim in one setting."""

    claim: int  # the claim's number, from 1
    where: str  # the setting
    what: str  # the figure, in words
    found: Found  # the figure; None where it was not measured
    held: Held  # whether the claim holds by it


def more(times: float) -> Held:
    """Judge a claim that something is several times as much."""
    return Held.YES if times >= BETTER else Held.PART if times > ALIKE else Held.NO


def alike(times: float) -> Held:
    """Judge a claim that two things are alike."""
    apart = max(times, 1 / times if times else math.inf)
    return Held.YES if apart <= ALIKE else Held.PART if apart <= BETTER else Held.NO


def at_most(held: float, in_part: float) -> Judge:
    """Judge a claim that something is no more than a limit."""
    return lambda found: Held.YES if found <= held else Held.PART if found <= in_part else Held.NO


def verdicts(figures: Figures) -> Iterator[Verdict]:
    """Judge every claim in every setting, in their order; a setting's first verdict is the claim's."""
    for claim, where, what, find, judge in _EVIDENCE:
        try:
            found = find(figures)
        except LookupError:  # it was not measured
            found = None
        times = found.times if isinstance(found, Ratio) else found
        yield Verdict(claim, where, what, found, Held.UNKNOWN if times is None else judge(times))


def close_look(figures: Figures) -> str:
    """Choose the question that is looked at closely: that of `CLOSE_LOOK` calls, or the last."""
    return CLOSE_LOOK if CLOSE_LOOK in figures.warm else list(figures.warm)[-1]


def _answers(first: str, second: str = "") -> Find:
    """Divide two servers' answers a second, with the most clients that both were measured with.

    Without a second, divide by those of a server that takes one request at a time.
    """

    def find(figures: Figures) -> Found:
        row = [row for row in figures.closed.values() if {first, second or first} <= {*row}][-1]
        if not second:
            return ratio(rates(row[first]), [1000 / SERVER_MS] * len(row[first]), statistics.mean)
        return faster(row[first], row[second]) or math.inf

    return find


def _billed(calls: str, first: str, second: str) -> Find:
    """Divide what two models are billed for so many calls."""
    return lambda figures: ratio(billed(figures.warm[calls][first]), billed(figures.warm[calls][second]))


def _probed(find: Callable[[Mapping[str, Any]], Found]) -> Find:
    """Find something in the measurements of single claims."""
    return lambda figures: find(figures.probes) if figures.probes else None


def _queried(find: Find) -> Find:
    """Find the same in the measurements of queries."""
    return lambda figures: find(figures.databases or Figures())


def _queued(where: str) -> Find:
    """Divide the milliseconds of an answer with a background task by those of one that hands the work to a queue."""
    return _probed(lambda of: ratio(answers_ms(of, Probe.TASK, where), answers_ms(of, Probe.QUEUED, where)))


def _busy(probes: Mapping[str, Any]) -> Found:
    """Divide answers that keep the processor busy, on the event loop, by those in threads."""
    busy = grouped(probes["busy"], "path")
    return faster(busy["/busy/async"], busy["/busy/threads"])


def _taken(status: float) -> Held:
    """Judge by the status of a WebSocket's event: a function that takes it holds no socket yet."""
    return Held.PART if status < 400 else Held.NO


def _in_queue(times: float) -> Held:
    """Judge by the time; where a task holds nothing back, what speaks for the queue is that its work survives."""
    return Held.PART if times <= 1 else more(times)


_one_call, _eight = partial(_billed, "1"), partial(_billed, CLOSE_LOOK)
_SYNC, _THREADS, _DJANGO = "gunicorn-sync", "gunicorn-threads", "django-async"
_STOCK, _ALCHEMY = "stock-django", "stock-sqlalchemy"
_BLOCKING: Final = _answers("stock-blocking")
_AS_SLOW: Final = at_most(ALIKE, BETTER)
_SENT: Final = at_most(0.1, 0.9)
"""For how much of a background task an answer may be held back."""
_AT_ONCE: Final = "time with 8 calls: one after another, of at once"
_HELD_BACK: Final = "the share of the task for which the answer was held back"
_HANDED: Final = "time with a background task, of handing the work to SQS"
_EVIDENCE: Final[Sequence[tuple[int, str, str, Find, Judge]]] = (
    (1, SERVER, "answers of a sync worker, of one request at a time", _answers(_SYNC), _AS_SLOW),
    (1, LAMBDA, "environments busy with 1 call a request: sync, of async", _one_call(BASELINE, ASYNC), more),
    (1, WITHIN, _AT_ONCE, _eight(BASELINE, ASYNC), more),
    (2, SERVER, "fanin's async worker, of fanin's 40 threads", _answers(ASYNC, _THREADS), more),
    (2, SERVER, "stock, one shared AsyncClient, of 40 stock threads", _answers("stock-shared", _STOCK), more),
    (2, SERVER, "stock, an AsyncClient a request, of 40 stock threads", _answers("stock-new", _STOCK), more),
    (2, SERVER, "stock, async def that calls requests, of one at a time", _BLOCKING, more),
    (2, LAMBDA, "time with 1 call: sync, of async", _one_call(BASELINE, ASYNC), more),
    (2, WITHIN, _AT_ONCE, _eight(BASELINE, ASYNC), more),
    (2, WITHIN, f"goal: at once at most {GOAL} of one after another", _eight(ASYNC, BASELINE), at_most(GOAL, GOAL)),
    (3, SERVER, "FastAPI's def, of Gunicorn's 40 threads", _answers("threads", _THREADS), alike),
    (3, LAMBDA, "time with 1 call: def, of async def", _one_call("threads", ASYNC), more),
    (3, WITHIN, "time with 8 calls: def, of async def", _eight("threads", ASYNC), alike),
    (3, WITHIN, "time with 8 calls: threads without a framework, of async def", _eight("sync-threads", ASYNC), alike),
    (4, SERVER, _HELD_BACK, _probed(partial(held_back, where="uvicorn")), _SENT),
    (4, LAMBDA, _HELD_BACK, _probed(partial(held_back, where="lambda")), _SENT),
    (5, SERVER, "long queries: fanin's async worker, of a sync worker", _queried(_answers(ASYNC, _SYNC)), more),
    (5, SERVER, "long queries: fanin's async worker, of fanin's 40 threads", _queried(_answers(ASYNC, _THREADS)), more),
    (5, SERVER, "long queries: SQLAlchemy async, of it in 40 threads", _queried(_answers(_ALCHEMY, _STOCK)), more),
    (5, SERVER, "long queries: async def that calls psycopg, of one at a time", _queried(_BLOCKING), more),
    (5, SERVER, "answers that compute: on the loop, of in threads", _probed(_busy), more),
    (5, LAMBDA, "time with 1 long query: sync, of async", _queried(_one_call(BASELINE, ASYNC)), more),
    (5, LAMBDA, "status of a WebSocket's event", _probed(itemgetter("socket_event_status")), _taken),
    (5, WITHIN, "8 long queries: one after another, of at once", _queried(_eight(BASELINE, ASYNC)), more),
    (6, SERVER, "FastAPI, of Django's async view", _answers(ASYNC, _DJANGO), alike),
    (6, SERVER, "Django's async view, of its sync view on 40 threads", _answers(_DJANGO, _THREADS), more),
    (6, LAMBDA, "time with 1 call: sync view, of async view", _one_call("django", _DJANGO), more),
    (6, WITHIN, "time with 8 calls: async view, of FastAPI", _eight(_DJANGO, ASYNC), alike),
    (6, WITHIN, "time with 8 calls: sync view, of async view", _eight("django", _DJANGO), more),
    (7, SERVER, _HANDED, _queued("uvicorn"), _in_queue),
    (7, LAMBDA, _HANDED, _queued("lambda"), _in_queue),
    (8, SERVER, "FastAPI by itself, of FastAPI with Django mounted", _answers(ASYNC, "one-process"), alike),
    (8, SERVER, "Django by itself, of Django mounted in FastAPI", _answers(_DJANGO, "one-process-django"), alike),
)
"""What is measured for a claim in a setting, how the figure is found, and who judges by it; in the page's order."""
