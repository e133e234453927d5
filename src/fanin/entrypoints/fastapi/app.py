"""The FastAPI application of a configuration."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache, partial
from inspect import Parameter as Argument
from inspect import Signature
from typing import TYPE_CHECKING, Annotated, Any, override
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, WebSocket
from fastapi.telemetry import TelemetryConfig
from starlette.responses import Response
from starlette.types import ASGIApp

from fanin.config import Endpoint
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.contract.cors import CorsPolicy
from fanin.engine.call import Fetch
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import BlockingRun, concurrent
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.result import Result
from fanin.entrypoints.fastapi.departure import heeding_departure
from fanin.entrypoints.fastapi.errors import ERROR_HANDLERS
from fanin.entrypoints.fastapi.jobs import Defer, deferring, jobs_router
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.fastapi.route import EndpointRoute, ShortWay
from fanin.entrypoints.fastapi.sources import Reader
from fanin.entrypoints.servers.asgi import Limits, headers_of, invocation_of

if TYPE_CHECKING:
    from fanin.entrypoints.websocket.handshake import Greet
    from fanin.entrypoints.websocket.subject import Subjects
    from fanin.jobs.service import JobService
    from fanin.observability.served import Watch

THREADS = "/threads"
"""What stands before the paths of endpoints that FastAPI runs in its thread pool, and their calls in threads."""
LIVE = "/live"
"""Where a server that holds WebSockets sends answers as they arrive; Mangum carries none, so in Lambda it is unused."""

_ARGUMENT = "parameter_"
"""What a handler's arguments begin with, so that any name will do for a parameter: Python keeps some for itself."""


_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI looks for OpenTelemetry's providers at every request, which takes as long as fanin's own log line."""


class Gateway(FastAPI):
    """FastAPI's application, whose answers to its own faults are bounded and shared as all others are.

    Args:
        catalogue: what is served.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(
            openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY
        )
        self._clock = catalogue.clock
        self.cors = CorsPolicy.of(catalogue.config)
        """Which pages on other origins may ask; None if none may."""
        self.hands_over = True
        """Whether it gives answers to what takes them whole; an application around it has to see messages."""
        self.watch: Watch | None = None
        """Is told, under a server, of each request; None if nobody is."""
        self.problem_types = catalogue.config.api.problems
        """What the types of problems begin with."""

    @override
    def build_middleware_stack(self) -> ASGIApp:
        app = super().build_middleware_stack()
        # Middlewares that somebody adds see every request.
        inner = app if self.user_middleware else ShortWay(app, self.routes)
        return Limits(inner, self._clock, self.cors, self.watch, self.problem_types)


def gateway_app(  # noqa: PLR0913 - what an application is made of
    catalogue: Catalogue,
    pipelines: Mapping[str, Fetch],
    *,
    door: FrontDoor = OPEN,
    threads: BlockingRun | None = None,
    routers: Iterable[APIRouter] = (),
    job_service: "JobService | None" = None,
) -> Gateway:
    """Make the application.

    Args:
        catalogue: what is served.
        pipelines: for each source, its policies around its fetch.
        door: says who asks.
        threads: what runs the calls of the endpoints below `/threads`; without it there are none.
        routers: handlers written by hand.
        job_service: where jobs are handed in; without it, there are none.
    """
    app = Gateway(catalogue)
    app.state.config = catalogue.config
    app.state.catalogue, app.state.door = catalogue, door
    app.state.reader = Reader(catalogue, pipelines)
    app.router.route_class = EndpointRoute
    app.add_api_route(
        "/health",
        _health,
        name="health",
        summary="Whether the function runs; asks no source",
        tags=["fanin"],
        response_model=None,
    )
    app.add_api_route("/openapi.json", _openapi, include_in_schema=False, response_model=None)
    app.add_api_route("/docs", _docs, include_in_schema=False, response_model=None)
    own = [jobs_router(job_service, door)]
    if catalogue.config.callers:
        from fanin.entrypoints.fastapi.tickets import tickets_router  # noqa: PLC0415 - of a file with callers only

        own.append(tickets_router(catalogue, door))
    for router in (*routers, *own):
        app.include_router(router)
    defer = deferring(job_service) if job_service else None  # without jobs the preference is passed over, as it may be
    for endpoint in catalogue.config.endpoints.values():
        app.add_api_route(
            endpoint.path,
            _handler(catalogue, endpoint, pipelines, door, defer),
            methods=[endpoint.method],
            name=endpoint.name,
            summary=endpoint.summary or None,
            response_class=Response,
        )
        if threads:
            blocking = _blocking_handler(catalogue, endpoint, threads, door)
            app.add_api_route(THREADS + endpoint.path, blocking, methods=[endpoint.method], include_in_schema=False)
    app.add_api_websocket_route(LIVE, _live(catalogue, pipelines, job_service, door, app.cors))
    for error, handler in ERROR_HANDLERS.items():
        app.add_exception_handler(error, handler)
    return app


async def _health(request: Request) -> Answer:
    return answers.json_answer({"status": "ok"}, invocation_of(request.scope).request_id)


async def _openapi(request: Request) -> Answer:
    from fanin.entrypoints.fastapi.openapi import document  # noqa: PLC0415 - no part of the cold start

    return answers.json_answer(document(request.app), invocation_of(request.scope).request_id)


async def _docs(request: Request) -> Answer:
    from fanin.entrypoints.fastapi.pages import page  # noqa: PLC0415 - no part of the cold start

    return page("docs", invocation_of(request.scope).request_id)


def _live(
    catalogue: Catalogue,
    pipelines: Mapping[str, Fetch],
    job_service: "JobService | None",
    door: FrontDoor,
    cors: CorsPolicy | None,
) -> Callable[[WebSocket], Awaitable[None]]:
    """Make what serves a WebSocket connection; its parts are made for the first, and are no part of the cold start."""

    @cache
    def parts() -> "tuple[Subjects, Greet]":
        from fanin.entrypoints.websocket.handshake import greeting  # noqa: PLC0415 - no part of the cold start
        from fanin.entrypoints.websocket.subject import Subjects  # noqa: PLC0415 - likewise

        find_job = job_service.find_any if job_service else None
        return Subjects(catalogue, pipelines, find_job=find_job, door=door), greeting(catalogue, door)

    async def live(websocket: WebSocket) -> None:
        if cors and not cors.admits(websocket.headers.get("origin")):
            await websocket.close()  # before it is accepted: the server answers the handshake with 403
            return
        from fanin.entrypoints.fastapi.websocket import serve  # noqa: PLC0415 - no part of the cold start

        subjects, greet = parts()
        await serve(websocket, subjects, greet, catalogue.clock, door.now)

    return live


def _handler(
    catalogue: Catalogue, endpoint: Endpoint, pipelines: Mapping[str, Fetch], door: FrontDoor, defer: Defer | None
) -> Any:
    """Make an endpoint's handler, which FastAPI awaits on the event loop."""
    changes = bool(catalogue.plans[endpoint.name].writes)
    may_stream = not changes and endpoint.passthrough is None

    async def handler(request: Request) -> Answer | Response:
        headers = headers_of(request.scope)
        body = b"" if endpoint.input is None else await request.body()  # what is around the application bounds it
        sent = request.scope["query_string"]
        query = parse_qsl(sent.decode("latin-1"), keep_blank_values=True) if sent else []
        asked = ClientRequest(request.path_params, headers, body, query=query)
        invocation = invocation_of(request.scope)
        caller = await door.admit(endpoint, asked, invocation) if door.admit else None
        if defer and (deferred := await defer(request, endpoint, asked, caller)) is not None:
            return deferred
        if may_stream and headers.get("accept", answers.ANY) != answers.ANY:
            from fanin.entrypoints.fastapi import stream  # noqa: PLC0415 - no part of the cold start

            begin = partial(catalogue.begin, endpoint.name, asked, caller, invocation)
            if (served := await stream.serve(endpoint, begin, pipelines, request, invocation)) is not None:
                return served if isinstance(served, Response) else _answer(served, headers, invocation)
        aggregation = catalogue.begin(endpoint.name, asked, caller, invocation)
        if not changes:
            return _answer(await concurrent.run(aggregation, pipelines), headers, invocation)
        async with heeding_departure(request, aggregation):
            result = await concurrent.run(aggregation, pipelines)
        return _answer(result, headers, invocation)

    handler.__signature__ = _signature(endpoint)  # type: ignore[attr-defined]
    return handler


def _blocking_handler(catalogue: Catalogue, endpoint: Endpoint, run: BlockingRun, door: FrontDoor) -> Any:
    """Make an endpoint's handler as a `def`, for which FastAPI takes a thread of its pool."""

    def handler(request: Request, body: bytes = b"", **parameters: Any) -> Response:
        invocation = invocation_of(request.scope)
        asked = _asked(request, parameters, body, endpoint)
        caller = door.admit_blocking(endpoint, asked, invocation) if door.admit_blocking else None
        aggregation = catalogue.begin(endpoint.name, asked, caller, invocation)
        return respond(_answer(run(aggregation), request.headers, invocation))

    handler.__signature__ = _signature(endpoint)  # type: ignore[attr-defined]
    return handler


def _asked(request: Request, parameters: Mapping[str, Any], body: bytes, endpoint: Endpoint) -> ClientRequest:
    if endpoint.plain:
        values = {name.removeprefix(_ARGUMENT): value for name, value in parameters.items()}
        return ClientRequest(values, request.headers, body, checked=True)
    return ClientRequest(request.path_params, request.headers, body, query=request.query_params.multi_items())


async def _body(request: Request) -> bytes:
    """Read the body, on the event loop, for handlers in threads too. What is around the application bounds it."""
    return await request.body()


def _answer(result: Result, headers: Mapping[str, str], invocation: Invocation) -> Answer:
    invocation.results.append(result)
    return answers.answer(result, invocation.request_id, headers)


def _signature(endpoint: Endpoint) -> Signature:
    """Make the signature from which FastAPI reads an endpoint's typed parameters.

    It has none for an endpoint whose parameters FastAPI does not read as other ways in do: the catalogue reads those.
    """
    arguments = [Argument("request", Argument.KEYWORD_ONLY, annotation=Request)]
    if endpoint.input is not None:
        arguments.append(Argument("body", Argument.KEYWORD_ONLY, annotation=Annotated[bytes, Depends(_body)]))
    for name, parameter in endpoint.all_parameters.items() if endpoint.plain else ():
        place = Path if name in endpoint.path_parameters else Query
        examples = None if parameter.example is None else [parameter.example]
        field = place(alias=name, description=parameter.description or None, examples=examples, **parameter.bounds)
        default = Argument.empty if parameter.default is None else parameter.default
        typed = parameter.annotated(field)
        arguments.append(Argument(_ARGUMENT + name, Argument.KEYWORD_ONLY, annotation=typed, default=default))
    return Signature(arguments)
