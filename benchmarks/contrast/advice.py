"""What to do, in a few sentences, by the figures of a run."""

from collections.abc import Iterator
from typing import Final

from benchmarks.contrast.claims import ALIKE, close_look
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.lambda_figures import LambdaFigures
from benchmarks.contrast.models import ASYNC, BASELINE, named
from benchmarks.contrast.server_figures import ServerFigures

MAIN: Final = "main"
"""The plot of the page's head, which shows what the advice rests on."""
_THREADS: Final = "sync-threads"
_SHARED: Final = "stock-shared"
_GUNICORN: Final = "gunicorn-threads"


def advice(figures: Figures) -> str:
    """Say what to do, in Markdown; empty where too little was measured for saying it."""
    said = [
        *(_on_lambda(figures.lambda_) if figures.lambda_ else ()),
        *(_on_a_server(figures.server) if figures.server else ()),
    ]
    return f"**So do this.** {' '.join(said)}" if said else ""


def _on_lambda(figures: LambdaFigures) -> Iterator[str]:
    look = close_look(figures.warm)
    warm = figures.warm[look]
    if not {ASYNC, BASELINE} <= {*warm}:
        return
    at_once, in_turn = warm[ASYNC].billed_ms, warm[BASELINE].billed_ms
    if in_turn / at_once <= ALIKE:
        yield f"On Lambda, choose what you like: at once or in turn, a request is billed about {at_once:,.0f} ms."
        return
    yield (
        f"On Lambda, make the calls of a request at once: it is billed {at_once:,.0f} ms, and {in_turn:,.0f} ms one"
        " after another."
    )
    if _THREADS in warm:
        threads = warm[_THREADS].billed_ms
        alike = max(threads, at_once) / min(threads, at_once) <= ALIKE
        yield f"Threads are {'as good as' if alike else 'another thing than'} an event loop ({threads:,.0f} ms)."


def _on_a_server(figures: ServerFigures) -> Iterator[str]:
    clients = max(figures.closed, key=int)
    rates = {name: of.throughput.median for name, of in figures.closed[clients].items()}
    if not {ASYNC, _GUNICORN} <= {*rates}:
        return
    loop, threads = rates[ASYNC], rates[_GUNICORN]
    many = f"{int(clients):,} clients"
    if loop / max(threads, 1e-9) > ALIKE:
        yield (
            f"On a server with {many}, take async with a client for each API: {loop:,.0f} answers a second from one"
            f" worker, and {threads:,.0f} with 40 threads."
        )
    else:
        yield f"On a server with {many}, threads serve as many as async: {threads:,.0f} and {loop:,.0f} a second."
    if (shared := rates.get(_SHARED)) is not None and loop > ALIKE * shared:
        yield f"Do not share one httpx client among all requests: {shared:,.0f} a second."


type Bars = dict[str, tuple[str, float]]
"""The title and figure of each bar, by the name of its model or server."""


def compared(figures: Figures) -> tuple[Bars, Bars]:
    """Give what the main chart shows: what is billed on Lambda, and answers a second on a server."""
    billed: Bars = {}
    served: Bars = {}
    if found := figures.lambda_:
        warm = found.warm[close_look(found.warm)]
        billed = {name: (named(name).title, of.billed_ms) for name, of in warm.items()}
    if figures.server:
        row = figures.server.closed[max(figures.server.closed, key=int)]
        served = {name: (title, row[name].throughput.median) for name, title in SERVED.items() if name in row}
    return billed, served


SERVED: Final = {
    "async": "FastAPI async def",
    "threads": "FastAPI def, 40 threads",
    "django-async": "Django async view",
    "gunicorn-threads": "Django view, 40 threads",
    "gunicorn-sync": "Django view, one at a time",
    "stock-shared": "async def, one shared httpx client",
}
"""The servers of the main chart, and what they are called there."""
