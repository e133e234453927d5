"""On a server's terms: one worker, many clients at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dev.layout import ROOT
from dev.processes import Processes
from measure import servers
from measure.contrast import configuration
from measure.interleaving import interleaved, rotated
from measure.load.generator import Generator
from measure.load.loops import Closed, Load, Open, Target
from measure.progress import Progress
from measure.servers import Running, Server
from measure.upstream import Upstream

THREADS: Final = 40
"""Threads of Gunicorn's worker: as many as FastAPI's pool has for `def` endpoints."""
_APPS: Final = "measure.contrast.apps"


@dataclass(frozen=True)
class Crowd:
    """A closed loop of so many clients.

    Args:
        clients: how many.
        warm_up: seconds before anything counts.
        seconds: how long answers are counted.
        rounds: how often.
    """

    clients: int
    warm_up: float
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Stream:
    """Open loops of rising rates.

    Args:
        rates: requests a second, rising; a server that has left half of one unanswered is not asked for more.
        seconds: how long requests arrive.
        limit: seconds after which a request counts as not answered.
        rounds: how often, each with other arrivals, the same for all servers.
    """

    rates: tuple[int, ...]
    seconds: float
    limit: float
    rounds: int


@dataclass(frozen=True)
class Contestant:
    """A server as it is measured.

    Args:
        server: how it is started.
        title: what it is called in the report.
        worker: what its one worker is.
        only: the client counts that it is measured with; all if empty. It has open loops only if this is empty.
    """

    server: Server
    title: str
    worker: str
    only: tuple[int, ...] = ()

    @property
    def clients(self) -> str:
        """Whose HTTP clients it calls the upstream with."""
        return "stock" if self.server.name.startswith("stock") else "fanin's"


def contestants(delay_ms: int) -> list[Contestant]:
    """Name the servers; each answers a request with one call of so many milliseconds."""
    path = configuration.path_of(1, delay_ms)

    def uvicorn(name: str, title: str, app: str, path: str, *only: int, folder: str = "gateway") -> Contestant:
        server = servers.uvicorn(name, app, path, [ROOT / "functions" / folder])
        return Contestant(server, title, "Uvicorn", only)

    def gunicorn(name: str, title: str, app: str, path: str, threads: int) -> Contestant:
        server = servers.gunicorn(name, app, path, threads, [ROOT / "functions/django"])
        return Contestant(server, title, f"Gunicorn, {threads} threads" if threads > 1 else "Gunicorn sync")

    app, django, both = "app:app", "asgi:application", f"{_APPS}.one_process:app"
    view, async_view = f"/django{path}", f"/django/async{path}"
    return [
        uvicorn("async", "FastAPI async def", app, path),
        uvicorn("threads", "FastAPI def", app, f"/threads{path}"),
        uvicorn("django-async", "Django async view", django, async_view, folder="django"),
        gunicorn("gunicorn-threads", "Django view", "wsgi:application", view, THREADS),
        gunicorn("gunicorn-sync", "Django view", "wsgi:application", view, 1),
        uvicorn("django-asgi", "Django view", django, view, 50, folder="django"),
        uvicorn("one-process", "FastAPI async def, with Django mounted", both, path, 200, 1000, folder="django"),
        uvicorn("one-process-django", "Django async view, in FastAPI", both, async_view, 200, 1000, folder="django"),
        uvicorn("collecting", "FastAPI async def, Python's garbage collection", f"{_APPS}.collecting:app", path, 1000),
        uvicorn("stock-shared", "FastAPI async def, one shared AsyncClient", f"{_APPS}.stock:app", "/shared"),
        uvicorn("stock-new", "FastAPI async def, an AsyncClient a request", f"{_APPS}.stock:app", "/new"),
        gunicorn("stock-django", "Django view, requests.get()", f"{_APPS}.stock_django:application", "/", THREADS),
        uvicorn("stock-blocking", "FastAPI async def, requests.get()", f"{_APPS}.stock:app", "/blocking", 200),
    ]


@dataclass(frozen=True)
class Bench:
    """What servers are measured with.

    Args:
        generator: puts the load on them.
        variables: their environment.
        processes: what they run under.
    """

    generator: Generator
    variables: Mapping[str, str]
    processes: Processes


def variables(upstream: Upstream, delay_ms: int) -> dict[str, str]:
    """Give the environment from which the stock applications know the upstream."""
    return {"CONTRAST_UPSTREAM": f"http://127.0.0.1:{upstream.ports[0]}/delay/{delay_ms}"}


def measure(bench: Bench, delay_ms: int, crowds: Sequence[Crowd], stream: Stream, progress: Progress) -> dict[str, Any]:
    """Measure every server with every crowd and rate.

    Returns:
        the raw data: `servers` with what is known of each, `closed` and `open`.
    """
    entered = contestants(delay_ms)
    return {
        "delay_ms": delay_ms,
        "servers": {
            one.server.name: {"title": one.title, "clients": one.clients, "worker": one.worker} for one in entered
        },
        "closed": _closed(bench, entered, crowds, progress),
        "open": _open(bench, [one for one in entered if not one.only], stream, progress),
        "limit_s": stream.limit,
    }


def _closed(
    bench: Bench, entered: Sequence[Contestant], crowds: Sequence[Crowd], progress: Progress
) -> list[dict[str, Any]]:
    rows = []
    cells = [(crowd, one) for crowd in crowds for one in entered if not one.only or crowd.clients in one.only]
    with progress.part("Server: closed loops", sum(crowd.rounds for crowd, _ in cells)) as advance:
        for turn in range(max(crowd.rounds for crowd in crowds)):
            for crowd in crowds:
                if turn >= crowd.rounds:
                    continue
                here = [one for other, one in cells if other is crowd]
                for contestant in rotated(here, turn):
                    with servers.serving(contestant.server, bench.variables, bench.processes) as running:
                        wanted = Closed(
                            Target(running.port, contestant.server.path), crowd.clients, crowd.warm_up, crowd.seconds
                        )
                        rows.append(
                            {"server": contestant.server.name, "clients": crowd.clients, "round": turn}
                            | _loaded(bench.generator, wanted, running)
                        )
                    advance()
    return rows


def _open(bench: Bench, entered: Sequence[Contestant], stream: Stream, progress: Progress) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    overrun: set[str] = set()
    with progress.part("Server: open loops", len(stream.rates) * len(entered) * stream.rounds) as advance:
        for rate in stream.rates:
            for turn, contestant in interleaved(entered, stream.rounds):
                name = contestant.server.name
                if name not in overrun or (turn > 0 and _measured(rows, name, rate)):
                    with servers.serving(contestant.server, bench.variables, bench.processes) as running:
                        target = Target(running.port, contestant.server.path)
                        wanted = Open(target, rate, stream.seconds, stream.limit, seed=turn)
                        row = _loaded(bench.generator, wanted, running)
                    rows.append({"server": name, "rate": rate, "round": turn} | row)
                    if row["unanswered"] > len(row["latencies_ms"]):
                        overrun.add(name)
                advance()
    return rows


def _measured(rows: Sequence[Mapping[str, Any]], name: str, rate: int) -> bool:
    return any(row["server"] == name and row["rate"] == rate for row in rows)


def _loaded(generator: Generator, wanted: Closed | Open, running: Running) -> dict[str, Any]:
    before = running.cpu_seconds
    load: Load = generator.run(wanted)
    return asdict(load) | {
        "cpu_s": round(running.cpu_seconds - before, 3),
        "resident_mb": round(running.resident_mb, 1),
    }
