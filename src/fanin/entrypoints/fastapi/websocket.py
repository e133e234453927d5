"""The WebSocket protocol on FastAPI's own WebSockets: under a server that holds connections, such as Uvicorn.

Mangum carries no WebSockets: behind API Gateway the function in functions/live speaks the same protocol.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.engine.outcome import Clock
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.entrypoints.websocket.handshake import SUBPROTOCOL, Greet, is_offered
from fanin.entrypoints.websocket.limits import SEND_TIMEOUT
from fanin.entrypoints.websocket.rounds import Gone
from fanin.entrypoints.websocket.session import Session
from fanin.entrypoints.websocket.subject import Subjects
from fanin.errors import RequestError

_TRY_AGAIN_LATER = 1013
"""The code with which a connection is closed whose client takes nothing any more."""
_POLICY_VIOLATION = 1008
"""Likewise, whose client goes on sending messages that are too many."""


async def serve(websocket: WebSocket, subjects: Subjects, greet: Greet, clock: Clock, now: Clock) -> None:
    """Serve a client's connection until it ends.

    Args:
        websocket: the connection.
        subjects: what can be subscribed to.
        greet: finds out who connects.
        clock: the clock of all deadlines.
        now: seconds since 1970, by which credentials expire.
    """
    invocation = invocation_of(websocket.scope, clock)
    headers = {name.lower(): text for name, text in websocket.headers.items()}
    try:
        connected = await greet(headers, websocket.query_params.multi_items(), invocation)
    except RequestError as error:
        await _refuse(websocket, answers.refusal(error, invocation.request_id))
        return
    offered = is_offered(headers.get("sec-websocket-protocol", ""))
    await websocket.accept(SUBPROTOCOL if offered else None)
    client = _Client(websocket)
    if connected:
        connected = replace(connected, until=clock() + connected.until - now())
    await Session(subjects, client.send, clock, invocation.network, connected).serve(client.messages())
    await client.close(_POLICY_VIOLATION)


async def _refuse(websocket: WebSocket, answer: Answer) -> None:
    """Refuse a handshake: with the problem, or with 403 under a server that has no way to send one."""
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(respond(answer))
    else:
        await websocket.close()


class _Client:
    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._gone = False

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Give what the client sends, until it has gone."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                self._gone = True
                return
            yield message.get("text") or message.get("bytes") or ""

    async def send(self, text: str) -> None:
        """Send a message; a client that does not take it in time is cut off."""
        if self._gone:
            raise Gone
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._websocket.send_text(text)
        except (WebSocketDisconnect, TimeoutError, RuntimeError) as error:
            await self.close(_TRY_AGAIN_LATER)
            raise Gone from error

    async def close(self, code: int) -> None:
        """Close the connection, unless it has ended."""
        if self._gone:
            return
        self._gone = True
        with contextlib.suppress(RuntimeError, TimeoutError):
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._websocket.close(code)
