"""requests' adapter, and urllib3's pools and connections under it, over bounded sockets and strict answers."""

import ssl
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from fanin.sources import repeatable
from fanin.sources.blocking.answer import StrictResponse
from fanin.sources.blocking.bounds import bounds
from fanin.sources.blocking.sockets import BoundedSocket, BoundedTlsSocket, connect, first_to_speak
from fanin.sources.repeatable import REPEATABLE

_POOLS = 256
"""Hosts whose connections are kept."""
_KEPT = 100
"""Connections kept for each."""
_DIED = (ConnectionError, ssl.SSLError)
"""How a kept connection that its peer has ended shows when it is used."""


class Adapter(HTTPAdapter):
    """requests' adapter over bounded connections, with one TLS context for all.

    It is called without requests' session around it: what that adds, cookies, authentication and proxies from the
    environment, is what a fetch must not do; and of a redirect it reads the body, without any bound, even where it is
    told not to follow.

    Args:
        tls: the context of TLS connections; their sockets are bounded through it, so it is for these clients alone.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        tls.sslsocket_class = BoundedTlsSocket
        self._tls = tls
        super().__init__(pool_connections=_POOLS, pool_maxsize=_KEPT, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Keep bounded connections."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Leave the check to the context: requests would load the roots anew for every connection."""
        conn.cert_reqs = "CERT_REQUIRED"


class _Renewing(HTTPConnection):
    """A connection that can tell a peer which has gone from one that is slow, where a request may be repeated.

    Attributes:
        another: makes a connection of this kind to the same host.
    """

    response_class = StrictResponse
    another: Callable[[], HTTPConnection]
    _asked: tuple[str, tuple[Any, ...], dict[str, Any]]
    _answered = False
    _answered_at = 0.0

    def connect(self) -> None:
        super().connect()
        self._answered = False

    def request(self, method: str, *args: Any, **kwargs: Any) -> None:
        self._asked = (method, args, kwargs)
        try:
            super().request(method, *args, **kwargs)
        except _DIED:
            if not self._may_repeat:
                raise
            self._again()

    def getresponse(self) -> Any:
        """Read the head of the answer.

        Where the connection was kept from an earlier call and dies unanswered, a request that may be repeated is made
        once more on a new one; where it had been idle for long and is silent, on a new one as well, and the first
        answer counts.
        """
        if self.sock is None:  # reset before it was used, which urllib3 passes over
            raise ConnectionResetError
        idle_for = bounds().clock() - self._answered_at
        may_be_dead = self._may_repeat and idle_for >= repeatable.TRUSTED_SECONDS
        if may_be_dead and not first_to_speak([self.sock], bounds().patience):
            self._take_first(self.another())
        try:
            response = super().getresponse()
        except _DIED:
            if not self._may_repeat:
                raise
            self._again()
            response = super().getresponse()
        self._answered, self._answered_at = True, bounds().clock()
        return response

    @property
    def _may_repeat(self) -> bool:
        known = bounds().repeatable
        return self._answered and (self._asked[0] in REPEATABLE if known is None else known)

    def _again(self) -> None:
        """Ask once more, on a new connection."""
        self.close()
        method, args, kwargs = self._asked
        super().request(method, *args, **kwargs)

    def _take_first(self, other: HTTPConnection) -> None:
        """Ask on another connection too, and go on with the socket that speaks first."""
        method, args, kwargs = self._asked
        try:
            other.request(method, *args, **kwargs)
            if first_to_speak([self.sock, other.sock], bounds().left()) is other.sock:
                self.sock, other.sock = other.sock, self.sock
                self._answered = False
        except OSError:
            return  # what was asked first can still be answered
        finally:
            other.close()


class _Connection(_Renewing):
    def _new_conn(self) -> BoundedSocket:
        return connect(self.host, self.port)


class _TlsConnection(_Renewing, HTTPSConnection):
    def _new_conn(self) -> BoundedSocket:
        return connect(self.host, self.port or 443)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection

    def _new_conn(self) -> Any:
        return _able_to_renew(super()._new_conn)


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection

    def _new_conn(self) -> Any:
        return _able_to_renew(super()._new_conn)


def _able_to_renew(make: Callable[[], Any]) -> Any:
    connection = make()
    connection.another = make
    return connection
