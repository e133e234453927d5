"""200 subscribers of one endpoint, 60 of whom are gone when their round comes."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.aws.conftest import environment, moto
from tests.live.api_gateway import ApiGateway, api_gateway
from tests.live.crowd import waits
from tests.live.lambda_function import LambdaFunction, Resources
from tests.live.scenes import TRIP
from tests.live.test_api_gateway import Upstream
from tests.unit.scenario import config_of

__all__ = ["environment", "moto"]


@pytest.fixture
def gateway() -> Iterator[ApiGateway]:
    with api_gateway() as running:
        yield running


def test_subscribers_who_are_gone_slow_the_others_by_a_tenth_at_most(
    gateway: ApiGateway, environment: dict[str, str]
) -> None:
    config, upstream = config_of(TRIP), Upstream()
    upstream.delays = {"weather": 0.2}
    resources = Resources(environment, gateway.post)
    gateway.make = lambda: LambdaFunction(resources, config, dict.fromkeys(config.sources, upstream.fetch))
    measured = asyncio.run(waits(gateway, resources, stay=140, go=60, samples=3))
    print(f"{measured}, ratio {measured.ratio:.3f}")  # noqa: T201 - the figure is what this is for
    assert gateway.refused == [410] * 60 * 3
    assert measured.ratio <= 1.1
