"""The transport: connections kept per origin, opened to checked addresses, reused only while they are sound."""

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from fanin.sources import repeatable
from fanin.sources.repeatable import REPEATABLE
from fanin.sources.transport.answer import ArrivingAnswer, ClosedUnanswered
from fanin.sources.transport.connection import Connection
from fanin.sources.transport.dial import Resolve, dial
from fanin.sources.transport.request_bytes import request_bytes

type Origin = tuple[str, str, int]

PATIENCE = "patience"
"""The request's extension that says how many seconds a kept connection may be silent before a new one is asked too."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_READ_SIZE = 16 * 1024


class Transport(httpx.AsyncBaseTransport):
    """Sends requests over HTTP/1.1 for one event loop.

    There is no timeout in here, and httpx's `timeout` extension is not read: put `asyncio.timeout` around the whole
    call. A cancelled call closes its connection. There are no redirects, cookies, proxies or environment variables.

    Args:
        resolve: host and port to the addresses that may be connected to; asked for every new connection, for
            addresses written in a URL too.
        ssl_context: checks certificates against the URL's host, whatever the address.
        idle_per_origin: how many unused connections each origin keeps.
        idle_seconds: how long an unused connection is kept.
        head_limit: bytes of a response's header section.
        clock: seconds, monotonic.
    """

    def __init__(  # noqa: PLR0913 - each is a limit or a part
        self,
        *,
        resolve: Resolve,
        ssl_context: ssl.SSLContext,
        idle_per_origin: int = 1000,
        idle_seconds: float = 60.0,
        head_limit: int = 64 * 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._idle_per_origin = idle_per_origin
        self._idle_seconds = idle_seconds
        self._head_limit = head_limit
        self._clock = clock
        self._buffer = memoryview(bytearray(_READ_SIZE))
        self._open: dict[Connection, Origin] = {}
        self._idle: dict[Origin, dict[Connection, float]] = {}
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to `request` with its body still to be read, undecoded, from `response.stream`.

        A request that dies unanswered on a reused connection is sent once more on a new one if its method may be
        repeated. Where that connection had been idle for long and the request is unanswered for as long as its
        `patience` extension says, it is sent on a new one as well, and the first answer counts. Any other is never sent
        twice.

        Raises:
            httpx.TransportError: ConnectError, ReadError, RemoteProtocolError (HeadTooLarge among them),
                LocalProtocolError or UnsupportedProtocol.
            Exception: whatever `resolve` raises.
        """
        origin = _origin(request)
        message = request_bytes(request, await request.aread())
        kept, idle_for = self._take_idle(origin)
        if kept is None:
            return _response(await self._ask_anew(origin, request, message))
        if not request.extensions.get(repeatable.EXTENSION, request.method in REPEATABLE):
            return _response(await _ask(kept, request, message))
        patience = request.extensions.get(PATIENCE) if idle_for >= repeatable.TRUSTED_SECONDS else None
        return _response(await self._ask_twice_at_most(kept, origin, request, message, patience))

    async def aclose(self) -> None:
        """End every connection, those in use too."""
        self._closed = True
        self._idle.clear()
        for connection in list(self._open):
            connection.abort()
        await asyncio.sleep(0)  # the sockets close in the loop's next turn

    async def _ask_twice_at_most(
        self, kept: Connection, origin: Origin, request: httpx.Request, message: bytes, patience: float | None
    ) -> ArrivingAnswer:
        """Ask on a kept connection, and on a new one where the kept one died, or is silent for too long.

        It may have been cut off without a word: to ask anew finds out, and what is only slow can still answer first.
        """
        first = kept.send(message, without_body=request.method == "HEAD")
        try:
            await asyncio.wait([first.head], timeout=patience)
        except BaseException:
            first.head.cancel()
            await first.aclose()
            raise
        if first.head.done():
            try:
                return await _answered(first)
            except ClosedUnanswered:
                return await self._ask_anew(origin, request, message)
        return await _first_of(_answered(first), self._ask_anew(origin, request, message))

    async def _ask_anew(self, origin: Origin, request: httpx.Request, message: bytes) -> ArrivingAnswer:
        return await _ask(await self._connect(origin, request), request, message)

    async def _connect(self, origin: Origin, request: httpx.Request) -> Connection:
        if self._closed:
            raise RuntimeError("transport is closed")
        self._drop_expired()
        scheme, host, port = origin
        secure = scheme == "https"
        addresses = await self._resolve(host, port)
        try:
            connected = await dial(addresses, port)
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self._buffer, self._head_limit, self._keep, self._forget),
                sock=connected,
                ssl=self._ssl_context if secure else None,
                server_hostname=host.rstrip(".") if secure else None,
            )
        except (OSError, ValueError) as error:  # failed TLS is the one, a host that no certificate can name the other
            connected.close()
            raise httpx.ConnectError(str(error), request=request) from error
        self._open[connection] = origin
        return connection

    def _take_idle(self, origin: Origin) -> tuple[Connection | None, float]:
        """Take the connection that was used last, and the seconds since."""
        idle = self._idle.get(origin)
        while idle:
            connection, since = idle.popitem()
            idle_for = self._clock() - since
            if idle_for < self._idle_seconds and connection.is_quiet():
                return connection, idle_for
            connection.abort()
        return None, 0.0

    def _keep(self, connection: Connection) -> None:
        idle = self._idle.setdefault(self._open[connection], {})
        if self._closed or len(idle) >= self._idle_per_origin:
            connection.abort()
        else:
            idle[connection] = self._clock()

    def _forget(self, connection: Connection) -> None:
        origin = self._open.pop(connection, None)
        if origin is not None and (idle := self._idle.get(origin)) is not None:
            idle.pop(connection, None)

    def _drop_expired(self) -> None:
        """Origins that nobody asks for any more must not keep their connections."""
        latest = self._clock() - self._idle_seconds
        for origin, idle in list(self._idle.items()):
            for connection in [connection for connection, since in idle.items() if since <= latest]:
                del idle[connection]
                connection.abort()
            if not idle:
                del self._idle[origin]


def _origin(request: httpx.Request) -> Origin:
    url = request.url
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise httpx.UnsupportedProtocol(f"no http or https URL: scheme {url.scheme!r}", request=request)
    return url.scheme, url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS[url.scheme]


async def _ask(connection: Connection, request: httpx.Request, message: bytes) -> ArrivingAnswer:
    return await _answered(connection.send(message, without_body=request.method == "HEAD"))


async def _answered(answer: ArrivingAnswer) -> ArrivingAnswer:
    """Wait for the head; without it, nothing of the answer is left behind."""
    try:
        await answer.head
    except BaseException:
        await answer.aclose()
        raise
    return answer


async def _first_of(*ways: Coroutine[Any, Any, ArrivingAnswer]) -> ArrivingAnswer:
    """Return the first answer; no other, nor a task, is left behind.

    Raises:
        Exception: what the last way raised, if none came to an answer.
    """
    waiting = {asyncio.create_task(way) for way in ways}
    failure: BaseException | None = None
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                if (failure := way.exception()) is None:
                    waiting |= done - {way}
                    return way.result()
        assert failure
        raise failure
    finally:
        for way in waiting:
            way.cancel()
        for late in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(late, ArrivingAnswer):
                await late.aclose()


def _response(answer: ArrivingAnswer) -> httpx.Response:
    head = answer.head.result()
    return httpx.Response(
        head.status,
        headers=head.headers,
        stream=answer,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": head.reason},
    )
