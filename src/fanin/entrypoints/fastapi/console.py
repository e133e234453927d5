"""`/console`: the page on which requests can be seen, and what it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, StreamingResponse
from starlette.routing import BaseRoute

from fanin.config.values import Json
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.engine.call import Fetch
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import FrontDoor
from fanin.engine.worst_case import WorstCase
from fanin.entrypoints.console.plan import explained
from fanin.entrypoints.console.recent import Recent, requests_told
from fanin.entrypoints.console.served_file import told_file
from fanin.entrypoints.fastapi.caller import identified
from fanin.entrypoints.fastapi.console_run import Runs
from fanin.entrypoints.fastapi.pages import page
from fanin.entrypoints.fastapi.route import EndpointRoute
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.observability import price
from fanin.observability.redact import Redact

_ROOT = "/"
_DRAWN = ("name", "needs", "kind", "in_body", "required")
"""What the page draws of a source, besides what it asks."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the console knows of the process that serves it.

    Args:
        file: where fanin.toml is.
        environment: the process's.
        redact: hides what logs may not show.
        caller: which of [callers] may use it; empty where anybody may.
        recent: what has been served, which is told only where one process serves.
    """

    file: Path
    environment: Mapping[str, str]
    redact: Redact
    caller: str
    recent: Recent


def console_routes(
    catalogue: Catalogue, pipelines: Mapping[str, Fetch], door: FrontDoor, around: Around
) -> list[BaseRoute]:
    """Make the console's routes. The page itself is anyone's, and has nothing in it; what it reads is not.

    Args:
        catalogue: what is served.
        pipelines: for each source, its policies around its fetch.
        door: says who asks.
        around: what else the console knows.
    """
    router = APIRouter(include_in_schema=False, route_class=EndpointRoute)
    runs = Runs(catalogue, pipelines, door)

    async def admit(request: Request) -> None:
        if around.caller:
            await identified(around.caller, catalogue, door, request)

    def tells(path: str, tell: Callable[[Mapping[str, str]], Json]) -> None:
        async def told(request: Request) -> Answer:
            await admit(request)
            return answers.json_answer(tell(request.query_params), invocation_of(request.scope).request_id)

        router.add_api_route(path, told, response_model=None)

    async def shown(request: Request) -> Answer:
        return page("console", invocation_of(request.scope).request_id)

    async def run(request: Request) -> StreamingResponse:
        await admit(request)
        return await runs.run(request)

    router.add_api_route("/console", shown, response_model=None)
    router.add_api_route("/console/run", run, methods=["POST"])
    tells("/console/plan", lambda _: _plan(catalogue, around))
    tells("/console/configuration", lambda _: told_file(around.file, around.environment, around.redact))
    tells("/console/recent", lambda query: requests_told(around.recent, query))
    tells("/console/sources", lambda _: around.recent.told_sources())
    if all(endpoint.path != _ROOT for endpoint in catalogue.config.endpoints.values()):
        router.add_api_route(_ROOT, _lead)
    return router.routes


async def _lead(_: Request) -> RedirectResponse:
    return RedirectResponse("console")  # relative: it is right behind a stage's name, too


def _plan(catalogue: Catalogue, around: Around) -> dict[str, Json]:
    """Tell what the page shows of every endpoint's plan, and what a function's time costs.

    All that `fanin explain --json` tells would be more than an answer can have in a file of a hundred endpoints.
    """
    sources = catalogue.config.sources
    endpoints: list[Json] = []
    for endpoint in catalogue.config.endpoints.values():
        told: dict[str, Any] = explained(WorstCase.of(endpoint, sources))
        drawn: list[Json] = [
            {key: source[key] for key in _DRAWN} | {"asks": around.redact(source["asks"])} for source in told["sources"]
        ]
        endpoints.append(
            {
                **{key: told[key] for key in ("method", "path", "caller", "timeout_ms")},
                "sources": drawn,
                "name": endpoint.name,
                "summary": endpoint.summary,
                "writes": bool(catalogue.plans[endpoint.name].writes),
            }
        )
    more: list[Json] = ["recent", "sources"] if around.recent.sees_all else []
    architecture = price.architecture()
    return {
        "endpoints": endpoints,
        "more": more,
        "price": {
            "gb_second": price.GB_SECOND[architecture],
            "million_invocations": price.MILLION_INVOCATIONS,
            "architecture": architecture,
            "region": price.REGION,
            "as_of": price.AS_OF,
            "memory_mb": int(around.environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 1024),
        },
    }
