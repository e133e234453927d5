"""A whole run: what is started for it, and the measurements in their order."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any, Final

import requests

from benchmarks import configuration, linux
from benchmarks.configuration import variables
from benchmarks.contrast import database_terms, lambda_terms, probes, server_terms
from benchmarks.contrast.lambda_terms import Asked
from benchmarks.contrast.models import MODELS, Model
from benchmarks.contrast.settings import CALL_MS, SERVER_MS, Settings
from benchmarks.interleaving import sampled
from benchmarks.load import Closed
from benchmarks.place import Place, prepared
from benchmarks.upstream import upstream
from fanin.config import load
from fanin.config.examples import request_of
from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes
from fanin.local.upstream import app
from fanin.local.upstream.process import Upstream as Demo

_WITHIN: Final = 35.0
"""Seconds that an answer of a deployment may take: longer than API Gateway waits."""


def everything(settings: Settings, console: Console, processes: Processes) -> dict[str, Any]:
    """Measure everything; gives the raw data of all parts."""
    with prepared(console, processes) as place:
        raw: dict[str, Any] = {"calibration": _calibrated(place, list(settings.crowds)[-1].seconds)}
        own = variables(configuration.write(processes.folder, place.upstream, settings.calls, CALL_MS))
        asked = {Asked(str(many), configuration.path_of(many)): rounds for many, rounds in settings.calls.items()}
        raw["lambda"] = lambda_terms.measure(place, own, asked, settings.cold_rounds)
        own = configuration.of_servers(processes.folder, place.upstream, SERVER_MS)
        entered = server_terms.SERVERS
        raw["server"] = server_terms.closed(place, own, entered, settings.crowds)
        few = [one for one in entered if not one.only and (not settings.few or one.name in settings.few)]
        raw["server"] |= server_terms.arriving(place, own, few, settings.arrivals)
        raw["probes"] = probes.measure(place, settings)
        raw["databases"] = database_terms.measure(place, settings)
    return raw


def endpoint(  # noqa: PLR0913 - what the command line says
    name: str, delay_ms: int, settings: Settings, console: Console, processes: Processes, *, live: bool
) -> dict[str, Any]:
    """Measure one endpoint of fanin.toml on Lambda's terms, with the examples of its parameters and without a cache.

    Each call of the demo upstream takes `delay_ms`; `live` reads from the public APIs instead.
    """
    asked = {Asked(name, example(name)): settings.calls[1]}
    origin = contextlib.nullcontext(dict[str, str]()) if live else _demo_upstream(delay_ms)
    with prepared(console, processes) as place, origin as read_from:
        own = variables(CONFIGURATION) | read_from
        return {"lambda": lambda_terms.measure(place, own, asked, settings.cold_rounds)}


def outside(url: str, path: str, rounds: int) -> dict[str, Any]:
    """Ask every model that a deployment has, in turn, one request at a time over one kept-alive connection.

    Raises:
        Problem: the deployment cannot be reached, or has none of the models.
    """
    with requests.Session() as session:

        def asked(model: Model) -> dict[str, Any]:
            began = time.perf_counter()
            answer = session.get(f"{url}{model.prefix}{path}", timeout=_WITHIN, allow_redirects=False)
            ms = round((time.perf_counter() - began) * 1000, 2)
            complete = answer.headers.get("fanin-complete") == "?1"
            return {"model": model.name, "status": answer.status_code, "complete": complete, "ms": ms}

        try:
            present = [model for model in MODELS if asked(model)["status"] == 200]
            if not present:
                raise Problem(f"{url}{path} is answered by no execution model with status 200.")
            found = sampled("requests from outside", dict.fromkeys(present, rounds), asked)
        except requests.RequestException as error:
            raise Problem(f"URL={url} cannot be reached: {error}") from error
    rows = [row for rows in found.values() for row in rows]
    return {"deployment": {"url": url, "path": path, "requests": rows}}


def example(name: str) -> str:
    """Give the path and query of an endpoint of fanin.toml with the examples of its parameters.

    Raises:
        Problem: there is no such endpoint, or a parameter that it needs has no example.
    """
    endpoint = load(CONFIGURATION, os.environ).endpoints.get(name)
    if endpoint is None or (request := request_of(endpoint)) is None:
        raise Problem(f"fanin.toml has no endpoint {name} whose parameters all have examples.")
    return request.target


def _calibrated(place: Place, seconds: float) -> dict[str, Any]:
    """Find out whether what measures is fast enough for what it measures.

    The largest load goes to a server that does next to nothing, and to the upstream without a server between.

    Returns:
        answers a second of an upstream without delay, on the measured core, to 200 clients: the generator's ceiling;
        answers a second of the upstream to 1,000 clients, which no server in front of it can exceed, and the median
        that it took.
    """
    with upstream(linux.MEASURED) as trivial:
        ceiling = place.load(trivial[0], "/delay/0", Closed(200, seconds / 4, seconds))
    delay, port, path = SERVER_MS / 1000, place.upstream[0], f"/delay/{SERVER_MS}"
    direct = place.load(port, path, Closed(1000, 2 * delay, seconds))
    alone = place.load(port, path, Closed(1, delay, max(seconds, 3 * delay)))
    return {
        "generator_rps": round(len(ceiling.latencies_ms) / ceiling.seconds),
        "upstream_rps": round(len(direct.latencies_ms) / direct.seconds),
        "upstream_ideal_rps": round(1000 / delay),
        "upstream_ms": sorted(alone.latencies_ms)[len(alone.latencies_ms) // 2],
    }


@contextlib.contextmanager
def _demo_upstream(delay_ms: int) -> Iterator[dict[str, str]]:
    """Run a demo upstream each of whose answers takes so long; gives the environment that points sources at it."""
    with Demo() as demo:
        linux.pin(linux.MEASURING, demo.process.pid)
        if delay_ms:  # a rule without a delay is refused
            demo.rules({"*": {"delay": delay_ms}})
        yield app.variables(demo.base_url)
