"""A page on an origin that `[cors]` does not list gets no connection, under a server and behind API Gateway."""

from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fanin.config import Config
from fanin.engine.call import Runtime
from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.unit.lambda_events import FakeContext
from tests.unit.scenario import config_of
from tests.websocket.lambda_function import LambdaFunction, Resources
from tests.websocket.server import serving
from tests.websocket.test_events import EVENTS

APP, EVIL = "https://app.example.com", "https://evil.example"
SERVED = """
[sources.a]
value = 1
[endpoints.a]
path = "/a"
sources = ["a"]
"""

type Shake = Callable[[Config, str | None], int]
"""Asks for a connection from an origin; gives the status of the handshake."""


def under_a_server(config: Config, origin: str | None) -> int:
    app = gateway_app(Catalogue(config), pipelines_of(config.sources, {}, Shared(Runtime())))
    with serving(app) as at:
        try:
            with connect(f"ws://{at}/live", additional_headers={"Origin": origin} if origin else {}):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code


@pytest.fixture
def behind_api_gateway(environment: dict[str, str]) -> Shake:
    resources = Resources(environment, "http://127.0.0.1:1")

    def shake(config: Config, origin: str | None) -> int:
        event: dict[str, Any] = EVENTS["connect"]
        event = event | {"headers": event["headers"] | ({"Origin": origin} if origin else {})}
        with LambdaFunction(resources, config, {}) as function:
            status: int = function.handler(event, FakeContext())["statusCode"]
        rows = resources.table.scan()["Count"]
        assert rows == (status == 200), "nothing is kept of a connection that is refused"
        return {200: 101}.get(status, status)

    return shake


@pytest.fixture(params=["under a server", "behind API Gateway"])
def shake(request: pytest.FixtureRequest) -> Shake:
    if request.param == "under a server":
        return under_a_server
    asking: Shake = request.getfixturevalue("behind_api_gateway")
    return asking


@pytest.mark.parametrize(
    ("cors", "origin", "status"),
    [
        (f'[cors]\norigins = ["{APP}"]', APP, 101),
        (f'[cors]\norigins = ["{APP}"]', EVIL, 403),
        (f'[cors]\norigins = ["{APP}"]', "null", 403),
        (f'[cors]\norigins = ["{APP}"]', None, 101),
        ('[cors]\norigins = ["*"]', EVIL, 101),
        ("", EVIL, 101),
    ],
    ids=["listed", "not listed", "of no origin", "no page", "every page", "without [cors]"],
)
def test_the_origins_that_may_read_answers_may_connect(
    cors: str, origin: str | None, status: int, shake: Shake
) -> None:
    assert shake(config_of(cors + SERVED), origin) == status
