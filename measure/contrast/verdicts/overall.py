"""What counts most, and where async gains nothing: each sentence only where the figures say so."""

from collections.abc import Iterator

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.models import ASYNC, BASELINE
from measure.contrast.probe_figures import ProbeFigures
from measure.contrast.server_figures import ServerFigures
from measure.contrast.spelling import times
from measure.contrast.verdicts import looking
from measure.contrast.verdicts.finding import ALIKE
from measure.contrast.verdicts.freeing import goal


def in_short(figures: Figures) -> Iterator[str]:
    """Say what counts most, in a few sentences."""
    if figures.lambda_:
        yield from _lambda_in_short(figures.lambda_)
    if figures.server:
        yield from _server_in_short(figures.server)
    ours = (figures.deployment or {}).get(ASYNC)
    if ours and ours.against:
        yield (
            f"From outside, the asynchronous model takes {times(ours.against)} as long as one call after another, the "
            "network's way included."
        )


def no_gain(figures: Figures) -> Iterator[str]:
    """Say where async makes no difference, or loses."""
    if figures.lambda_:
        yield from _no_gain_on_lambda(figures.lambda_)
    if figures.probes:
        yield from _no_gain_of_processors(figures.probes)
    if figures.server:
        yield from _no_gain_on_servers(figures.server)


def _lambda_in_short(figures: LambdaFigures) -> Iterator[str]:
    asked, warm = looking.fan_out(figures)
    if not (of := warm.get(ASYNC)) or not of.against:
        return
    yield (
        f"On Lambda, a request of {asked} is billed {of.billed_ms:,.0f} ms asynchronously and "
        f"{warm[BASELINE].billed_ms:,.0f} ms one after another: {times(of.against)} as much"
        f"{goal(asked, of.against.times)}."
    )
    if (threads := warm.get("sync-threads")) and threads.against_async:
        if threads.against_async.times <= ALIKE:
            yield (
                f"Threads are as good as the event loop for that, {times(threads.against_async)} its billed time: what "
                "pays is making the calls at once, not the word async."
            )
        else:
            yield f"Threads are billed {times(threads.against_async)} the event loop's time for that."
    if of.dollars > warm[BASELINE].dollars / ALIKE:
        yield (
            f"With the memory that the template gives each function the money is hardly less: ${of.dollars:.2f} "
            f"against ${warm[BASELINE].dollars:.2f} a million."
        )


def _server_in_short(figures: ServerFigures) -> Iterator[str]:
    many, row = looking.crowd(figures)
    ours = row.get(ASYNC)
    behind = [
        f"{times(of.behind)} what {what}"
        for name, what in (
            ("gunicorn-threads", "40 threads give"),
            ("gunicorn-sync", "a synchronous worker gives"),
            ("careless", "an asynchronous handler gives that shares one httpx client as it comes"),
        )
        if (of := row.get(name)) and of.behind
    ]
    if ours and behind:
        yield (
            f"On a server, one worker of the asynchronous gateway gives {ours.throughput.median:,.0f} answers a second "
            f"to {many}: {'; '.join(behind)}."
        )


def _no_gain_on_lambda(figures: LambdaFigures) -> Iterator[str]:
    asked, warm = looking.single(figures)
    of = warm.get(ASYNC)
    if of and of.against and of.against.times >= 1 / ALIKE and asked == looking.calls("1"):
        yield (
            f"A request with {asked}, on Lambda: {times(of.against)} the synchronous model's billed time. There is "
            "nothing to wait for at once, and an environment has no second request."
        )
    cold = figures.cold
    if ASYNC in cold and BASELINE in cold and cold[ASYNC].init_ms.median > cold[BASELINE].init_ms.median:
        yield (
            f"Cold starts: {cold[ASYNC].init_ms.median:,.0f} ms of initialisation against "
            f"{cold[BASELINE].init_ms.median:,.0f} ms without a framework."
        )


def _no_gain_of_processors(figures: ProbeFigures) -> Iterator[str]:
    if figures.busy and figures.busy.times <= ALIKE:
        yield (
            f"Work that keeps the processor busy: the event loop answers {times(figures.busy)} as fast as threads. "
            "Waiting is all that async shares out."
        )
    if figures.computing["uvicorn"].times <= ALIKE:
        yield (
            f"Queries that this machine's processor works on: in turn they take "
            f"{times(figures.computing['uvicorn'])} as long as at once."
        )


def _no_gain_on_servers(figures: ServerFigures) -> Iterator[str]:
    _, row = looking.crowd(figures)
    careless, threads = row.get("careless"), row.get("gunicorn-threads")
    if careless and threads and careless.throughput.median < threads.throughput.median:
        yield (
            f"A badly chosen client: an asynchronous handler over one httpx.AsyncClient() gives "
            f"{careless.throughput.median:,.0f} answers a second, 40 threads with requests "
            f"{threads.throughput.median:,.0f}."
        )
    few = looking.fewest(figures, "gunicorn-threads")
    if few and few[1].behind and few[1].behind.times <= ALIKE:
        yield f"Few clients: to {few[0]} an asynchronous worker gives {times(few[1].behind)} what threads give."
