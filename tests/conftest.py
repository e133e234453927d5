"""The functions in this process, over a demo upstream in its own."""

import os
from collections.abc import Iterator

import pytest

from dev.upstream.app import variables
from dev.upstream.process import Upstream
from tests.contract.ask import Ask, in_process
from tests.functions import functions as composed


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """Run a demo upstream for all tests."""
    with Upstream() as running:
        yield running


@pytest.fixture(scope="session")
def functions(upstream: Upstream) -> Iterator[dict[str, Ask]]:
    """Compose both functions over fanin.toml as it is."""
    environment = {**os.environ, **variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*"}
    with composed(environment) as handlers:
        yield {
            "gateway": in_process(handlers["gateway"], ""),
            "sync": in_process(handlers["sync"], "/sync"),
        }


@pytest.fixture(params=["gateway", "sync"])
def ask(request: pytest.FixtureRequest, functions: dict[str, Ask]) -> Ask:
    """Give each function in turn."""
    return functions[request.param]
