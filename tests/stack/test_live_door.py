"""The front door hands a handshake on whole: who connects is found out behind it."""

import asyncio
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Self

import pytest
from aiohttp import web
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol
from yarl import URL

from fanin.local.process import ports
from fanin.local.stack import front_door, live_door
from tests.contract.own.test_api_keys import GOOD, REVOKED
from tests.websocket.hearing import hear
from tests.websocket.server import serving
from tests.websocket.shaking import UnderAsgi
from tests.websocket.test_callers import ticket_of

OWN = json.dumps({"action": "subscribe", "id": "a", "endpoint": "own", "params": {"id": "7"}})


@pytest.fixture
def way() -> Iterator[UnderAsgi]:
    made = UnderAsgi()
    yield made
    made.close()


@pytest.fixture
def url(way: UnderAsgi) -> Iterator[str]:
    """Give the door's URL; a server stands behind it for the WebSocket API."""
    at = ports.take(0)
    with (
        serving(way.app) as behind,
        front_door.serve(at, front_door.Targets(f"http://{behind}", f"ws://{behind}/live")),
    ):
        yield f"ws://127.0.0.1:{at.getsockname()[1]}/live"


def test_a_header_a_subprotocol_and_a_ticket_are_handed_on(way: UnderAsgi, url: str) -> None:
    offered = [Subprotocol("fanin"), Subprotocol(f"fanin.bearer.{GOOD}")]
    for client, selected in (
        (connect(url, additional_headers={"X-Api-Key": GOOD}), None),
        (connect(url, subprotocols=offered), "fanin"),
        (connect(f"{url}?ticket={ticket_of(way)}"), None),
    ):
        with client:
            client.send(OWN)
            assert hear(client)["value"] == "https://own.example/acme/7"
            assert client.subprotocol == selected


def test_a_refusal_is_handed_back(url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers={"X-Api-Key": REVOKED})
    assert refused.value.response.status_code == 401


class Side:
    """A side of the door that hears nothing; who is told to leave it does not until it is told again."""

    close_code = None

    def __init__(self, *, ends: bool = False) -> None:
        self.is_closed = False
        self._ends = ends
        self.left = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._ends:
            raise StopAsyncIteration
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()
            await asyncio.Event().wait()

    async def prepare(self, _: object) -> None:
        """It is ready."""

    async def close(self, **_: object) -> None:
        """Close it."""
        self.is_closed = True


def test_a_client_that_is_gone_while_its_ways_end_is_forgotten_behind_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server cancels who serves it, at whatever point that is."""
    request: Any = SimpleNamespace(headers={}, rel_url=URL("/live"))

    async def whole() -> bool:
        behind, client = Side(), Side(ends=True)

        async def connect_behind(*_: object, **__: object) -> Side:
            return behind

        monkeypatch.setattr(web, "WebSocketResponse", lambda **_: client)
        connecting: Any = SimpleNamespace(ws_connect=connect_behind)
        door = asyncio.create_task(live_door.hand_on(request, connecting, "ws://behind"))
        async with asyncio.timeout(10):
            await behind.left.wait()
        door.cancel()
        with pytest.raises(asyncio.CancelledError):
            await door
        return behind.is_closed

    assert asyncio.run(whole())
