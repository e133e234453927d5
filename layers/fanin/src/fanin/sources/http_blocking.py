"""The fetch of an HTTP API, blocking, with requests.

requests' own timeout bounds each wait for bytes, not a call: a server that drips holds it for ever. Here every
operation on a socket first sets the socket's timeout to what is left of the call's time, so that the call as a whole,
name resolution, handshake, headers and body, ends by the clock, without a thread to watch over it.
"""

import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from fanin.errors import SourceError
from fanin.outcome import Clock, Outcome
from fanin.pipeline import Call, Response
from fanin.policies.decode import decoded
from fanin.policies.timeout import time_allowed, timed_out
from fanin.sources.body import Body
from fanin.sources.resolve import AddressForbidden, Resolver
from fanin.sources.wire import address_refused, unreachable, wire_headers

type BlockingFetch = Callable[[Call], Outcome[Any]]
"""Makes a call, and gives its failure as an outcome."""

_CHUNK = 65_536
_POOLS = 256
"""Hosts whose connections are kept."""


class BlockingHttp:
    """The connections to all sources.

    Args:
        resolver: gives the addresses behind names.
        tls: the context of TLS connections; a connection's sockets are bounded through it, so it is not to be shared.
        clock: the clock of the calls' deadlines.
    """

    def __init__(self, resolver: Resolver, tls: ssl.SSLContext, clock: Clock) -> None:
        self._resolver = resolver
        self._clock = clock
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        tls.sslsocket_class = _BoundedTlsSocket
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(tls))

    def fetch(self, call: Call) -> Outcome[Any]:
        """Make a call of any source, within its timeout and the request's deadline.

        Returns:
            what the source answered, decoded, or the failure.
        """
        call.span.started = self._clock()
        try:
            return Outcome(decoded(call.source.name, self._response(call, call.span.started)))
        except SourceError as error:
            return Outcome.failed(error)
        finally:
            call.span.ended = self._clock()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def _response(self, call: Call, now: float) -> Response:
        name = call.source.name
        allowed = time_allowed(call, now)
        if allowed <= 0:
            raise timed_out(call, allowed)
        token = _bounds.set(_Bounds(now + allowed, self._clock, self._resolver))
        try:
            return self._exchange(call, allowed)
        except AddressForbidden as error:
            raise address_refused(name) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if self._clock() >= now + allowed:
                raise timed_out(call, allowed) from error
            raise unreachable(name) from error
        finally:
            _bounds.reset(token)

    def _exchange(self, call: Call, allowed: float) -> Response:
        request = call.request
        prepared = requests.Request(request.method, request.url, data=request.body).prepare()
        prepared.url = request.url  # as it was expanded: requests would write some characters anew
        prepared.headers.update(wire_headers(request))
        with self._session.send(prepared, stream=True, allow_redirects=False, timeout=allowed) as response:
            body = Body(call.source.name, response.headers.get("content-encoding", ""), call.source.max_bytes)
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body.feed(chunk)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Response(response.status_code, headers, body.whole())


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What bounds the call that the current thread makes."""

    ends: float
    clock: Clock
    resolver: Resolver

    def left(self) -> float:
        """Give the seconds left.

        Raises:
            TimeoutError: none are.
        """
        if (left := self.ends - self.clock()) <= 0:
            raise TimeoutError
        return left


_bounds: ContextVar[_Bounds] = ContextVar("bounds")


class _BoundedSocket(socket.socket):
    """A socket whose operations end with the call's time."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_bounds.get().left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(_bounds.get().left())
        super().sendall(*args, **kwargs)


class _BoundedTlsSocket(ssl.SSLSocket):
    """A TLS socket whose operations, the handshake among them, end with the call's time."""

    def do_handshake(self, *args: Any) -> None:
        self.settimeout(_bounds.get().left())
        super().do_handshake(*args)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_bounds.get().left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(_bounds.get().left())
        super().sendall(*args, **kwargs)


def _connect(host: str, port: int) -> socket.socket:
    """Connect to a name's first address that answers, every one of them permitted.

    Raises:
        AddressForbidden: one of the addresses is not permitted.
        OSError: none answers, or not in time.
    """
    bounds = _bounds.get()
    refused: OSError | None = None
    for address in bounds.resolver.resolve(host.strip("[]"), port).result(bounds.left()):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = _BoundedSocket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(bounds.left())
            connection.connect((str(address), port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except OSError as error:
            connection.close()
            refused = error
    raise refused or OSError("no address")


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self.host, self.port or 443)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """requests' adapter over bounded connections, with one TLS context for all."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        super().__init__(pool_connections=_POOLS, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Leave the check to the context: requests would load the roots anew for every connection."""
        conn.cert_reqs = "CERT_REQUIRED"
