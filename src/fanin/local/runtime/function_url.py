"""A function URL, as its clients see it: requests become events, and answers go out whole or chunk by chunk."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fanin.local.process import ports
from fanin.local.runtime.runtime_api import MAX_HEAD, Answered, Conversations, LambdaService, chunks_of, head_of

DOMAIN = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws"
_END_OF_PRELUDE = b"\0" * 8
_BODILESS = frozenset((204, 304))


def event_of(
    method: str, target: str, headers: Mapping[str, str], body: bytes = b"", domain: str = DOMAIN
) -> dict[str, Any]:
    """Make the event of a request (payload 2.0).

    Args:
        method: the HTTP method.
        target: path and query, percent-encoded.
        headers: names in lower case.
        body: the body.
        domain: a function URL's, or an HTTP API's.
    """
    path, _, query = target.partition("?")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {**headers, "host": domain},
        "requestContext": {
            "domainName": domain,
            "requestId": str(uuid.uuid4()),
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": ports.LOOPBACK},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@asynccontextmanager
async def serving(service: LambdaService, port: int = 0) -> AsyncIterator[str]:
    """Serve a function URL on a port as long as the context lasts; gives its URL."""
    conversations = Conversations()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with conversations.held(writer):
            await _exchange(service, reader, writer)

    server = await asyncio.start_server(serve, ports.LOOPBACK, port, limit=MAX_HEAD)
    host, at = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{at}"
    finally:
        server.close()
        server.close_clients()
        await conversations.end()


async def _exchange(service: LambdaService, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method, target, headers = head_of(await reader.readuntil(b"\r\n\r\n"))
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b"".join([part async for part in chunks_of(reader, {})])
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    try:
        answered = await service.invoke(event_of(method, target, headers, body))
    except TimeoutError:
        writer.write(_head(502, {}, "Content-Length: 0"))
        await writer.drain()
        return
    if answered.mode == "streaming":
        await _stream(answered, writer, method)
    else:
        given = json.loads(await answered.whole())
        content = given.get("body", "")
        content = base64.b64decode(content) if given.get("isBase64Encoded") else content.encode()
        told = {name.lower(): value for name, value in given.get("headers", {}).items()}
        length = told.get("content-length", "0") if method == "HEAD" else f"{len(content)}"
        writer.write(_head(given.get("statusCode", 502), given, f"Content-Length: {length}") + content)
        await writer.drain()


async def _stream(answered: Answered, writer: asyncio.StreamWriter, method: str) -> None:
    data = b""
    while _END_OF_PRELUDE not in data:
        if (first := await answered.chunks.get()) is None:
            return
        data += first
    written, _, rest = data.partition(_END_OF_PRELUDE)
    prelude = json.loads(written)
    if method == "HEAD" or prelude["statusCode"] in _BODILESS:
        writer.write(_head(prelude["statusCode"], prelude))
        await writer.drain()
        return
    writer.write(_head(prelude["statusCode"], prelude, "Transfer-Encoding: chunked"))
    part: bytes | None = rest
    while part is not None:
        if part:
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        part = await answered.chunks.get()
    if answered.trailers or answered.error:
        writer.transport.abort()  # broken: a client sees no end
        return
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _head(status: int, given: Mapping[str, Any], length: str = "") -> bytes:
    pairs = [(name, value) for name, value in given.get("headers", {}).items() if name.lower() != "content-length"]
    pairs += [("Set-Cookie", cookie) for cookie in given.get("cookies", ())]
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs) + (f"{length}\r\n" if length else "")
    phrase = HTTPStatus(status).phrase if status in HTTPStatus else "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n{lines}Connection: close\r\n\r\n".encode()
