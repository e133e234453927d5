"""An async def handler with httpx frees the worker: one serves thousands."""

from typing import Final

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.models import ASYNC, BASELINE
from measure.contrast.server_figures import Crowded, ServerFigures
from measure.contrast.spelling import number, share, times
from measure.contrast.verdicts import looking
from measure.contrast.verdicts.finding import (
    ALIKE,
    GOAL,
    LAMBDA,
    SERVER,
    WITHIN,
    Finding,
    Held,
    Verdict,
    on_lambda,
    on_server,
    told,
    within,
)

_BUSY: Final = 0.6
"""From this share of a core on, the processor is what limits a worker."""


def verdict(figures: Figures) -> Verdict:
    """Answer the claim."""
    return Verdict(
        "An async def handler with httpx frees the worker: one serves thousands.",
        (on_server(figures, _server), on_lambda(figures, _across), within(figures, _within)),
        "The gateway's own application under one worker of Uvicorn, beside the same few lines with one "
        "httpx.AsyncClient() as it comes; the functions as built in Lambda's runtime.",
    )


def goal(label: str, billed: float) -> str:
    """Say whether the goal is met, where it is set: for eight calls."""
    if label != looking.calls("8"):
        return ""
    return f", {'within' if billed <= GOAL else 'above'} the goal of {GOAL}"


def _server(figures: ServerFigures) -> Finding | None:
    many, row = looking.crowd(figures)
    ours, threads = row.get(ASYNC), row.get("gunicorn-threads")
    if ours is None or threads is None or threads.behind is None:
        return None
    return Finding(
        SERVER,
        Held.by(threads.behind.times),
        told(
            f"To {many} one worker gives {ours.throughput.median:,.0f} answers a second, {times(threads.behind)} what "
            "40 "
            f"threads give, at {number(ours.cpu_ms, 2)} ms of processor time an answer.",
            "The processor is its limit, not the waiting."
            if ours.throughput.median * (ours.cpu_ms or 0) / 1000 >= _BUSY
            else "",
            _collecting(row),
            _careless(row.get("careless"), threads),
            _blocking(figures),
        ),
    )


def _collecting(row: looking.Row) -> str:
    if (gained := looking.collected_seldom(row)) is None:
        return ""
    return (
        f"It looks for garbage seldom, since its requests leave none: that makes {times(gained)} as many as where "
        "Python decides how often."
    )


def _careless(of: Crowded | None, threads: Crowded) -> str:
    if of is None:
        return ""
    if of.behind is None:
        return (
            "With a badly chosen client it does not hold: one shared httpx.AsyncClient() gave not one good answer "
            "while "
            "answers were counted."
        )
    if of.behind.times <= ALIKE:
        return ""
    beaten = of.throughput.median < threads.throughput.median
    return told(
        f"With a badly chosen client it {'does not hold' if beaten else 'holds less'}: one shared httpx.AsyncClient() "
        f"gives {of.throughput.median:,.0f}, {'less' if beaten else 'more'} than the threads; ours gives "
        f"{times(of.behind)} as much. Its connection pool looks through all waiting requests whenever one of them "
        f"moves{', and lets at most a hundred connect' if beaten else ''}.",
        f"{share(of.failed)} of its answers were failures." if of.failed else "",
    )


def _blocking(figures: ServerFigures) -> str:
    found = looking.most(figures, "blocking")
    if found is None:
        return ""
    asked, of, row = found
    ours = row.get(ASYNC)
    if ours is None or of.throughput.median * ALIKE >= ours.throughput.median:
        return ""
    return (
        f"And an async def that calls requests holds the whole loop: {of.throughput.median:,.1f} answers a second to "
        f"{asked}."
    )


def _across(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.single(figures)
    of, cold = warm.get(ASYNC), figures.cold
    if of is None or of.against is None or ASYNC not in cold or BASELINE not in cold:
        return None
    held = Held.NO if of.against.times >= 1 / ALIKE else Held.PART
    ours, theirs = (cold[name].init_ms.median for name in (ASYNC, BASELINE))
    return Finding(
        LAMBDA,
        held,
        told(
            "An environment serves one request at a time, never thousands.",
            f"With {asked} a request the asynchronous model is billed {times(of.against)} as much as the synchronous "
            f"one, and initialises in {ours:,.0f} ms against {theirs:,.0f}.",
            "There, async only costs." if held is Held.NO and ours > theirs else "",
        ),
    )


def _within(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.fan_out(figures)
    of = warm.get(ASYNC)
    if of is None or of.against is None:
        return None
    held = Held.by(1 / of.against.times)
    return Finding(
        WITHIN,
        held,
        told(
            "It frees the request's own other calls." if held is not Held.NO else "",
            f"{asked[0].upper()}{asked[1:]} are billed {times(of.against)} as much as one after another"
            f"{goal(asked, of.against.times)}: ${of.dollars_alike:.2f} a million against "
            f"${warm[BASELINE].dollars_alike:.2f} with equal memory.",
        ),
    )
