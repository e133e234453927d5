"""Connections kept per origin for any number of threads, opened to checked addresses, reused only while sound."""

import ssl
import weakref
from threading import Lock

from fanin.engine.snapshots import forgotten_in_snapshots
from fanin.sources.bounds import Bounds
from fanin.sources.http import repeatable
from fanin.sources.http.blocking.connection import ArrivingAnswer, Connection
from fanin.sources.http.blocking.dial import dial
from fanin.sources.http.failures import Broken, ClosedUnanswered
from fanin.sources.http.keeping import KeptConnections, heard
from fanin.sources.http.request import Origin, Way
from fanin.sources.resolve import AddressForbidden, Resolver


class Pool:
    """Sends requests over HTTP/1.1.

    Args:
        resolver: gives the addresses behind names; asked for every new connection, for addresses in a URL too.
        tls: the context of TLS connections, of requests without their own.
        kept: what connections are kept in.
    """

    def __init__(self, resolver: Resolver, tls: ssl.SSLContext, kept: KeptConnections[Connection, Way]) -> None:
        self._resolver = resolver
        self._tls = tls
        self._kept = kept
        self._in_use: set[Connection] = set()
        self._closed = False
        self._lock = Lock()
        weakref.finalize(self, kept.clear)  # no loop closes what is left when nobody holds the pool any more
        forgotten_in_snapshots(self._end_kept)

    def ask(  # noqa: PLR0913 - a request, and how it is sent
        self,
        origin: Origin,
        method: str,
        message: bytes,
        *,
        may_repeat: bool,
        within: Bounds,
        tls: ssl.SSLContext | None = None,
    ) -> ArrivingAnswer:
        """Send a request, and give its answer when its head is there.

        A request that dies unanswered on a reused connection is sent once more on a new one, if it may be. Where that
        connection had been idle for long and the request is unanswered for as long as the patience lasts, it is sent on
        a new one as well, and the first answer counts. Any other is never sent twice.

        Args:
            origin: where it goes.
            method: its method.
            message: the whole request.
            may_repeat: whether it may be sent twice.
            within: what the call is held to.
            tls: the TLS context, if it is not the pool's.

        Raises:
            Broken: there is no answer.
            AddressForbidden: it has an address that may not be reached.
            TimeoutError: the call's time is over.
        """
        way = Way(origin, tls or self._tls)
        kept, idle_for = self._take(way)
        if kept is None:
            return self._ask_anew(way, method, message, within)
        may_be_dead = may_repeat and idle_for >= repeatable.TRUSTED_SECONDS
        try:
            self._send(kept, method, message, within)
            answer = None if may_be_dead and self._is_silent(kept, within) else self._answered(kept, within)
        except ClosedUnanswered:
            if not may_repeat:
                raise
            return self._ask_anew(way, method, message, within)
        return self._ask_twice(kept, way, method, message, within) if answer is None else answer

    def close(self) -> None:
        """End every connection that is kept, and those in use when they are."""
        with self._lock:
            self._closed = True
        self._end_kept()

    def _end_kept(self) -> None:
        with self._lock:
            self._kept.clear()

    def _ask_anew(self, way: Way, method: str, message: bytes, within: Bounds) -> ArrivingAnswer:
        connection = self._connect(way, within)
        self._send(connection, method, message, within)
        return self._answered(connection, within)

    def _ask_twice(self, kept: Connection, way: Way, method: str, message: bytes, within: Bounds) -> ArrivingAnswer:
        """Ask on a new connection too, and go on with the one that answers first.

        The kept one may have been cut off without a word: to ask anew finds out, and what is only slow can still
        answer.
        """
        asked = [kept]
        try:
            try:
                other = self._connect(way, within)
                self._send(other, method, message, within)
                asked.append(other)
            except (Broken, AddressForbidden):
                pass  # what was asked first can still be answered
            while True:
                loud = heard(asked, within.left())
                within.left()
                first = loud[0]
                asked.remove(first)
                try:
                    return self._answered(first, within)
                except Broken:
                    if not asked:
                        raise
        finally:
            for each in asked:
                self._end(each)

    def _is_silent(self, connection: Connection, within: Bounds) -> bool:
        try:
            return not heard([connection], min(within.patience, within.left()))
        except TimeoutError:
            self._end(connection)
            raise

    def _send(self, connection: Connection, method: str, message: bytes, within: Bounds) -> None:
        try:
            connection.send(message, method, within)
        except BaseException:
            self._end(connection)
            raise

    def _answered(self, connection: Connection, within: Bounds) -> ArrivingAnswer:
        """Wait for the head; without it, the connection is ended."""
        parts: list[bytes] = []
        try:
            while connection.reader.head is None:
                parts += connection.read(within)
        except BaseException:
            self._end(connection)
            raise
        return ArrivingAnswer(connection, parts, self._give_back)

    def _take(self, way: Way) -> tuple[Connection | None, float]:
        with self._lock:
            kept, idle_for = self._kept.take(way)
            if kept is not None:
                self._in_use.add(kept)
            return kept, idle_for

    def _connect(self, way: Way, within: Bounds) -> Connection:
        with self._lock:
            if self._closed:
                raise RuntimeError("the client is closed")
            self._kept.make_room(len(self._in_use) + 1)
        connection = Connection(way, dial(way, self._resolver, within))
        with self._lock:
            self._in_use.add(connection)
        return connection

    def _give_back(self, connection: Connection) -> None:
        """Keep a connection whose answer has ended, if another may follow; end any other."""
        reader = connection.reader
        with self._lock:
            self._in_use.discard(connection)
            if reader.complete and reader.keep and not self._closed:
                self._kept.put(connection.way, connection, len(self._in_use))
                return
        connection.abort()

    def _end(self, connection: Connection) -> None:
        with self._lock:
            self._in_use.discard(connection)
        connection.abort()
