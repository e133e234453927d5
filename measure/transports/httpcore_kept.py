"""Candidate: httpcore's connections without httpcore's pool, connected to checked addresses by an own backend."""

import asyncio
import select
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore
import httpx

from fanin.sources.http.loop.dial import Resolve, dial

type Origin = tuple[bytes, bytes, int]


class AsyncioStream(httpcore.AsyncNetworkStream):
    """An asyncio stream as httpcore wants one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return await self._reader.read(max_bytes)
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except OSError as error:
            self._writer.transport.abort()
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # httpcore asks before it reuses
            poll = select.poll()
            poll.register(self._writer.get_extra_info("socket"), select.POLLIN)
            return self._writer.is_closing() or bool(poll.poll(0))
        return self._writer.get_extra_info(info)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to what `resolve` allows."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            connected = await dial(await self._resolve(host, port), port)
            reader, writer = await asyncio.open_connection(sock=connected)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return AsyncioStream(reader, writer)


class _Body(httpx.AsyncByteStream):
    def __init__(
        self, transport: "HttpcoreKept", kept: httpcore.AsyncHTTPConnection, response: httpcore.Response
    ) -> None:
        self._transport = transport
        self._kept = kept
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._response.aiter_stream():
                yield part
        except httpcore.NetworkError as error:
            raise httpx.ReadError(str(error)) from error
        except httpcore.ProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error

    async def aclose(self) -> None:
        await self._response.aclose()
        self._transport.keep(self._kept)


class HttpcoreKept(httpx.AsyncBaseTransport):
    """A list of idle `httpcore.AsyncHTTPConnection`s per origin, the last one first."""

    def __init__(self, resolve: Resolve, ssl_context: ssl.SSLContext, expiry: float = 60.0) -> None:
        self._backend = CheckedBackend(resolve)
        self._ssl_context = ssl_context
        self._expiry = expiry
        self._idle: dict[Origin, list[httpcore.AsyncHTTPConnection]] = {}
        self._origins: dict[httpcore.AsyncHTTPConnection, Origin] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        connection = await self._connection(url.origin)
        try:
            response = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException as error:
            self._origins.pop(connection, None)
            await connection.aclose()
            if isinstance(error, httpcore.ConnectError):
                raise httpx.ConnectError(str(error)) from error
            if isinstance(error, httpcore.NetworkError):
                raise httpx.ReadError(str(error)) from error
            if isinstance(error, httpcore.ProtocolError):
                raise httpx.RemoteProtocolError(str(error)) from error
            raise
        body = _Body(self, connection, response)
        return httpx.Response(response.status, headers=response.headers, stream=body, extensions=response.extensions)

    async def aclose(self) -> None:
        for connection in list(self._origins):
            await connection.aclose()

    def keep(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Take back a connection whose response was closed."""
        if connection.is_idle():
            self._idle.setdefault(self._origins[connection], []).append(connection)
        else:
            self._origins.pop(connection, None)

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        key = origin.scheme, origin.host, origin.port
        idle = self._idle.get(key, [])
        while idle:
            connection = idle.pop()
            if not connection.has_expired():
                return connection
            self._origins.pop(connection, None)
            await connection.aclose()
        connection = httpcore.AsyncHTTPConnection(
            origin, self._ssl_context, keepalive_expiry=self._expiry, network_backend=self._backend
        )
        self._origins[connection] = key
        return connection
