"""fanin.entrypoints.plain.handler: the way in without a framework."""

import json
from typing import Any

import pytest

from fanin.engine.call import Call
from fanin.engine.catalogue import Catalogue
from fanin.engine.execution import sequential
from fanin.engine.outcome import Outcome
from fanin.entrypoints.plain.handler import sync_handler
from fanin.errors import NotFound, SourceTimeout
from tests.unit.lambda_events import FakeContext, payload_2
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.geo]
url = "https://geo.example/{city}?days={days}"
[endpoints.trip]
path = "/trip.v1/{city}"
sources = ["geo"]
timeout = "3s"
[endpoints.trip.parameters.days]
type = "integer"
default = 3
maximum = 16
[endpoints.plain]
path = "/plain"
sources = ["geo"]
[endpoints.plain.parameters.city]
[endpoints.plain.parameters.days]
default = "1"
""")


def ask(
    path: str, query: str = "", outcome: Outcome[Any] | None = None, **event: Any
) -> tuple[dict[str, Any], list[Call]]:
    """Ask the handler; give the response, and the calls that were made."""
    calls: list[Call] = []

    def fetch(call: Call) -> Outcome[Any]:
        calls.append(call)
        call.span.started = call.span.ended = 100.0
        return outcome or Outcome({"name": "Lisbon"})

    handler = sync_handler(Catalogue(CONFIG, lambda: 100.0), {"/sync": lambda request: sequential.run(request, fetch)})
    return handler(payload_2(path, query, **event), FakeContext()), calls


def test_an_endpoint_is_served_under_the_prefix() -> None:
    """With the parameters of path and query, decoded once."""
    response, (call,) = ask("/sync/trip.v1/S%C3%A3o%20Paulo", "days=5&other=1")
    assert (response["statusCode"], json.loads(response["body"])) == (200, {"geo": {"name": "Lisbon"}})
    assert call.request.url == "https://geo.example/S%C3%A3o%20Paulo?days=5"
    assert response["headers"]["Fanin-Complete"] == "?1"
    assert response["headers"]["X-Request-Id"] == "gateway-id"


def test_defaults_stand_in_and_the_last_value_of_a_key_counts() -> None:
    """As the other function has it."""
    assert ask("/sync/trip.v1/x")[1][0].request.url.endswith("days=3")
    assert ask("/sync/trip.v1/x", "days=1&days=2")[1][0].request.url.endswith("days=2")


def test_a_query_cannot_stand_for_a_parameter_of_the_path() -> None:
    """The path goes before it."""
    assert ask("/sync/trip.v1/x", "city=y")[1][0].request.url.startswith("https://geo.example/x?")


def test_the_deadline_is_the_endpoints_timeout() -> None:
    """Counted from when the request came."""
    assert ask("/sync/trip.v1/x")[1][0].deadline == 103.0


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sync",
        "/sync/",
        "/trip.v1/x",
        "/sync/trip.v1",
        "/sync/trip.v1/",
        "/sync/trip.v1/x/",
        "/sync/tripXv1/x",
        "/sync/trip.v1%2Fa",
        "/sync/trip.v1/x/y",
        "/synctrip.v1/x",
        "/SYNC/plain",
        "/sync/plain%0A",
    ],
)
def test_other_paths_are_unknown(path: str) -> None:
    """A parameter is one segment, and a dot is a dot."""
    response, calls = ask(path)
    assert (response["statusCode"], calls) == (404, [])
    assert json.loads(response["body"])["type"].endswith("/unknown-path")


def test_other_methods_are_refused() -> None:
    """Naming those that would do."""
    response, calls = ask("/sync/plain", "city=x", method="POST")
    assert (response["statusCode"], response["headers"]["Allow"], calls) == (405, "GET, HEAD", [])


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        ("/sync/trip.v1/x", "days=17", {"days"}),
        ("/sync/trip.v1/x", "days=y", {"days"}),
        ("/sync/plain", "", {"city"}),
        ("/sync/plain", "city=", {"city"}),
        ("/sync/trip.v1/..", "", {"city"}),
        ("/sync/trip.v1/%2E%2E", "", {"city"}),
    ],
)
def test_bad_parameters_are_refused_before_any_call(path: str, query: str, wrong: set[str]) -> None:
    """Each named with what is wrong."""
    response, calls = ask(path, query)
    assert (response["statusCode"], calls) == (422, [])
    assert set(json.loads(response["body"])["parameters"]) == wrong


@pytest.mark.parametrize(("kind", "status"), [(NotFound, 404), (SourceTimeout, 504)])
def test_failures_keep_the_contract(kind: Any, status: int) -> None:
    """As any other way in."""
    response, _ = ask("/sync/trip.v1/x", outcome=Outcome.failed(kind("geo", "no")))
    assert response["statusCode"] == status
    assert set(json.loads(response["body"])["sources"]) == {"geo"}
