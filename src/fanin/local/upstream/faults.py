"""The ways in which a server can fail a client, done for real on the wire."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from fanin.local.upstream.answers import answer
from fanin.local.upstream.control import DEFAULT_HUGE, Rule

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_CHUNK = 64 * 1024
_ZEROS = b"0," * (_CHUNK // 2)
_MISSING = 1000
"""Bytes that a truncated answer promises and does not send."""


@dataclass(frozen=True)
class Case:
    """A request that is to fail.

    Args:
        rule: how.
        request: the request.
        handler: answers it rightly.
        drip: seconds between two bytes of a dripping answer.
    """

    rule: Rule
    request: web.Request
    handler: Handler
    drip: float

    async def right_answer(self) -> web.Response:
        """Ask the API itself; its answer is not sent yet."""
        response = await self.handler(self.request)
        assert isinstance(response, web.Response)  # none of the APIs streams
        return response

    @property
    def transport(self) -> asyncio.WriteTransport:
        """The connection, below HTTP."""
        if self.request.transport is None:
            raise ConnectionResetError("the client has gone")
        assert isinstance(self.request.transport, asyncio.WriteTransport)
        return self.request.transport


async def fail(case: Case) -> web.StreamResponse:
    """Answer a request in the way its rule says, or not at all."""
    assert case.rule.fail is not None
    return await _FAULTS[case.rule.fail](case)


async def _status(case: Case) -> web.StreamResponse:
    assert case.rule.status is not None
    return answer({"error": True, "reason": "as the control path demands"}, status=case.rule.status)


async def _hang(_: Case) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets this event")


async def _garbage(_: Case) -> web.StreamResponse:
    return web.Response(body=b"<html><body>Service temporarily out of order\x00\xff", headers=_JSON)


async def _huge(case: Case) -> web.StreamResponse:
    length = case.rule.bytes or DEFAULT_HUGE
    opening, closing = b'{"padding":"', b'"}'
    padding = length - len(opening) - len(closing)

    async def pieces() -> AsyncIterator[bytes]:
        yield opening
        for start in range(0, padding, _CHUNK):
            yield b"x" * min(_CHUNK, padding - start)
        yield closing

    return await _stream(case, pieces(), {**_JSON, "Content-Length": str(length)})


async def _endless(case: Case) -> web.StreamResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"["
        while True:
            yield _ZEROS

    return await _stream(case, pieces(), _JSON)


async def _drip(case: Case) -> web.StreamResponse:
    response = await case.right_answer()
    body = _body(response)
    headers = {**response.headers, "Content-Length": str(len(body))}
    return await _stream(case, _drops(body, case.drip), headers, response.status)


async def _drip_headers(case: Case) -> web.StreamResponse:
    response = await case.right_answer()
    async for drop in _drops(_head(response, len(_body(response))) + _body(response), case.drip):
        case.transport.write(drop)
    return _hung_up(case)


async def _truncated(case: Case) -> web.StreamResponse:
    response = await case.right_answer()
    case.transport.write(_head(response, len(_body(response)) + _MISSING) + _body(response))
    return _hung_up(case)


async def _close(case: Case) -> web.StreamResponse:
    return _hung_up(case)


async def _reset(case: Case) -> web.StreamResponse:
    # With no time to linger, closing sends RST in place of FIN.
    connection: socket.socket = case.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return _hung_up(case)


_FAULTS: Mapping[str, Callable[[Case], Awaitable[web.StreamResponse]]] = {
    "status": _status,
    "hang": _hang,
    "drip": _drip,
    "drip-headers": _drip_headers,
    "endless": _endless,
    "reset": _reset,
    "close": _close,
    "garbage": _garbage,
    "truncated": _truncated,
    "huge": _huge,
}


async def _stream(
    case: Case, pieces: AsyncIterator[bytes], headers: Mapping[str, str], status: int = 200
) -> web.StreamResponse:
    """Send a body piece by piece, chunked unless the headers say its length."""
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(case.request)
    async for piece in pieces:
        await response.write(piece)
    return response


async def _drops(data: bytes, seconds: float) -> AsyncIterator[bytes]:
    for position in range(len(data)):
        yield data[position : position + 1]
        await asyncio.sleep(seconds)


def _body(response: web.Response) -> bytes:
    assert response.body is None or isinstance(response.body, bytes)
    return response.body or b""


def _head(response: web.Response, length: int) -> bytes:
    """Write what goes before a body, with a Content-Length of our choice."""
    status = HTTPStatus(response.status)
    headers = {**response.headers, "Content-Length": str(length)}
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def _hung_up(case: Case) -> web.Response:
    """Close the connection once all is sent; the answer that aiohttp wants goes nowhere."""
    case.transport.close()
    return web.Response()
