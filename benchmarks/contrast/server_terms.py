"""On a server's terms: one worker, many clients at once."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from benchmarks import configuration, servers
from benchmarks.interleaving import part, rotated
from benchmarks.load.generator import Generator
from benchmarks.load.loops import Closed, Open, Target
from benchmarks.servers import Running, Server
from fanin.local.layout import ROOT
from fanin.local.process.processes import Processes

THREADS: Final = 40
"""Threads of Gunicorn's worker: as many as FastAPI's pool has for `def` endpoints."""
APPS: Final = "benchmarks.contrast.apps"


@dataclass(frozen=True)
class Crowd:
    """A closed loop of so many clients."""

    clients: int  # how many
    warm_up: float  # seconds before anything counts
    seconds: float  # how long answers are counted
    rounds: int  # how often


@dataclass(frozen=True)
class Stream:
    """Open loops of rising rates."""

    rates: tuple[int, ...]  # requests a second; a server that leaves half of one unanswered is not asked for more
    seconds: float  # how long requests arrive
    limit: float  # seconds after which a request counts as not answered
    only: tuple[str, ...] = ()  # the servers that are asked; all if empty


_CROWDED: Final = frozenset({"gunicorn-sync", "stock-new", "stock-blocking"})
"""Servers that go on with what a crowd has asked for long after it has left: nothing else may be asked of them."""


@dataclass(frozen=True)
class Contestant:
    """A server as it is measured."""

    server: Server  # how it is started
    title: str  # what it is called in the report
    threads: int  # of its one worker, if that is Gunicorn's; 0 of Uvicorn's
    only: tuple[int, ...] = ()  # the client counts that it is measured with; if empty all, and open loops too

    @property
    def clients(self) -> str:
        """Whose HTTP clients it calls the upstream with."""
        return "stock" if self.server.name.startswith("stock") else "fanin's"

    @property
    def worker(self) -> str:
        """What its one worker is."""
        gunicorn = "Gunicorn sync" if self.threads == 1 else f"Gunicorn, {self.threads} threads"
        return gunicorn if self.threads else "Uvicorn"


def contestant(name: str, title: str, app: str, path: str, *only: int, threads: int = 0) -> Contestant:
    """Give a server of a function's application, or of another, by Uvicorn, or by Gunicorn with so many threads."""
    folders = [ROOT / "functions/gateway", ROOT / "functions/django"]
    if threads:
        return Contestant(servers.gunicorn(name, app, path, threads, folders), title, threads, only)
    return Contestant(servers.uvicorn(name, app, path, folders), title, threads, only)


def contestants() -> list[Contestant]:
    """Name the servers; each answers a request with one call."""
    path = configuration.path_of(1)
    app, django, both, stock = "app:app", "asgi:application", f"{APPS}.one_process:app", f"{APPS}.stock:app"
    view, async_view, wsgi = f"/django{path}", f"/django/async{path}", "wsgi:application"
    stock_django = f"{APPS}.stock_django:application"
    return [
        contestant("async", "FastAPI async def", app, path),
        contestant("threads", "FastAPI def", app, f"/threads{path}"),
        contestant("django-async", "Django async view", django, async_view),
        contestant("gunicorn-threads", "Django view", wsgi, view, threads=THREADS),
        contestant("gunicorn-sync", "Django view", wsgi, view, threads=1),
        contestant("django-asgi", "Django view", django, view, 50),
        contestant("one-process", "FastAPI async def, with Django mounted", both, path, 200, 1000),
        contestant("one-process-django", "Django async view, in FastAPI", both, async_view, 200, 1000),
        contestant(
            "collecting", "FastAPI async def, Python's garbage collection", f"{APPS}.collecting:app", path, 1000
        ),
        contestant("stock-shared", "FastAPI async def, one shared AsyncClient", stock, "/shared"),
        contestant("stock-new", "FastAPI async def, an AsyncClient a request", stock, "/new"),
        contestant("stock-django", "Django view, requests.get()", stock_django, "/", threads=THREADS),
        contestant("stock-blocking", "FastAPI async def, requests.get()", stock, "/blocking", 200),
    ]


@dataclass(frozen=True)
class Bench:
    """What servers are measured with."""

    generator: Generator  # puts the load on them
    variables: Mapping[str, str]  # their environment
    processes: Processes  # what they run under
    kept: ExitStack | None = None  # ends the processes that are asked more than once; each is asked once if None
    running: dict[tuple[str, ...], Running] = field(default_factory=dict)  # those, by their command

    @contextlib.contextmanager
    def serving(self, server: Server) -> Iterator[Running]:
        """Start a server, or take the process that runs already and has it."""
        if self.kept is None or server.name in _CROWDED:
            with servers.serving(server, self.variables, self.processes) as running:
                yield running
            return
        key = (*server.command, *map(str, server.folders))
        if key not in self.running:
            self.running[key] = self.kept.enter_context(servers.serving(server, self.variables, self.processes))
        servers.check(server, self.running[key].port)
        yield self.running[key]


def measure(bench: Bench, delay_ms: int, crowds: Sequence[Crowd], stream: Stream) -> dict[str, Any]:
    """Measure every server with every crowd and rate.

    Returns:
        the raw data: `servers` with what is known of each, `closed` and `open`.
    """
    entered = contestants()
    arriving = [one for one in entered if not one.only and (not stream.only or one.server.name in stream.only)]
    return {
        "delay_ms": delay_ms,
        "servers": described(entered),
        "closed": closed(bench, entered, crowds),
        "open": _open(bench, arriving, stream),
        "limit_s": stream.limit,
    }


def described(entered: Sequence[Contestant]) -> dict[str, Any]:
    """Give what is known of each server."""
    return {one.server.name: {"title": one.title, "clients": one.clients, "worker": one.worker} for one in entered}


def closed(bench: Bench, entered: Sequence[Contestant], crowds: Sequence[Crowd]) -> list[dict[str, Any]]:
    """Measure servers with every crowd; gives the raw data, a row for each."""
    cells = [
        (turn, crowd, one)
        for turn in range(max(crowd.rounds for crowd in crowds))
        for crowd in crowds
        if turn < crowd.rounds
        for one in rotated([one for one in entered if not one.only or crowd.clients in one.only], turn)
    ]
    rows = []
    with part("Server: closed loops", len(cells)) as advance:
        for turn, crowd, one in cells:
            wanted = Closed(Target(0, one.server.path), crowd.clients, crowd.warm_up, crowd.seconds)
            load = _loaded(bench, one, wanted)
            rows.append({"server": one.server.name, "clients": crowd.clients, "round": turn} | load)
            advance()
    return rows


def _open(bench: Bench, entered: Sequence[Contestant], stream: Stream) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    overrun: set[str] = set()
    with part("Server: open loops", len(stream.rates) * len(entered)) as advance:
        for turn, rate in enumerate(stream.rates):
            for one in rotated(entered, turn):
                if one.server.name not in overrun:
                    wanted = Open(Target(0, one.server.path), rate, stream.seconds, stream.limit, seed=0)
                    load = _loaded(bench, one, wanted)
                    rows.append({"server": one.server.name, "rate": rate} | load)
                    if load["unanswered"] > len(load["latencies_ms"]):
                        overrun.add(one.server.name)
                advance()
    return rows


def _loaded(bench: Bench, one: Contestant, wanted: Closed | Open) -> dict[str, Any]:
    """Start a server, and put a load on it; only then is its port known."""
    with bench.serving(one.server) as running:
        before = running.cpu_seconds
        load = bench.generator.run(replace(wanted, target=Target(running.port, one.server.path)))
        spent = {"cpu_s": round(running.cpu_seconds - before, 3), "resident_mb": round(running.resident_mb, 1)}
    return asdict(load) | spent
