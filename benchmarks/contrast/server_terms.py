"""On a server's terms: one worker, many clients at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from benchmarks import configuration, servers, spent
from benchmarks.contrast.place import Place
from benchmarks.contrast.settings import SERVER_MS, Rounds
from benchmarks.interleaving import rotated, tracked, turns
from benchmarks.load.loops import Closed, Open, Target
from benchmarks.servers import Server
from fanin.local.layout import ROOT

THREADS: Final = 40
"""Threads of Gunicorn's worker: as many as FastAPI's pool has for `def` endpoints."""
APPS: Final = "benchmarks.contrast.apps"
_FOLDERS: Final = (ROOT / "functions/gateway", ROOT / "functions/django")


@dataclass(frozen=True)
class Contestant:
    """A server as it is measured: one worker of Uvicorn, or of Gunicorn."""

    name: str  # what it is called in the results
    title: str  # what it is called in the report
    app: str  # a function's application, or another
    path: str  # what it is asked
    threads: int = 0  # of its one worker, if that is Gunicorn's; 0 of Uvicorn's
    only: tuple[int, ...] = ()  # the client counts that it is measured with; if empty all, and open loops too

    @property
    def server(self) -> Server:
        """How it is started."""
        if self.threads:
            return servers.gunicorn(self.name, self.app, self.path, self.threads, _FOLDERS)
        return servers.uvicorn(self.name, self.app, self.path, _FOLDERS)

    @property
    def described(self) -> dict[str, str]:
        """What the report says of it: its title, whose clients it calls the upstream with, and its worker."""
        gunicorn = "Gunicorn sync" if self.threads == 1 else f"Gunicorn, {self.threads} threads"
        clients = "stock" if self.name.startswith("stock") else "fanin's"
        return {"title": self.title, "clients": clients, "worker": gunicorn if self.threads else "Uvicorn"}


def contestants() -> list[Contestant]:
    """Name the servers; each answers a request with one call."""
    path = configuration.path_of(1)
    app, django, both, stock = "app:app", "asgi:application", f"{APPS}.one_process:app", f"{APPS}.stock:app"
    view, async_view, wsgi = f"/django{path}", f"/django/async{path}", "wsgi:application"
    stock_django, collecting = f"{APPS}.stock_django:application", f"{APPS}.collecting:app"
    return [
        Contestant("async", "FastAPI async def", app, path),
        Contestant("threads", "FastAPI def", app, f"/threads{path}"),
        Contestant("django-async", "Django async view", django, async_view),
        Contestant("gunicorn-threads", "Django view", wsgi, view, threads=THREADS),
        Contestant("gunicorn-sync", "Django view", wsgi, view, threads=1),
        Contestant("django-asgi", "Django view", django, view, only=(50,)),
        Contestant("one-process", "FastAPI async def, with Django mounted", both, path, only=(200, 1000)),
        Contestant("one-process-django", "Django async view, in FastAPI", both, async_view, only=(200, 1000)),
        Contestant("collecting", "FastAPI async def, Python's garbage collection", collecting, path, only=(1000,)),
        Contestant("stock-shared", "FastAPI async def, one shared AsyncClient", stock, "/shared"),
        Contestant("stock-new", "FastAPI async def, an AsyncClient a request", stock, "/new"),
        Contestant("stock-django", "Django view, requests.get()", stock_django, "/", threads=THREADS),
        Contestant("stock-blocking", "FastAPI async def, requests.get()", stock, "/blocking", only=(200,)),
    ]


def closed(place: Place, entered: Sequence[Contestant], crowds: Rounds[Closed]) -> dict[str, Any]:
    """Measure servers with every crowd.

    Returns:
        the raw data: `servers` with what is known of each, and `closed` with a row for each load.
    """

    def with_crowd(crowd: Closed) -> list[Contestant]:
        return [one for one in entered if not one.only or crowd.clients in one.only]

    rows = [
        {"server": one.name, "clients": crowd.clients, "round": turn} | _loaded(place, one, crowd)
        for turn, crowd, one in tracked("Server: closed loops", turns(crowds, with_crowd))
    ]
    return {"delay_ms": SERVER_MS, "servers": {one.name: one.described for one in entered}, "closed": rows}


def arriving(place: Place, entered: Sequence[Contestant], arrivals: Sequence[Open]) -> dict[str, Any]:
    """Measure servers with rising rates, until one leaves half of its requests unanswered; gives `open` in raw data."""
    rows: list[dict[str, Any]] = []
    overrun: set[str] = set()
    cases = [(wanted, one) for turn, wanted in enumerate(arrivals) for one in rotated(entered, turn)]
    for wanted, one in tracked("Server: open loops", cases):
        if one.name not in overrun:
            load = _loaded(place, one, wanted)
            rows.append({"server": one.name, "rate": wanted.rate} | load)
            if load["unanswered"] > len(load["latencies_ms"]):
                overrun.add(one.name)
    return {"open": rows, "limit_s": arrivals[0].limit}


def _loaded(place: Place, one: Contestant, wanted: Closed | Open) -> dict[str, Any]:
    """Start a server, and put a load on it."""
    with servers.serving(one.server, place.variables, place.processes) as running:
        before = spent.cpu_seconds(running.worker)
        load = place.generator.run(Target(running.port, one.path), wanted)
        cpu_s, resident_mb = spent.cpu_seconds(running.worker) - before, spent.resident_mb(running.worker)
    return asdict(load) | {"cpu_s": round(cpu_s, 3), "resident_mb": round(resident_mb, 1)}
