"""Callbacks over real connections: only where the guard lets them go, and not behind a redirect."""

import asyncio

import pytest

from fanin.engine.call import Request
from fanin.jobs.webhook_client import NotReached, webhook_client
from fanin.local.upstream.process import Upstream
from fanin.sources.address import AddressGuard
from fanin.sources.http.loop.client import Transport
from fanin.sources.resolve import Resolver
from tests.roots import tls_context


def posted(url: str, allow: str) -> int:
    async def post() -> int:
        transport = Transport(resolve=Resolver(AddressGuard(allow)).resolve_async, ssl_context=tls_context())
        try:
            return await webhook_client(transport)(Request("POST", url, (("Content-Type", "application/json"),), b"{}"))
        finally:
            await transport.aclose()

    return asyncio.run(post())


def test_a_receiver_is_reached_where_its_address_is_allowed(upstream: Upstream) -> None:
    assert posted(upstream.base_url + "/nothing/here", "127.0.0.0/8:*") == 404


def test_an_address_that_is_not_public_is_not_reached(upstream: Upstream) -> None:
    with pytest.raises(NotReached, match="not public"):
        posted(upstream.base_url + "/", "")
    with pytest.raises(NotReached, match="not public"):
        posted("http://169.254.169.254/latest/", "0.0.0.0/0:*")


def test_who_does_not_answer_is_not_reached() -> None:
    with pytest.raises(NotReached, match="cannot be reached"):
        posted("http://127.0.0.1:1/", "127.0.0.0/8:*")
