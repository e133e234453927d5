"""A job counts for its endpoint's `client_limit`, by whichever way it is handed in."""

import json
from typing import Any

import pytest

from fanin.compose.client_limits import ClientLimits, limited
from fanin.contract.client_address import Proxies
from fanin.contract.client_limit import ClientCounts
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import OPEN
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.testing.fake_clock import FakeClockLoop
from tests.jobs.world import World
from tests.unit.lambda_events import FakeContext, payload_2
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.geo]
url = "https://geo.example/{city}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["geo"]
client_limit = { calls = 2, per = "1h" }
[endpoints.free]
path = "/free/{city}"
sources = ["geo"]
""")


@pytest.fixture
def handler() -> Handler:
    world, loop = World(config=CONFIG), FakeClockLoop()
    door = limited(OPEN, ClientLimits(Proxies(), ClientCounts(lambda: 1_800_000_000.0), loop.time))
    app = gateway_app(Catalogue(CONFIG, loop.time), {"geo": world._fetch}, door=door, job_service=world.job_service())
    return asgi_handler(app, loop=loop, clock=loop.time)


def hand_in(handler: Handler, endpoint: str, address: str = "192.0.2.1") -> tuple[int, dict[str, str]]:
    body = json.dumps({"endpoint": endpoint, "parameters": {"city": "Lisbon"}})
    return asked(handler, payload_2("/jobs", method="POST", body=body), address, {"content-type": "application/json"})


def prefer(handler: Handler, path: str) -> tuple[int, dict[str, str]]:
    return asked(handler, payload_2(path), "192.0.2.1", {"prefer": "respond-async"})


def asked(handler: Handler, event: dict[str, Any], address: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    event["headers"] |= headers
    event["requestContext"]["http"]["sourceIp"] = address
    response = handler(event, FakeContext())
    return response["statusCode"], {name.lower(): value for name, value in response["headers"].items()}


def test_jobs_count_by_either_way(handler: Handler) -> None:
    status, headers = hand_in(handler, "trip")
    assert (status, headers["ratelimit"]) == (202, '"default";r=1;t=3780')
    assert prefer(handler, "/trip/Lisbon")[0] == 202
    for status, headers in (hand_in(handler, "trip"), prefer(handler, "/trip/Lisbon")):
        assert (status, headers["ratelimit"]) == (429, '"default";r=0;t=3780')
        assert headers["retry-after"] == "3780"
    assert hand_in(handler, "trip", "192.0.2.2")[0] == 202


def test_jobs_of_other_endpoints_do_not(handler: Handler) -> None:
    for _ in range(4):
        status, headers = hand_in(handler, "free")
        assert status == 202
        assert "ratelimit" not in headers
