"""fanin.entrypoints.fastapi.route: the way past FastAPI's layers is taken for endpoints, and for nothing else."""

import asyncio
import gc
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.fastapi.route import ShortWay
from fanin.errors import RequestError
from fanin.testing import fake_clock
from fanin.testing.event import event_of
from tests.streams.asking import Client, Told, application
from tests.unit.lambda_events import FakeContext
from tests.unit.scenario import gives

TOML = """
    [sources.one]
    url = "https://one.example/{n}"
    [endpoints.e]
    path = "/e/{n}"
    sources = ["one"]
    [endpoints.number]
    path = "/number/{n}"
    sources = ["one"]
    [endpoints.number.parameters]
    n = { type = "integer" }
"""
router = APIRouter()


@router.get("/e/hand")
async def hand() -> Response:
    """Answer by hand."""
    return PlainTextResponse("by hand")


@router.get("/{any_}/hand/{more}")
async def hand_anywhere(any_: str, more: str) -> Response:
    """Answer by hand, whatever the path begins with."""
    return PlainTextResponse(f"by hand: {any_} {more}")


def made() -> FastAPI:
    """Make an application with endpoints, and a handler before them."""
    app = application(TOML, {"one": gives({"n": 1})}, [router])
    assert isinstance(app, FastAPI)
    return app


def asked(app: ASGIApp, path: str, method: str = "GET", **scope: Any) -> Told:
    """Ask, with some of the scope as it is given."""

    async def changed(given: Scope, receive: Receive, send: Send) -> None:
        await app({**given, "path": path.replace("%2F", "/"), **scope}, receive, send)

    return fake_clock.run(Client(path, {"accept": "*/*"}, method).ask(changed))


@pytest.mark.parametrize(
    ("path", "scope", "short"),
    [
        ("/health", {}, True),
        ("/e/1", {}, True),
        ("/e/a%2Fb", {}, True),
        ("/number/5", {}, True),
        ("/e/hand", {}, False),
        ("/e%2Fhand", {}, False),
        ("/number/hand/5", {}, False),
        ("/else/hand/5", {}, False),
        ("/e/1/2", {}, False),
        ("/e/1", {"method": "DELETE"}, False),
        ("/e/1", {"raw_path": None}, False),
        ("/e/1", {"root_path": "/mounted"}, False),
    ],
)
def test_short_way_is_taken_for_endpoints_only(path: str, scope: dict[str, Any], *, short: bool) -> None:
    """And only if FastAPI would call them."""

    async def layers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await PlainTextResponse("by FastAPI")(_scope, _receive, send)

    told = asked(ShortWay(layers, made().routes), path, **scope)
    assert (told.body != b"by FastAPI") == short


def test_router_without_routes_is_not_looked_through() -> None:
    """As that of `handlers.py` is in a new project, and those of jobs are below a prefix."""
    app = application(TOML, {"one": gives({"n": 1})}, [APIRouter()])
    short = ShortWay(app, app.routes)  # type: ignore[attr-defined]  # FastAPI's
    assert [len(short._by_segment[first]) for first in ("e", "number")] == [1, 1]
    assert not short._anywhere


def test_application_around_it_sees_its_messages_in_lambda() -> None:
    """Without one, the answer is handed over in their place, and is the same."""

    def answered(app: Any) -> dict[str, Any]:
        loop = fake_clock.FakeClockLoop()
        try:
            told: dict[str, Any] = asgi_handler(app, loop=loop, clock=loop.time)(
                event_of("GET", "/e/1", {}, {}, b""), FakeContext()
            )
        finally:
            loop.close()
        return told

    def around(app: Any) -> Any:
        async def seen(scope: Scope, receive: Receive, send: Send) -> None:
            async def sent(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-seen", b"yes")]
                await send(message)

            await app(scope, receive, sent)

        return seen

    alone, through = answered(made()), answered(around(made()))
    assert through["headers"].pop("x-seen") == "yes"
    assert through == alone


def test_handler_before_an_endpoint_keeps_its_paths() -> None:
    assert asked(made(), "/e/hand").body == b"by hand"
    assert asked(made(), "/e/Hand").status == 200


def test_what_an_endpoint_raises_is_answered_by_whoever_is_asked_for_it() -> None:
    """By fanin, or by a handler of exceptions that somebody has added."""
    assert asked(made(), "/number/five").head["content-type"] == "application/problem+json"
    app = made()

    async def own(_request: Request, error: Exception) -> Response:
        return PlainTextResponse(f"own: {type(error).__name__}", 418)

    app.add_exception_handler(RequestError, own)
    told = asked(app, "/number/five")
    assert (told.status, told.body) == (418, b"own: RequestError")


def test_middleware_that_somebody_adds_sees_endpoints_too() -> None:
    """And what it changes in the headers, the endpoint sees."""
    app = made()

    @app.middleware("http")
    async def teapot(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-seen"] = request.url.path
        return response

    assert asked(app, "/e/1").head["x-seen"] == "/e/1"


def test_fault_of_fanins_own_is_a_problem_and_raised_on() -> None:
    """By FastAPI's layers, which do not call the endpoint again."""
    calls = list[Any]()

    async def broken(call: Any) -> Any:
        calls.append(call)
        await asyncio.sleep(0)
        raise ZeroDivisionError

    told = Told()

    app = application(TOML, {"one": broken})

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Any) -> None:
            told.sent.append((0.0, dict(message)))
            await send(message)

        await app(scope, receive, sent)

    with pytest.raises(ZeroDivisionError):
        asked(keep, "/e/1")
    assert (told.status, len(calls)) == (500, 1)
    assert b"internal-error" in told.body


def test_what_an_endpoint_raised_is_in_no_cycle() -> None:
    """Its traceback has the request, and all that it holds; garbage is collected late."""
    app = made()
    asked(app, "/number/five")
    gc.collect()
    gc.disable()
    try:
        others = {id(kept) for kept in gc.get_objects() if isinstance(kept, RequestError)}  # of tests before
        asked(app, "/number/five")
        assert not [kept for kept in gc.get_objects() if isinstance(kept, RequestError) and id(kept) not in others]
    finally:
        gc.enable()
