"""The front door's way for WebSockets: from /live to the WebSocket API in the embedded AWS, message by message."""

import asyncio

import aiohttp
from aiohttp import web
from yarl import URL

from fanin.entrypoints.websocket.handshake import SUBPROTOCOL, is_offered

PATH = "/live"
"""Where clients connect, as under a server of one's own."""
_MAX_MESSAGE = 128 * 1024
"""Bytes of a message, either way: API Gateway's limit."""
_OWN = ("connection", "host", "sec-websocket-", "upgrade")
"""What the names of headers begin with that are of one connection only."""
_CLOSE_WITHIN = 2.0
"""Seconds that a side may take to close."""


def wanted(request: web.Request) -> bool:
    """Tell whether a request asks for a WebSocket."""
    return request.path == PATH and request.headers.get("Upgrade", "").lower() == "websocket"


async def hand_on(request: web.Request, client: aiohttp.ClientSession, target: str) -> web.StreamResponse:
    """Join a client to the API, until one of them closes.

    Args:
        request: asks for a WebSocket.
        client: connects to the API.
        target: the API's URL.
    """
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    sent = [(name, text) for name, text in request.headers.items() if not name.lower().startswith(_OWN)]
    try:
        behind = await client.ws_connect(
            URL(f"{target}?{request.rel_url.raw_query_string}", encoded=True),
            max_msg_size=_MAX_MESSAGE,
            heartbeat=None,
            headers=[*sent, ("Sec-WebSocket-Protocol", offered)] if offered else sent,
        )
    except aiohttp.WSServerHandshakeError as error:
        return web.Response(status=error.status)
    except aiohttp.ClientError as error:
        return web.Response(status=502, text=f"The embedded AWS does not take the connection: {error}\n")
    async with behind:  # closed however this ends: who leaves early cancels it
        # API Gateway selects the subprotocol that the function names; the embedded AWS selects none.
        selected = (SUBPROTOCOL,) if is_offered(offered) else ()
        before = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE, timeout=_CLOSE_WITHIN, protocols=selected)
        await before.prepare(request)
        ways = {asyncio.create_task(_copy(before, behind)), asyncio.create_task(_copy(behind, before))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await behind.close(code=_code(before))
            await before.close(code=_code(behind))
        return before


async def _copy(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)


def _code(side: web.WebSocketResponse | aiohttp.ClientWebSocketResponse) -> int:
    """Give the code with which a side has closed, if it is one that may be sent on."""
    code = side.close_code or 1000
    return code if code == 1000 or 1001 < code < 1005 or 1006 < code < 1015 or code >= 3000 else 1001
