"""fanin.entrypoints.fastapi: the way in by FastAPI and Mangum."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import JSONResponse

from fanin.config import Config
from fanin.engine.call import Call, Fetch
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.errors import NotFound, SourceError, SourceTimeout
from tests.unit.lambda_events import FakeContext, payload_2
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.geo]
url = "https://geo.example/{city}?days={days}"
[sources.weather]
url = "https://weather.example/{geo.lat}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["geo"]
timeout = "3s"
[endpoints.trip.parameters.days]
type = "integer"
default = 3
maximum = 16
""")


class Gateway:
    """A gateway whose sources answer as a function says, asked with events.

    Args:
        config: what is served.
        routers: handlers written by hand.
    """

    def __init__(self, config: Config = CONFIG, *routers: APIRouter) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Outcome[Any]] = lambda _: Outcome({"lat": 1})
        pipelines: dict[str, Fetch] = dict.fromkeys(config.sources, self._fetch)
        self.app = gateway_app(Catalogue(config), pipelines, routers=routers)
        self.handler = asgi_handler(self.app)

    async def _fetch(self, call: Call) -> Outcome[Any]:
        self.calls.append(call)
        call.span.started = call.span.ended = call.span.ready
        return self.answer(call)

    def ask(self, path: str, query: str = "", **event: Any) -> tuple[int, dict[str, str], Any]:
        """Ask; give status, headers with names in lower case, and the body read as JSON."""
        response = self.handler(payload_2(path, query, **event), FakeContext())
        headers = {name.lower(): value for name, value in response["headers"].items()}
        return response["statusCode"], headers, json.loads(response["body"])


router = APIRouter()


@router.get("/read/{name}")
async def read(sources: SourcesDep, name: str) -> Response:
    """Read a source, and answer with its value."""
    return sources.respond(await sources.read(name, city="Lisbon", days=1))


@router.get("/twice/{name}")
async def read_twice(sources: SourcesDep, name: str) -> Response:
    """Read a source once more, if need be, and let the answer be kept."""
    try:
        value = await sources.read(name, city="Lisbon", days=1)
    except SourceError:
        value = None
    return sources.respond([value, await sources.read(name, city="Porto", days=1)], keep=True)


@router.get("/raise/{status}")
async def refuse(status: int) -> Response:
    """Refuse by a framework's means."""
    raise HTTPException(status, "as I said")


@router.get("/broken")
async def broken() -> Response:
    """Fail, with a secret in the message."""
    raise ZeroDivisionError("hunter2")


@router.get("/leftover")
async def leftover() -> Response:
    """Leave a task running."""
    TASKS.append(asyncio.create_task(asyncio.sleep(1000)))
    return JSONResponse({"running": len(asyncio.all_tasks())})


@router.get("/loop")
async def loop_of() -> Response:
    """Say on which loop this runs."""
    return JSONResponse({"loop": id(asyncio.get_running_loop())})


TASKS: list[asyncio.Task[None]] = []


@pytest.fixture
def _closed_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the loops that handlers keep for a container's life, at the test's end."""
    made: list[asyncio.AbstractEventLoop] = []
    make = asyncio.new_event_loop

    def noting() -> asyncio.AbstractEventLoop:
        made.append(make())
        return made[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", noting)
    yield
    for loop in made:
        loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def gateway(_closed_loop: None) -> Gateway:
    """Give a gateway with the handlers of this module."""
    return Gateway(CONFIG, router)


class TestEndpoints:
    """Every endpoint of fanin.toml is a real route."""

    def test_an_endpoint_is_served(self, gateway: Gateway) -> None:
        """With typed parameters, under the contract's headers."""
        status, headers, body = gateway.ask("/trip/S%C3%A3o%20Paulo", "days=5")
        assert (status, body) == (200, {"geo": {"lat": 1}})
        assert gateway.calls[0].request.url == "https://geo.example/S%C3%A3o%20Paulo?days=5"
        assert headers["fanin-complete"] == "?1"
        assert headers["x-request-id"] == "gateway-id"
        assert headers["content-type"] == "application/json"

    @pytest.mark.parametrize(
        ("path", "query", "wrong"),
        [
            ("/trip/x", "days=17", {"days"}),
            ("/trip/x", "days=y", {"days"}),
            ("/trip/" + "x" * 257, "", {"city"}),
            ("/trip/..", "", {"city"}),
        ],
    )
    def test_bad_parameters_are_refused_before_any_call(
        self, gateway: Gateway, path: str, query: str, wrong: set[str]
    ) -> None:
        """As problems, not in FastAPI's own form."""
        status, headers, body = gateway.ask(path, query)
        assert (status, headers["content-type"], set(body["parameters"])) == (422, "application/problem+json", wrong)
        assert body["type"].endswith("/bad-parameter")
        assert not gateway.calls

    @pytest.mark.parametrize("path", ["/", "/nowhere", "/trip", "/trip/", "/trip/x/", "/trip%2Fa", "/redoc"])
    def test_other_paths_are_unknown(self, gateway: Gateway, path: str) -> None:
        """As problems; nothing redirects."""
        status, _, body = gateway.ask(path)
        assert (status, body["type"].rpartition("/")[2]) == (404, "unknown-path")

    def test_other_methods_are_refused(self, gateway: Gateway) -> None:
        """Naming those that would do."""
        status, headers, body = gateway.ask("/trip/x", method="DELETE")
        assert (status, headers["allow"], body["type"].rpartition("/")[2]) == (405, "GET, HEAD", "wrong-method")

    def test_failures_keep_the_contract(self, gateway: Gateway) -> None:
        """As any other way in."""
        gateway.answer = lambda call: Outcome.failed(SourceTimeout(call.source.name, "late"))
        status, headers, body = gateway.ask("/trip/x")
        assert (status, headers["fanin-complete"], set(body["sources"])) == (504, "?0", {"geo"})

    def test_health_asks_no_source(self, gateway: Gateway) -> None:
        """It is shallow."""
        assert gateway.ask("/health")[::2] == (200, {"status": "ok"})
        assert not gateway.calls

    def test_the_api_is_described(self, gateway: Gateway) -> None:
        """With each endpoint's parameters in their places, types and bounds."""
        description = gateway.ask("/openapi.json")[2]
        parameters = {p["name"]: p for p in description["paths"]["/trip/{city}"]["get"]["parameters"]}
        assert (parameters["city"]["in"], parameters["days"]["in"]) == ("path", "query")
        assert parameters["days"]["schema"]["type"] == "integer"
        assert parameters["days"]["schema"]["maximum"] == 16

    @pytest.mark.usefixtures("_closed_loop")
    @pytest.mark.parametrize("name", ["from", "class", "json", "schema", "model_config", "self"])
    def test_any_name_may_be_a_parameters(self, name: str) -> None:
        """Python's words and the framework's are names like any other, in the path and in the query."""
        config = config_of(f"""
            [sources.a]
            url = "https://a.example/{{{name}}}?x={{q_{name}}}"
            [endpoints.e]
            path = "/e/{{{name}}}"
            sources = ["a"]
            [endpoints.e.parameters.q_{name}]
            [endpoints.f]
            path = "/f"
            sources = ["a"]
            [endpoints.f.parameters.{name}]
            [endpoints.f.parameters.q_{name}]
        """)
        gateway = Gateway(config)
        for path, query in (("/e/x", f"q_{name}=y"), ("/f", f"{name}=x&q_{name}=y")):
            assert gateway.ask(path, query)[0] == 200
        assert {call.request.url for call in gateway.calls} == {"https://a.example/x?x=y"}


class TestHandlersWrittenByHand:
    """They read sources over the same pipelines."""

    def test_a_source_is_read_with_what_it_refers_to(self, gateway: Gateway) -> None:
        """And the headers name every source that was read."""
        status, headers, body = gateway.ask("/read/weather")
        assert (status, body) == (200, {"lat": 1})
        assert [call.source.name for call in gateway.calls] == ["geo", "weather"]
        assert headers["fanin-sources"].startswith("geo=fresh;age=0;attempts=1, weather=fresh")

    @pytest.mark.parametrize("name", ["geo", "weather"])
    def test_a_failure_that_is_let_through_is_the_roots_problem(self, gateway: Gateway, name: str) -> None:
        """With its status."""
        gateway.answer = lambda call: Outcome.failed(NotFound(call.source.name, "none"))
        status, headers, body = gateway.ask(f"/read/{name}")
        assert (status, headers["content-type"], headers["fanin-complete"]) == (404, "application/problem+json", "?0")
        assert (body["type"].rpartition("/")[2], body["detail"], body["request_id"]) == (
            "not-found",
            "none",
            "gateway-id",
        )

    def test_the_frameworks_refusals_are_problems_too(self, gateway: Gateway) -> None:
        """With their status and detail."""
        for status in (403, 404, 409, 429, 503):
            answered, headers, body = gateway.ask(f"/raise/{status}")
            assert (answered, headers["content-type"]) == (status, "application/problem+json")
            assert body["detail"] == "as I said"

    def test_a_status_that_has_no_name_is_a_problem_too(self, gateway: Gateway) -> None:
        """HTTP allows any."""
        assert gateway.ask("/raise/499")[0] == 499


class TestHandler:
    """One loop for the container's life."""

    def test_an_internal_error_is_a_problem_with_the_reason_only_in_the_log(
        self, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        """As for every other function: the contract's answer, the request's id, and no word of why."""
        status, headers, body = gateway.ask("/broken")
        assert (status, headers["content-type"]) == (500, "application/problem+json")
        assert body["request_id"] == headers["x-request-id"] == "gateway-id"
        assert "hunter2" not in json.dumps(body)
        assert any(r.exc_info and r.exc_info[0] is ZeroDivisionError for r in caplog.records)

    def test_an_error_inside_a_call_is_an_internal_error(self, gateway: Gateway) -> None:
        """It ends the request, and not the container."""

        def fail(_: Call) -> Outcome[Any]:
            raise ZeroDivisionError("hunter2")

        gateway.answer = fail
        assert gateway.ask("/trip/x")[::2][0] == 500
        gateway.answer = lambda _: Outcome({})
        assert gateway.ask("/trip/x")[0] == 200

    def test_every_request_runs_on_one_loop(self, gateway: Gateway) -> None:
        """Where the connections are kept."""
        assert gateway.ask("/loop")[2] == gateway.ask("/loop")[2]

    def test_no_task_outlives_its_request(self, gateway: Gateway) -> None:
        """Frozen with the container, it would go on inside a later one."""
        running = [gateway.ask("/leftover")[2]["running"] for _ in range(3)]
        assert len(set(running)) == 1
        assert all(task.cancelled() for task in TASKS)

    def test_the_invocations_deadline_bounds_the_calls(self, gateway: Gateway) -> None:
        """Not the endpoint's timeout alone."""
        gateway.handler(payload_2("/trip/x"), FakeContext(remaining_ms=30_000))
        gateway.handler(payload_2("/trip/x"), FakeContext(remaining_ms=1_000))
        long, short = (call.deadline - call.span.ready for call in gateway.calls)
        assert 2.5 < long <= 3
        assert 0 < short <= 0.75


class TestASourceReadTwice:
    """Every read of a source counts in what a handler answers, whatever their order."""

    def ask(self, *outcomes: Outcome[Any]) -> tuple[int, dict[str, str], Any]:
        """Ask the handler that reads twice; the source answers in turn."""
        gateway = Gateway(CONFIG, router)
        turns = iter(outcomes)
        gateway.answer = lambda _: next(turns)
        return gateway.ask("/twice/geo")

    def test_a_failed_read_makes_the_answer_incomplete_and_not_kept(self) -> None:
        late = Outcome[Any].failed(SourceTimeout("geo", "late", attempts=2))
        status, headers, body = self.ask(late, Outcome({"lat": 1}, fresh_for=60.0))
        assert (status, body) == (200, [None, {"lat": 1}])
        assert headers["fanin-complete"] == "?0"
        assert headers["cache-control"] == "no-store"
        assert headers["fanin-sources"] == "geo=source-timeout;attempts=3"

    @pytest.mark.parametrize("order", [1, -1])
    def test_the_oldest_and_the_first_to_end_say_how_long_the_answer_is_kept(self, order: int) -> None:
        reads: list[Outcome[Any]] = [Outcome({}, age=100.0, fresh_for=200.0)]
        reads.append(Outcome({}, age=10.0, fresh_for=20.0, state="stale"))
        _, headers, _ = self.ask(*reads[::order])
        assert headers["fanin-complete"] == "?1"
        assert (headers["cache-control"], headers["age"]) == ("max-age=120", "100")
        assert headers["fanin-sources"] == "geo=stale;age=100;attempts=2"

    @pytest.mark.parametrize("order", [1, -1])
    def test_one_read_that_nobody_may_keep_is_enough(self, order: int) -> None:
        _, headers, _ = self.ask(*[Outcome({}, fresh_for=60.0), Outcome({}, fresh_for=None)][::order])
        assert (headers["fanin-complete"], headers["cache-control"]) == ("?1", "no-store")

    @pytest.mark.parametrize("order", [1, -1])
    def test_static_data_is_enough_too(self, order: int) -> None:
        _, headers, _ = self.ask(*[Outcome({}, fresh_for=60.0), Outcome({}, state="fallback")][::order])
        assert (headers["fanin-complete"], headers["cache-control"]) == ("?0", "no-store")
