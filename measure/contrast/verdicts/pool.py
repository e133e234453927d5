"""FastAPI's plain def endpoints run in a thread pool and behave like threaded sync."""

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.models import ASYNC
from measure.contrast.server_figures import ServerFigures
from measure.contrast.spelling import times
from measure.contrast.verdicts import looking
from measure.contrast.verdicts.finding import (
    ALIKE,
    BETTER,
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


def verdict(figures: Figures) -> Verdict:
    """Answer the claim."""
    return Verdict(
        "FastAPI's plain def endpoints run in a thread pool and behave like threaded sync.",
        (on_server(figures, _server), on_lambda(figures, _across), within(figures, _within)),
        "The gateway's /threads under Uvicorn beside Django's view under Gunicorn with as many threads; /threads and "
        "/sync-threads in Lambda's runtime.",
    )


def _server(figures: ServerFigures) -> Finding | None:
    many, row = looking.crowd(figures)
    pool, threads = row.get("threads"), row.get("gunicorn-threads")
    if pool is None or threads is None or not threads.throughput.median:
        return None
    factor = pool.throughput.median / threads.throughput.median
    ceiling = 40 * 1000 / figures.delay_ms
    bound = ceiling / ALIKE <= pool.throughput.median <= ceiling * ALIKE
    return Finding(
        SERVER,
        Held.YES if 1 / ALIKE <= factor <= ALIKE else Held.PART,
        told(
            f"To {many} they give {pool.throughput.median:,.0f} answers a second, Gunicorn's 40 threads "
            f"{threads.throughput.median:,.0f}.",
            f"40 threads that wait {figures.delay_ms} ms each can give {ceiling:,.0f}: 40 requests wait at a time, the "
            "others queue."
            if bound
            else "",
        ),
    )


def _across(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.single(figures)
    pool = warm.get("threads")
    if pool is None or pool.against_async is None:
        return None
    return Finding(
        LAMBDA,
        Held.NO if pool.against_async.times <= ALIKE else Held.PART,
        f"The pool never has a second request to run. With {asked} a request, def is billed "
        f"{times(pool.against_async)} "
        f"as much as async def, and spends {pool.cpu_ms.median:.1f} ms of processor time against "
        f"{warm[ASYNC].cpu_ms.median:.1f}.",
    )


def _within(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.fan_out(figures)
    found = {
        title: of.against_async
        for name, title in (("threads", "FastAPI def"), ("sync-threads", "no framework"))
        if (of := warm.get(name)) and of.against_async
    }
    if not found:
        return None
    worst = max(of.times for of in found.values())
    held = Held.YES if worst <= ALIKE else Held.PART if worst <= BETTER else Held.NO
    most, widest = looking.widest(figures)
    further = widest["sync-threads"].against_async if "sync-threads" in widest and most != asked else None
    return Finding(
        WITHIN,
        held,
        told(
            "Calls in threads are as good as on an event loop." if held is Held.YES else "",
            f"For {asked} threads are billed "
            + " and ".join(f"{times(of)} ({title})" for title, of in found.items())
            + " as much as async"
            + (f"; for {most} {times(further)} (no framework)." if further else "."),
        ),
    )
