"""On a server's terms: one worker, many clients at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from operator import itemgetter
from typing import Any, Final

from benchmarks import configuration, linux, servers
from benchmarks.contrast.settings import SERVER_MS
from benchmarks.interleaving import sampled
from benchmarks.load import Closed, Open
from benchmarks.place import Place
from benchmarks.servers import THREADS, Server

_PATH: Final = configuration.path_of(1)
_VIEW, _ASYNC_VIEW = f"/django{_PATH}", f"/django/async{_PATH}"
_APP, _ASGI, _WSGI = "app:app", "asgi:application", "wsgi:application"
APPS: Final = "benchmarks.contrast.apps"
STOCK: Final = f"{APPS}.stock:app"
STOCK_DJANGO: Final = f"{APPS}.stock_django:application"
_BOTH: Final = f"{APPS}.one_process:app"
SERVERS: Final = (
    Server("async", _APP, _PATH, title="FastAPI async def"),
    Server("threads", _APP, f"/threads{_PATH}", title="FastAPI def"),
    Server("django-async", _ASGI, _ASYNC_VIEW, title="Django async view"),
    Server("gunicorn-threads", _WSGI, _VIEW, THREADS, "Django view"),
    Server("gunicorn-sync", _WSGI, _VIEW, 1, "Django view"),
    Server("django-asgi", _ASGI, _VIEW, 0, "Django view", (50,)),
    Server("one-process", _BOTH, _PATH, 0, "FastAPI async def, with Django mounted", (200, 1000)),
    Server("one-process-django", _BOTH, _ASYNC_VIEW, 0, "Django async view, in FastAPI", (200, 1000)),
    Server("collecting", f"{APPS}.collecting:app", _PATH, 0, "FastAPI async def, Python's garbage collection", (1000,)),
    Server("stock-shared", STOCK, "/shared", 0, "FastAPI async def, one shared AsyncClient"),
    Server("stock-new", STOCK, "/new", 0, "FastAPI async def, an AsyncClient a request"),
    Server("stock-django", STOCK_DJANGO, "/", THREADS, "Django view, requests.get()"),
    Server("stock-blocking", STOCK, "/blocking", 0, "FastAPI async def, requests.get()", (200,)),
)
"""Each answers a request with one call."""


def closed(
    place: Place, variables: Mapping[str, str], entered: Sequence[Server], crowds: Mapping[Closed, int]
) -> dict[str, Any]:
    """Measure servers with every crowd, in its rounds.

    Returns:
        the raw data: `servers` with what is known of each, and `closed` with a row for each load.
    """

    def crowded(case: tuple[Closed, Server]) -> dict[str, Any]:
        crowd, server = case
        return {"server": server.name, "clients": crowd.clients} | _loaded(place, variables, server, crowd)

    cases = {
        (crowd, server): rounds
        for crowd, rounds in crowds.items()
        for server in entered
        if not server.only or crowd.clients in server.only
    }
    found = sampled("Server: closed loops", cases, crowded, under=itemgetter(0))
    rows = [row for rows in found.values() for row in rows]
    return {"delay_ms": SERVER_MS, "servers": {one.name: one.described for one in entered}, "closed": rows}


def arriving(
    place: Place, variables: Mapping[str, str], entered: Sequence[Server], arrivals: Sequence[Open]
) -> dict[str, Any]:
    """Measure servers with rising rates, until one leaves half of its requests unanswered; gives `open` in raw data."""
    rows, overrun = list[dict[str, Any]](), set[str]()

    def asked(case: tuple[Open, Server]) -> None:
        wanted, server = case
        if server.name not in overrun:
            load = _loaded(place, variables, server, wanted)
            rows.append({"server": server.name, "rate": wanted.rate} | load)
            if load["unanswered"] > len(load["latencies_ms"]):
                overrun.add(server.name)

    cases = {
        (wanted, server): 1
        for first, wanted in enumerate(arrivals)
        for server in (*entered[first:], *entered[:first])  # each rate begins with the next server
    }
    sampled("Server: open loops", cases, asked)
    return {"open": rows, "limit_s": arrivals[0].limit}


def _loaded(place: Place, variables: Mapping[str, str], server: Server, wanted: Closed | Open) -> dict[str, Any]:
    """Start a server, and put a load on it."""
    with servers.serving(server, variables, place.processes) as running:
        before = linux.cpu_seconds(running.worker)
        load = place.load(running.port, server.path, wanted)
        cpu_s, resident_mb = linux.cpu_seconds(running.worker) - before, linux.held_mb(running.worker)
    return asdict(load) | {"cpu_s": round(cpu_s, 3), "resident_mb": resident_mb}
