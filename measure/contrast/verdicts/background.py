"""Work behind the answer: BackgroundTasks, and a queue."""

from collections.abc import Callable

from measure.contrast.figures import Figures
from measure.contrast.probe_figures import ProbeFigures
from measure.contrast.verdicts.finding import (
    ALIKE,
    BETTER,
    LAMBDA,
    SERVER,
    Finding,
    Held,
    Verdict,
    probed,
    told,
)

_HARDLY, _WHOLLY = 0.1, 0.9
"""Shares of a task's length for which it held the answer back."""


def without_waiting(figures: Figures) -> Verdict:
    """Answer the claim about background tasks."""
    why = {
        (SERVER, Held.YES): "Uvicorn sends the answer before the task runs.",
        (
            LAMBDA,
            Held.NO,
        ): "Mangum gives the answer back when the application is done, tasks included, and Lambda bills for it.",
    }

    def finding(where: str, place: str) -> Callable[[ProbeFigures], Finding]:
        def find(found: ProbeFigures) -> Finding:
            back = found.held_back[place]
            held = Held.YES if back < _HARDLY else Held.PART if back < _WHOLLY else Held.NO
            return Finding(
                where,
                held,
                told(
                    f"With a task behind it the answer took {found.task_ms[place].median:,.1f} ms, without "
                    f"{found.plain_ms[place].median:,.1f} ms: it was held back for {max(0.0, back):.0%} of the task.",
                    why.get((where, held), ""),
                ),
            )

        return find

    return Verdict(
        "BackgroundTasks run without holding the response.",
        (
            probed(figures, SERVER, finding(SERVER, "uvicorn")),
            probed(figures, LAMBDA, finding(LAMBDA, "lambda")),
        ),
        "The same FastAPI application with a task that sleeps for half a second, under Uvicorn and, through Mangum, in "
        "Lambda's runtime.",
    )


def in_a_queue(figures: Figures) -> Verdict:
    """Answer the claim about queues."""

    def finding(where: str, place: str) -> Callable[[ProbeFigures], Finding]:
        def find(found: ProbeFigures) -> Finding:
            queued, task = found.queued_ms[place].median, found.task_ms[place].median
            if found.held_back[place] < _HARDLY:
                return Finding(
                    where,
                    Held.PART,
                    f"Handing the work to SQS took {queued:,.1f} ms of the request, a task behind the answer "
                    f"{task:,.1f} ms: the answer is not what speaks for the queue there, but that work in it survives "
                    "a crash and a deploy, and is done elsewhere.",
                )
            held = Held.YES if queued * BETTER <= task else Held.PART if queued * ALIKE <= task else Held.NO
            return Finding(
                where,
                held,
                told(
                    f"Handing the work to SQS answered after {queued:,.1f} ms, a background task after {task:,.0f} ms.",
                    f"The task takes {task / queued:,.0f} times as long, for it holds the answer back."
                    if held is Held.YES
                    else "",
                ),
            )

        return find

    return Verdict(
        "Work that should not hold a request belongs in a queue (there Celery, here SQS).",
        (
            probed(figures, SERVER, finding(SERVER, "uvicorn")),
            probed(figures, LAMBDA, finding(LAMBDA, "lambda")),
        ),
        "The same work as a background task, and as a message to SQS of the embedded AWS, whose way is shorter than "
        "that to the real one: add some milliseconds.",
    )
