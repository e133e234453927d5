"""How a generation of `make serve` ends: a client that has connected before gets its answer."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn

from fanin.local.reload import server

_WITHIN = 20.0


async def _app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _ended(requests: list[bytes]) -> list[bytes]:
    """Connect once for each request, have the server end, and only then send them; give what is answered."""
    at = socket.create_server(("127.0.0.1", 0))
    ending = server._Server(uvicorn.Config(_app, lifespan="off", log_level="warning"))
    ending.config.load()
    ending.lifespan = ending.config.lifespan_class(ending.config)
    await ending.startup([at])
    clients = [await asyncio.open_connection(*at.getsockname()) for _ in requests]
    while len(ending.server_state.connections) < len(requests):  # noqa: ASYNC110 - by Uvicorn
        await asyncio.sleep(0)
    stopping = asyncio.create_task(ending.shutdown([at]))
    while at.fileno() != -1:  # noqa: ASYNC110 - by Uvicorn
        await asyncio.sleep(0)
    for (_, writer), request in zip(clients, requests, strict=True):
        writer.write(request)
    answers = [await reader.read() for reader, _ in clients]
    for _, writer in clients:
        writer.close()
    await stopping
    return answers


def test_a_request_on_its_way_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_ASK_WITHIN", _WITHIN)
    asked = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers = asyncio.run(asyncio.wait_for(_ended([asked, asked]), _WITHIN))
    assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 200 OK"] * 2


def test_a_client_that_asks_nothing_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_ASK_WITHIN", 0.05)
    assert asyncio.run(asyncio.wait_for(_ended([b""]), _WITHIN)) == [b""]
