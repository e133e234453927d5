"""Connections kept per origin, opened to checked addresses, reused only while they are sound."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

from fanin.engine.snapshots import forgotten_in_snapshots
from fanin.sources.http import repeatable
from fanin.sources.http.failures import CannotConnect, ClosedUnanswered
from fanin.sources.http.keeping import KeptConnections
from fanin.sources.http.loop.connection import ArrivingAnswer, Connection
from fanin.sources.http.loop.dial import Resolve, dial, discard
from fanin.sources.http.request import Origin, Way

_READ_SIZE = 16 * 1024


class Pool:
    """Sends requests over HTTP/1.1 for one event loop. A cancelled call closes its connection.

    Args:
        resolve: host and port to the addresses that may be connected to; asked for every new connection, for
            addresses written in a URL too.
        ssl_context: checks certificates against the URL's host, whatever the address; of requests without their own.
        kept: makes what connections are kept in.
    """

    def __init__(
        self, resolve: Resolve, ssl_context: ssl.SSLContext, kept: Callable[[], KeptConnections[Connection, Way]]
    ) -> None:
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._buffer = memoryview(bytearray(_READ_SIZE))
        self._open: dict[Connection, Way] = {}
        self._in_use: set[Connection] = set()  # not all else: what was ended stays open for a turn of the loop
        self._kept = kept()
        self._closed = False
        forgotten_in_snapshots(self._end_all)

    async def ask(  # noqa: PLR0913 - a request, and how it is sent
        self,
        origin: Origin,
        method: str,
        message: bytes,
        *,
        may_repeat: bool,
        patience: float | None,
        tls: ssl.SSLContext | None = None,
    ) -> ArrivingAnswer:
        """Send a request, and give its answer when its head is there.

        A request that dies unanswered on a reused connection is sent once more on a new one, if it may be. Where that
        connection had been idle for long and the request is unanswered for as long as the patience lasts, it is sent on
        a new one as well, and the first answer counts: the reused one may have been cut off without a word, or be slow.
        Any other is never sent twice.

        Args:
            origin: where it goes.
            method: its method.
            message: the whole request.
            may_repeat: whether it may be sent twice.
            patience: seconds that a kept connection may be silent; None for any number.
            tls: the TLS context, if it is not the pool's.

        Raises:
            Broken: there is no answer.
            Exception: whatever `resolve` raises.
        """
        way = Way(origin, tls or self._ssl_context)
        kept, idle_for = self._kept.take(way)
        if kept is None:
            return await self._ask_anew(way, method, message)
        self._in_use.add(kept)
        first = kept.send(message, method)
        if may_repeat and idle_for >= repeatable.TRUSTED_SECONDS and not await _has_head(first, within=patience):
            return await _first_of(_answered(first), self._ask_anew(way, method, message))
        try:  # as `_answered`, which most calls are spared
            await first.head
            return first
        except ClosedUnanswered:
            if not may_repeat:
                raise
        except BaseException:
            await first.aclose()
            raise
        finally:
            del first  # it knows its failure, which knows this frame
        return await self._ask_anew(way, method, message)

    async def aclose(self) -> None:
        """End every connection, those in use too."""
        self._closed = True
        self._end_all()
        await asyncio.sleep(0)  # the sockets close in the loop's next turn

    def _end_all(self) -> None:
        self._kept.clear()
        for connection in list(self._open):
            connection.abort()

    async def _ask_anew(self, way: Way, method: str, message: bytes) -> ArrivingAnswer:
        connection = await self._connect(way)
        return await _answered(connection.send(message, method))

    async def _connect(self, way: Way) -> Connection:
        if self._closed:
            raise RuntimeError("transport is closed")
        scheme, host, port = way.origin
        secure = scheme == "https"
        self._kept.make_room(len(self._in_use) + 1)
        addresses = await self._resolve(host, port)
        try:
            connected = await dial(addresses, port)
        except OSError as error:
            raise CannotConnect(str(error)) from error
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self._buffer, self._keep, self._forget),
                sock=connected,
                ssl=way.tls if secure else None,
                server_hostname=host.rstrip(".") if secure else None,
            )
        except (OSError, ValueError) as error:  # failed TLS is the one, a host that no certificate can name the other
            connected.close()
            raise CannotConnect(str(error)) from error
        self._open[connection] = way
        self._in_use.add(connection)
        return connection

    def _keep(self, connection: Connection) -> None:
        self._in_use.discard(connection)
        if self._closed:
            connection.abort()
        else:
            self._kept.put(self._open[connection], connection, len(self._in_use))

    def _forget(self, connection: Connection) -> None:
        self._in_use.discard(connection)
        if self._open.pop(connection, None) is not None:
            self._kept.forget(connection)


async def _has_head(answer: ArrivingAnswer, *, within: float | None) -> bool:
    """Wait for the head, for so many seconds at most, and say whether it is there, or will not come."""
    try:
        await asyncio.wait([answer.head], timeout=within)
    except BaseException:
        answer.head.cancel()
        await answer.aclose()
        raise
    return answer.head.done()


async def _answered(answer: ArrivingAnswer) -> ArrivingAnswer:
    """Wait for the head; without it, nothing of the answer is left behind."""
    try:
        await answer.head
        return answer
    except BaseException:
        await answer.aclose()
        raise
    finally:
        del answer  # it knows its failure, which knows this frame


async def _first_of(*ways: Coroutine[Any, Any, ArrivingAnswer]) -> ArrivingAnswer:
    """Return the first answer; no other, nor a task, is left behind.

    Raises:
        Exception: what the last way raised, if none came to an answer.
    """
    waiting = {asyncio.create_task(way) for way in ways}
    failure: BaseException | None = None
    answer: ArrivingAnswer | None = None
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                if (failure := way.exception()) is None:
                    waiting |= done - {way}
                    answer = way.result()
                    return answer
        assert failure
        raise failure
    finally:
        try:
            await discard(waiting, ArrivingAnswer.abandon)
        except BaseException:
            if answer is not None:
                answer.abandon()
            raise
