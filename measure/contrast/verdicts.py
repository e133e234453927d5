"""The claims, each answered from the figures: where it holds, by what factor, where not, and why.

No sentence has a figure of its own, and none is chosen but by a figure: on another machine, other sentences come.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from measure.contrast import figures as all_figures
from measure.contrast.lambda_figures import LambdaFigures, Warm
from measure.contrast.models import ASYNC, BASELINE
from measure.contrast.probe_figures import ProbeFigures
from measure.contrast.server_figures import Crowded, ServerFigures
from measure.contrast.spelling import number, times

ALIKE: Final = 1.3
"""Within so many times of each other, two figures count as alike."""
BETTER: Final = 4.0
"""From so many times on, a claim of more holds; below, but beyond `ALIKE`, it holds in part."""
GOAL: Final = 0.16
"""What the asynchronous model may be billed of the sequential one's time, for eight calls."""


class Held(StrEnum):
    """Whether a claim held."""

    YES = "holds"
    PART = "holds in part"
    NO = "does not hold"
    UNKNOWN = "not measured"


@dataclass(frozen=True)
class Finding:
    """A claim in one setting.

    Args:
        where: the setting.
        held: whether it held there.
        text: by what factor, and why.
    """

    where: str
    held: Held
    text: str


@dataclass(frozen=True)
class Verdict:
    """A claim, answered.

    Args:
        claim: the claim.
        findings: a finding for each setting.
        how: how it was measured.
    """

    claim: str
    findings: tuple[Finding, ...]
    how: str


SERVER: Final = "A long-running server"
LAMBDA: Final = "Lambda, across requests"
WITHIN: Final = "Within one invocation"


def verdicts(figures: all_figures.Figures) -> list[Verdict]:
    """Answer the claims, in their order."""
    return [answer(figures) for answer in _ANSWERS]


def in_short(figures: all_figures.Figures) -> Iterator[str]:
    """Say what counts most, in a few sentences."""
    if figures.lambda_:
        yield from _lambda_in_short(figures.lambda_)
    if figures.server:
        yield from _server_in_short(figures.server)
    for name, outside in (figures.deployment or {}).items():
        if name == ASYNC and outside.against:
            yield (
                f"From outside, the asynchronous model takes {times(outside.against)} as long as one call after "
                "another, the network's way included."
            )


def no_gain(figures: all_figures.Figures) -> Iterator[str]:
    """Say where async makes no difference, or loses: each sentence only where the figures say so."""
    if figures.lambda_:
        label, warm = _single(figures.lambda_)
        of = warm.get(ASYNC)
        if of and of.against and of.against.times >= 1 / ALIKE and label == "1":
            yield (
                f"A request with one call, on Lambda: {times(of.against)} the synchronous model's billed time. There "
                "is "
                "nothing to wait for at once, and an environment has no second request."
            )
        cold = figures.lambda_.cold
        if ASYNC in cold and BASELINE in cold and cold[ASYNC].init_ms.median > cold[BASELINE].init_ms.median:
            yield (
                f"Cold starts: {cold[ASYNC].init_ms.median:,.0f} ms of initialisation against "
                f"{cold[BASELINE].init_ms.median:,.0f} ms without a framework."
            )
    if figures.probes and figures.probes.busy and 1 / ALIKE <= figures.probes.busy.times <= ALIKE:
        yield (
            f"Work that keeps the processor busy: the event loop answers {times(figures.probes.busy)} as fast as "
            "threads. "
            "One core is one core; waiting is all that async shares out."
        )
    if figures.probes and figures.probes.computing["uvicorn"].times <= ALIKE:
        yield (
            "Queries that this machine's processor works on: in turn they take "
            f"{times(figures.probes.computing['uvicorn'])} as long as at once."
        )
    if figures.server:
        _, row = _crowd(figures.server)
        careless, threads = row.get("careless"), row.get("gunicorn-threads")
        if careless and threads and careless.throughput.median < threads.throughput.median:
            yield (
                f"A badly chosen client: an asynchronous handler over one httpx.AsyncClient() gives "
                f"{careless.throughput.median:,.0f} answers a second, 40 threads with requests "
                f"{threads.throughput.median:,.0f}."
            )
        few = next(iter(figures.server.closed.values()))
        ours, plain = few.get(ASYNC), few.get("gunicorn-threads")
        if ours and plain and plain.behind and plain.behind.times <= ALIKE:
            yield (
                f"Few clients: with {_clients(int(next(iter(figures.server.closed))))} one asynchronous worker gives "
                f"{times(plain.behind)} what threads give."
            )


def _lambda_in_short(figures: LambdaFigures) -> Iterator[str]:
    label, warm = _fan_out(figures)
    if not (of := warm.get(ASYNC)) or not of.against:
        return
    goal = f", {'within' if of.against.times <= GOAL else 'above'} the goal of {GOAL}" if label == "8" else ""
    yield (
        f"On Lambda, a request of {_calls(label)} is billed {of.billed_ms:,.0f} ms asynchronously and "
        f"{warm[BASELINE].billed_ms:,.0f} ms one after another: {times(of.against)} as much{goal}."
    )
    if (threads := warm.get("sync-threads")) and threads.against_async:
        alike = "as good as" if threads.against_async.times <= ALIKE else "worse than"
        yield (
            f"Threads are {alike} the event loop for that: {times(threads.against_async)} its billed time. "
            "What pays is making the calls at once, not the word async."
        )
    if of.dollars > warm[BASELINE].dollars / ALIKE:
        yield (
            f"With the memory that the template gives each function the money is hardly less: ${of.dollars:.2f} "
            f"against ${warm[BASELINE].dollars:.2f} a million."
        )


def _server_in_short(figures: ServerFigures) -> Iterator[str]:
    clients, row = _crowd(figures)
    ours = row.get(ASYNC)
    if ours is None:
        return
    behind = [
        f"{times(of.behind)} {what}"
        for name, what in (
            ("gunicorn-threads", "what 40 threads give"),
            ("gunicorn-sync", "what a synchronous worker gives"),
            ("careless", "what an asynchronous handler gives that shares one httpx client as it comes"),
        )
        if (of := row.get(name)) and of.behind
    ]
    yield (
        f"On a server, one worker of the asynchronous gateway gives {ours.throughput.median:,.0f} answers a second to "
        f"{clients:,} clients: {'; '.join(behind)}."
    )


def _blocks(figures: all_figures.Figures) -> Verdict:
    return Verdict(
        "A synchronous view blocks its worker: many clients need many workers.",
        (
            _on_server(figures, _blocks_on_server),
            _on_lambda(figures, _blocks_on_lambda),
            _in_invocation(figures, _blocks_within),
        ),
        "One worker under closed loops of rising numbers of clients; environments by Little's law from the durations "
        "in Lambda's runtime.",
    )


def _blocks_on_server(figures: ServerFigures) -> Finding:
    few, many = _first(figures, "gunicorn-sync"), _last(figures, "gunicorn-sync")
    if few is None or many is None or few[1].throughput.median == 0:
        return _unknown(SERVER)
    grown = many[1].throughput.median / few[1].throughput.median
    held = Held.YES if grown <= ALIKE else Held.PART if grown <= BETTER else Held.NO
    worker = f"{few[1].throughput.median:,.1f} answers a second to {_clients(few[0])}"
    text = f"One synchronous worker gives {worker}, and {many[1].throughput.median:,.1f} to {_clients(many[0])}"
    if ours := figures.closed[str(many[0])].get(ASYNC):
        text += f", where one asynchronous worker gives {ours.throughput.median:,.0f}"
    return Finding(SERVER, held, f"{text}. While it waits for the upstream it takes no other request.")


def _blocks_on_lambda(figures: LambdaFigures) -> Finding:
    label, warm = _single(figures)
    if BASELINE not in warm or ASYNC not in warm:
        return _unknown(LAMBDA)
    ours, theirs = (warm[name].environments["100"].mean for name in (ASYNC, BASELINE))
    held = Held.NO if theirs <= ours * ALIKE else Held.PART
    return Finding(
        LAMBDA,
        held,
        f"100 requests a second of {_calls(label)} keep {ours:,.1f} environments busy asynchronously and {theirs:,.1f} "
        "synchronously. Lambda hands an environment one request at a time in every model, so each request in flight "
        "has its own, and an asynchronous handler frees nothing for another request.",
    )


def _blocks_within(figures: LambdaFigures) -> Finding:
    label, warm = _fan_out(figures)
    of = warm.get(ASYNC)
    if of is None or of.against is None:
        return _unknown(WITHIN)
    turned = of.against.turned()
    held = Held.YES if turned.times >= BETTER else Held.PART if turned.times > ALIKE else Held.NO
    return Finding(
        WITHIN,
        held,
        f"{_calls(label, capital=True)} one after another take {times(turned)} as long as at once: the sum of the "
        "waits in place of the longest chain. That is what a synchronous function pays for, and at "
        f"100 requests a second it keeps {warm[BASELINE].environments['100'].mean:,.0f} environments busy instead of "
        f"{of.environments['100'].mean:,.0f}.",
    )


def _frees(figures: all_figures.Figures) -> Verdict:
    return Verdict(
        "An async def handler with httpx frees the worker: one serves thousands.",
        (
            _on_server(figures, _frees_on_server),
            _on_lambda(figures, _frees_on_lambda),
            _in_invocation(figures, _frees_within),
        ),
        "The gateway's own application under one worker of Uvicorn, beside the same few lines with one "
        "httpx.AsyncClient() as it comes; the functions as built in Lambda's runtime.",
    )


def _frees_on_server(figures: ServerFigures) -> Finding:
    clients, row = _crowd(figures)
    ours, threads = row.get(ASYNC), row.get("gunicorn-threads")
    if ours is None or threads is None or threads.behind is None:
        return _unknown(SERVER)
    text = (
        f"To {_clients(clients)} one worker gives {ours.throughput.median:,.0f} answers a second, "
        f"{times(threads.behind)} what 40 threads give, at {number(ours.cpu_ms, 2)} ms of processor time an answer: "
        "from there on the processor is the limit, not the waiting."
    )
    held = Held.YES if threads.behind.times >= BETTER else Held.PART if threads.behind.times > ALIKE else Held.NO
    careless = row.get("careless")
    if careless and careless.behind and careless.behind.times > ALIKE:
        text += (
            f" With a badly chosen client it does not hold: one shared httpx.AsyncClient() gives "
            f"{careless.throughput.median:,.0f}, "
            + ("less than the threads" if careless.throughput.median < threads.throughput.median else "still more")
            + f"; ours gives {times(careless.behind)} as much. Its connection pool does work for every waiting request "
            "at each turn, and fails requests that wait for a connection."
        )
    if blocking := _at(figures, "blocking"):
        text += (
            f" And an async def that calls requests holds the whole loop: {blocking[1].throughput.median:,.1f} answers "
            f"a second to {_clients(blocking[0])}."
        )
    return Finding(SERVER, held, text)


def _frees_on_lambda(figures: LambdaFigures) -> Finding:
    label, warm = _single(figures)
    of = warm.get(ASYNC)
    if of is None or of.against is None:
        return _unknown(LAMBDA)
    held = Held.NO if of.against.times >= 1 / ALIKE else Held.PART
    cold = figures.cold
    return Finding(
        LAMBDA,
        held,
        f"An environment serves one request, never thousands. With {_calls(label)} a request the asynchronous model is "
        f"billed {times(of.against)} as much as the synchronous one, and initialises in "
        f"{cold[ASYNC].init_ms.median:,.0f} ms against {cold[BASELINE].init_ms.median:,.0f}: "
        + (
            "there, async only costs."
            if cold[ASYNC].init_ms.median > cold[BASELINE].init_ms.median
            else "no difference that would decide."
        ),
    )


def _frees_within(figures: LambdaFigures) -> Finding:
    label, warm = _fan_out(figures)
    of = warm.get(ASYNC)
    if of is None or of.against is None:
        return _unknown(WITHIN)
    met = f", {'within' if of.against.times <= GOAL else 'above'} the goal of {GOAL}" if label == "8" else ""
    held = Held.YES if of.against.times <= 1 / BETTER else Held.PART if of.against.times < 1 / ALIKE else Held.NO
    return Finding(
        WITHIN,
        held,
        f"It frees the request's own other calls: {_calls(label)} are billed {times(of.against)} as much as one after "
        f"another{met}, ${of.dollars_alike:.2f} a million against ${warm[BASELINE].dollars_alike:.2f} with equal "
        "memory.",
    )


def _pool(figures: all_figures.Figures) -> Verdict:
    return Verdict(
        "FastAPI's plain def endpoints run in a thread pool and behave like threaded sync.",
        (
            _on_server(figures, _pool_on_server),
            _on_lambda(figures, _pool_on_lambda),
            _in_invocation(figures, _pool_within),
        ),
        "The gateway's /threads under Uvicorn beside Django's view under Gunicorn with as many threads; /threads and "
        "/sync-threads in Lambda's runtime.",
    )


def _pool_on_server(figures: ServerFigures) -> Finding:
    clients, row = _crowd(figures)
    pool, threads = row.get("threads"), row.get("gunicorn-threads")
    if pool is None or threads is None or not threads.throughput.median:
        return _unknown(SERVER)
    factor = pool.throughput.median / threads.throughput.median
    held = Held.YES if 1 / ALIKE <= factor <= ALIKE else Held.PART
    return Finding(
        SERVER,
        held,
        f"To {_clients(clients)} they give {pool.throughput.median:,.0f} answers a second, Gunicorn's 40 threads "
        f"{threads.throughput.median:,.0f}. Both are bounded by their threads: 40 requests wait at a time, the others "
        "queue.",
    )


def _pool_on_lambda(figures: LambdaFigures) -> Finding:
    label, warm = _single(figures)
    pool = warm.get("threads")
    if pool is None or pool.against_async is None:
        return _unknown(LAMBDA)
    held = Held.NO if pool.against_async.times <= ALIKE else Held.PART
    return Finding(
        LAMBDA,
        held,
        f"The pool never has a second request to run. With {_calls(label)} a request, def is billed "
        f"{times(pool.against_async)} as much as async def, and spends {pool.cpu_ms.median:.1f} ms of processor time "
        f"against {warm[ASYNC].cpu_ms.median:.1f}.",
    )


def _pool_within(figures: LambdaFigures) -> Finding:
    label, warm = _fan_out(figures)
    found = [(name, of) for name in ("threads", "sync-threads") if (of := warm.get(name)) and of.against_async]
    if not found:
        return _unknown(WITHIN)
    worst = max(of.against_async.times for _, of in found if of.against_async)
    held = Held.YES if worst <= ALIKE else Held.PART if worst <= BETTER else Held.NO
    told = " and ".join(
        f"{times(of.against_async)} ({'FastAPI def' if name == 'threads' else 'no framework'})"
        for name, of in found
        if of.against_async
    )
    return Finding(
        WITHIN,
        held,
        f"Calls in threads are as good as on an event loop while they are few: for {_calls(label)} threads are billed "
        f"{told} as much as async{_widest(figures)}.",
    )


def _widest(figures: LambdaFigures) -> str:
    label, warm = list(figures.warm.items())[-1]
    of = warm.get("sync-threads")
    if label == _fan_out(figures)[0] or of is None or of.against_async is None:
        return ""
    return f"; for {_calls(label)} {times(of.against_async)} (no framework)"


def _background(figures: all_figures.Figures) -> Verdict:
    def on_server(found: ProbeFigures) -> Finding:
        held = found.held_back["uvicorn"]
        return Finding(
            SERVER,
            Held.YES if held < 0.1 else Held.PART if held < 0.9 else Held.NO,
            f"With a task behind it the answer took {found.task_ms['uvicorn'].median:,.1f} ms, without "
            f"{found.plain_ms['uvicorn'].median:,.1f} ms: Uvicorn sends it before the task runs.",
        )

    def on_lambda(found: ProbeFigures) -> Finding:
        held = found.held_back["lambda"]
        return Finding(
            LAMBDA,
            Held.NO if held > 0.9 else Held.PART if held > 0.1 else Held.YES,
            f"The same task held the answer back for {held:.0%} of its length: "
            f"{found.task_ms['lambda'].median:,.0f} ms against {found.plain_ms['lambda'].median:,.1f} ms. Mangum gives "
            "the answer back when the application is "
            "done, tasks included, and Lambda bills for it.",
        )

    return Verdict(
        "BackgroundTasks run without holding the response.",
        (_on_probes(figures, SERVER, on_server), _on_probes(figures, LAMBDA, on_lambda)),
        "The same FastAPI application with a task that sleeps for half a second, under Uvicorn and, through Mangum, in "
        "Lambda's runtime.",
    )


def _native(figures: all_figures.Figures) -> Verdict:
    def on_server(found: ProbeFigures) -> Finding:
        waiting, computing = found.waiting["uvicorn"], found.computing["uvicorn"]
        return Finding(
            SERVER,
            Held.YES if waiting.times >= BETTER else Held.PART,
            f"One worker held {found.socket_ms.rounds:,} WebSockets, {found.socket_kb:,.0f} kB each, and sent a "
            f"message back in {found.socket_ms.median:.2f} ms. Eight queries that wait for a database took "
            f"{times(waiting)} as "
            f"long in turn as at once; eight that the same processor works on {times(computing)}: "
            + ("async is no use there." if computing.times <= ALIKE else "they gained as well."),
        )

    def on_lambda(found: ProbeFigures) -> Finding:
        return Finding(
            LAMBDA,
            Held.NO,
            "A function cannot hold a socket: the asynchronous gateway refuses a WebSocket's event. API Gateway holds "
            "the sockets, and each message is an invocation of its own, which fanin's live function answers without "
            "an ASGI server.",
        )

    def within(found: ProbeFigures) -> Finding:
        waiting, computing = found.waiting["lambda"], found.computing["lambda"]
        return Finding(
            WITHIN,
            Held.YES if waiting.times >= BETTER else Held.PART if waiting.times > ALIKE else Held.NO,
            f"Database calls gain as all calls do: eight that wait took {times(waiting)} as long in turn as at once; "
            f"eight that compute {times(computing)}.",
        )

    return Verdict(
        "WebSockets and async database calls come natively.",
        (
            _on_probes(figures, SERVER, on_server),
            _on_probes(figures, LAMBDA, on_lambda),
            _on_probes(figures, WITHIN, within),
        ),
        "Sockets opened at once against one worker of Uvicorn; SQLite, each connection in a thread of its own as "
        "aiosqlite has it, with queries that sleep for 100 ms in place of a database on the network, and with queries "
        "that count.",
    )


def _django(figures: all_figures.Figures) -> Verdict:
    return Verdict(
        "Django's async views give the same under an ASGI server.",
        (
            _on_server(figures, _django_on_server),
            _on_lambda(figures, _django_on_lambda),
            _in_invocation(figures, _django_within),
        ),
        "The Django function's project under Uvicorn and Gunicorn, and in Lambda's runtime, over the same sources.",
    )


def _django_on_server(figures: ServerFigures) -> Finding:
    clients, row = _crowd(figures)
    django, threads = row.get("django-async"), row.get("gunicorn-threads")
    if django is None or django.behind is None or threads is None or not threads.throughput.median:
        return _unknown(SERVER)
    against_threads = django.throughput.median / threads.throughput.median
    held = Held.YES if django.behind.times <= ALIKE else Held.PART if against_threads > ALIKE else Held.NO
    text = (
        f"To {_clients(clients)} Django's async view gives {django.throughput.median:,.0f} answers a second, "
        f"{against_threads:.1f} times what Django's sync view gives on 40 threads; FastAPI gives "
        f"{times(django.behind)} as many, for Django spends {number(django.cpu_ms, 2)} ms of processor time on an "
        "answer."
    )
    if plain := _at(figures, "django-asgi"):
        text += (
            f" Its sync view under an ASGI server is no faster than a single synchronous worker: "
            f"{plain[1].throughput.median:,.1f} answers a second to {_clients(plain[0])}, for Django runs sync views "
            "of one process in one thread there."
        )
    return Finding(SERVER, held, text)


def _django_on_lambda(figures: LambdaFigures) -> Finding:
    label, warm = _single(figures)
    django, plain = warm.get("django-async"), warm.get("django")
    if django is None or plain is None or django.against_async is None:
        return _unknown(LAMBDA)
    return Finding(
        LAMBDA,
        Held.NO if django.billed_ms >= plain.billed_ms / ALIKE else Held.PART,
        f"Across requests neither view frees anything: with {_calls(label)} a request the async view is billed "
        f"{django.billed_ms:,.0f} ms, the sync view {plain.billed_ms:,.0f} ms.",
    )


def _django_within(figures: LambdaFigures) -> Finding:
    label, warm = _fan_out(figures)
    django, plain = warm.get("django-async"), warm.get("django")
    if django is None or plain is None or django.against_async is None:
        return _unknown(WITHIN)
    held = Held.YES if django.against_async.times <= ALIKE else Held.PART
    return Finding(
        WITHIN,
        held,
        f"For {_calls(label)} the async view is billed {times(django.against_async)} as much as FastAPI's, and the "
        f"sync view {plain.billed_ms / django.billed_ms:.1f} times as much as the async one.",
    )


def _queue(figures: all_figures.Figures) -> Verdict:
    def finding(where: str, place: str) -> Callable[[ProbeFigures], Finding]:
        def find(found: ProbeFigures) -> Finding:
            queued, held = found.queued_ms[place].median, found.task_ms[place].median
            if place == "uvicorn":
                return Finding(
                    where,
                    Held.PART,
                    f"Handing the work to SQS took {queued:,.1f} ms of the request, a task behind the answer "
                    f"{found.task_ms[place].median:,.1f} ms: not time, but what survives a crash and a deploy, and who "
                    "does the work, speaks for the queue.",
                )
            return Finding(
                where,
                Held.YES if queued * BETTER <= held else Held.PART if queued * ALIKE <= held else Held.NO,
                f"Handing the work to SQS answered after {queued:,.1f} ms, a background task after {held:,.0f} ms: "
                f"{held / queued:,.0f} times as long. The queue is the only way not to hold the answer.",
            )

        return find

    return Verdict(
        "Work that should not hold a request belongs in a queue (there Celery, here SQS).",
        (
            _on_probes(figures, SERVER, finding(SERVER, "uvicorn")),
            _on_probes(figures, LAMBDA, finding(LAMBDA, "lambda")),
        ),
        "The same work as a background task, and as a message to SQS of the embedded AWS, whose way is shorter than "
        "that to the real one: add some milliseconds.",
    )


def _together(figures: all_figures.Figures) -> Verdict:
    def on_server(found: ServerFigures) -> Finding:
        clients, row = _crowd(found)
        beside = {name: row.get(name) for name in ("one-process", "one-process-django")}
        fast, django = beside["one-process"], beside["one-process-django"]
        alone = row.get(ASYNC)
        if fast is None or django is None or alone is None or fast.behind is None:
            return _unknown(SERVER)
        held = Held.YES if fast.behind.times <= ALIKE else Held.PART
        return Finding(
            SERVER,
            held,
            f"In one Uvicorn, FastAPI's endpoint gives {fast.throughput.median:,.0f} answers a second to "
            f"{_clients(clients)} and Django's async view beside it {django.throughput.median:,.0f}; FastAPI alone "
            f"gives {times(fast.behind)} as many as beside Django. They share the process: its loop, its memory "
            f"({fast.resident_mb:.0f} MB against {alone.resident_mb:.0f} MB) and its processor.",
        )

    return Verdict(
        "Django and FastAPI can live in one ASGI server.",
        (_on_server(figures, on_server),),
        "Both applications mounted in one process, as `make serve` starts them, each measured by itself.",
    )


_ANSWERS: Final = (_blocks, _frees, _pool, _background, _native, _django, _queue, _together)


def _on_server(figures: all_figures.Figures, find: Callable[[ServerFigures], Finding]) -> Finding:
    return find(figures.server) if figures.server else _unknown(SERVER)


def _on_lambda(figures: all_figures.Figures, find: Callable[[LambdaFigures], Finding]) -> Finding:
    return find(figures.lambda_) if figures.lambda_ else _unknown(LAMBDA)


def _in_invocation(figures: all_figures.Figures, find: Callable[[LambdaFigures], Finding]) -> Finding:
    return find(figures.lambda_) if figures.lambda_ else _unknown(WITHIN)


def _on_probes(figures: all_figures.Figures, where: str, find: Callable[[ProbeFigures], Finding]) -> Finding:
    return find(figures.probes) if figures.probes else _unknown(where)


def _unknown(where: str) -> Finding:
    return Finding(where, Held.UNKNOWN, "This run has no figures for it.")


def _single(figures: LambdaFigures) -> tuple[str, dict[str, Warm]]:
    """The question with the fewest calls."""
    return next(iter(figures.warm.items()))


def _fan_out(figures: LambdaFigures) -> tuple[str, dict[str, Warm]]:
    """The question with eight calls, or the last one."""
    label = "8" if "8" in figures.warm else list(figures.warm)[-1]
    return label, figures.warm[label]


def _crowd(figures: ServerFigures) -> tuple[int, dict[str, Crowded]]:
    """The largest crowd that threads and event loop were both measured with."""
    most = max(map(int, figures.closed))
    return most, figures.closed[str(most)]


def _first(figures: ServerFigures, server: str) -> tuple[int, Crowded] | None:
    found = [(int(clients), row[server]) for clients, row in figures.closed.items() if server in row]
    return min(found, key=lambda one: one[0]) if found else None


def _last(figures: ServerFigures, server: str) -> tuple[int, Crowded] | None:
    found = [(int(clients), row[server]) for clients, row in figures.closed.items() if server in row]
    return max(found, key=lambda one: one[0]) if found else None


_at = _last


def _calls(label: str, *, capital: bool = False) -> str:
    if not label.isdecimal():
        return f"{'Endpoint' if capital else 'endpoint'} {label}"
    words = {"1": "one call", "8": "eight calls"}
    spelled = words.get(label, f"{label} calls")
    return spelled.capitalize() if capital else spelled


def _clients(many: int) -> str:
    return "one client" if many == 1 else f"{many:,} clients"
