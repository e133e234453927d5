"""200 subscribers of one endpoint, 60 of whom are gone when their round comes."""

import asyncio

from tests.unit.scenario import config_of
from tests.websocket.api_gateway import api_gateway
from tests.websocket.crowd import waits
from tests.websocket.memory import MemoryFunction, Table
from tests.websocket.scenes import TRIP
from tests.websocket.test_api_gateway import Upstream


def test_subscribers_who_are_gone_slow_the_others_by_a_tenth_at_most() -> None:
    config, upstream, table = config_of(TRIP), Upstream(), Table()
    upstream.delays = {"weather": 0.2}
    fetches = dict.fromkeys(config.sources, upstream.fetch)
    with api_gateway() as gateway:
        gateway.make = lambda: MemoryFunction(table, gateway.post, config, fetches)
        measured = asyncio.run(waits(gateway, table, stay=140, go=60, samples=5))
        assert gateway.refused == [410] * 60 * 5
    print(f"{measured}, ratio {measured.ratio:.3f}")  # noqa: T201 - the figure is what this is for
    assert measured.ratio <= 1.1
