"""The function URL of this machine: what its events have of a request."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx

from fanin.local.runtime.function_url import serving


class Noting:
    """A service that notes events, and answers none in time."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    async def invoke(self, event: dict[str, Any]) -> object:
        self.events.append(event)
        raise TimeoutError


def event_for(method: str, headers: list[tuple[str, str]], content: bytes | AsyncIterator[bytes]) -> dict[str, Any]:
    """Send a request, and give its event."""

    service: Any = Noting()

    async def ask() -> None:
        async with serving(service) as url, httpx.AsyncClient() as client:
            await client.request(method, url, headers=headers, content=content)

    asyncio.run(ask())
    event: dict[str, Any]
    (event,) = service.events
    return event


def test_headers_that_come_twice_are_joined() -> None:
    """As AWS does it: a client that sends a header twice must not choose which of the two is read."""
    sent = [("X-Tenant", "a"), ("X-Tenant", "b"), ("Cookie", "a=1"), ("Cookie", "b=2")]
    headers = event_for("GET", sent, b"")["headers"]
    assert (headers["x-tenant"], headers["cookie"]) == ("a,b", "a=1; b=2")


def test_a_body_may_come_in_chunks() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b'{"x":'
        yield b"1}"

    assert base64.b64decode(event_for("POST", [], parts())["body"]) == b'{"x":1}'
