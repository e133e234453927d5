"""An AWS of somebody else's, in this process."""

import asyncio
from collections.abc import Iterator

import pytest

from fanin.aws.client import Aws
from tests.aws.conftest import environment, moto  # noqa: F401 - fixtures
from tests.roots import tls_context
from tests.stores.conformance import InAws, InMemory, Keepers

TLS = tls_context()


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def aws(runner: asyncio.Runner, environment: dict[str, str]) -> Iterator[Aws]:  # noqa: F811 - a fixture
    client = Aws(environment, TLS)
    yield client
    runner.run(client.aclose())


@pytest.fixture(params=["memory", "aws"])
def keepers(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Keepers:
    return InMemory(runner) if request.param == "memory" else InAws(request.getfixturevalue("aws"), runner)
