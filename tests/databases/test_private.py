"""A database has an address that is not public only if its table says that it may."""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from typing import Any

import pytest

from fanin.config import parse
from fanin.engine.call import Call
from fanin.engine.outcome import Span
from fanin.errors import AddressRefused
from fanin.sources.kinds import blocking_fetch_of, fetches_of
from fanin.sources.reach import BlockingReach, Reach
from fanin.sources.tls import tls_context
from tests.resolving import Forbidding

FILE = """
fanin = 1
[databases.shop]
url = "postgresql://web@db.example/shop"
private = PRIVATE
[sources.one]
database = "shop"
sql = "select 1 as one"
[endpoints.one]
path = "/one"
sources = ["one"]
"""
NOW = 100.0


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("blocking", [False, True])
def test_it_is_asked_by_the_way_to_addresses_that_its_table_says(*, private: bool, blocking: bool) -> None:
    config = parse(FILE.replace("PRIVATE", str(private).lower()), {})
    source = config.sources["one"]
    call = Call(source, replace(source.request({}), open=None), NOW + 5, Span(ready=NOW))
    resolvers: Any = {True: Forbidding(), False: Forbidding()}
    if blocking:
        with ExitStack() as ends:
            fetch = blocking_fetch_of(config.sources, BlockingReach(resolvers, tls_context, lambda: NOW), ends)
            assert isinstance(fetch(call).error, AddressRefused)
    else:
        asyncio.run(_refused(config.sources, Reach(resolvers, tls_context, lambda: NOW), call))
    assert {private: resolver.asked for private, resolver in resolvers.items()} == {private: 1, not private: 0}


async def _refused(sources: Any, reach: Reach, call: Call) -> None:
    async with AsyncExitStack() as ends:
        fetch = fetches_of(sources, reach, ends)[call.source.name]
        with pytest.raises(AddressRefused):
            await fetch(call)
