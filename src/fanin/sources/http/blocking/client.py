"""The blocking client, as an adapter of requests': the one module that knows requests."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import InvalidHeader
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from fanin.engine.call import Request, Response
from fanin.engine.clock import steady
from fanin.engine.outcome import Clock
from fanin.sources.bounds import bounds
from fanin.sources.http.blocking.connection import READ_SIZE, ArrivingAnswer
from fanin.sources.http.blocking.pool import Pool
from fanin.sources.http.body import Body
from fanin.sources.http.failures import Broken
from fanin.sources.http.head import dated, joined
from fanin.sources.http.keeping import IDLE_SECONDS, KeptConnections
from fanin.sources.http.repeatable import REPEATABLE
from fanin.sources.http.request import request_bytes, target_of, wire_headers
from fanin.sources.resolve import Resolver

BROKEN = (requests.RequestException, OSError, Broken)
"""How it shows that a server cannot be reached, breaks off, or takes too long."""

_IDLE_PER_ORIGIN = 100


class Adapter(BaseAdapter):
    """Sends what requests prepares, over connections of its own; inside of `bounded`, which every wait is held to.

    requests' `timeout`, `cert` and `proxies` are not read: the bounds, the TLS context and the resolver say what may be
    done. `verify` may be the TLS context of one request; anything else in it is not read.

    Args:
        resolver: gives the addresses behind names.
        tls: the context of TLS connections, of requests without their own.
        idle_per_origin: how many unused connections each origin keeps.
        idle_in_all: how many connections may be open before unused ones are given up; without it, half of the files
            that the process may have open.
        idle_seconds: how long an unused connection is kept.
        clock: seconds, monotonic.
    """

    def __init__(  # noqa: PLR0913 - each is a limit or a part
        self,
        resolver: Resolver,
        tls: ssl.SSLContext,
        *,
        idle_per_origin: int = _IDLE_PER_ORIGIN,
        idle_in_all: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
        clock: Clock = steady,
    ) -> None:
        super().__init__()
        kept: Any = KeptConnections(per_origin=idle_per_origin, in_all=idle_in_all, seconds=idle_seconds, clock=clock)
        self._pool = Pool(resolver, tls, kept)

    def send(  # noqa: PLR0913, PLR0917 - as requests has it
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - as requests has it
        timeout: Any = None,  # noqa: ARG002 - likewise
        verify: Any = True,  # noqa: FBT002 - likewise
        cert: Any = None,  # noqa: ARG002 - likewise
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - likewise
    ) -> requests.Response:
        """Send a request, and give its response with the body still to be read from `raw`, undecoded.

        Raises:
            requests.ConnectionError: there is no answer; what raised it is its cause.
            requests.Timeout: the call's time is over.
            AddressForbidden: it has an address that may not be reached.
        """
        within = bounds()
        method, body = request.method or "GET", request.body or b""
        may_repeat = method in REPEATABLE if within.repeatable is None else within.repeatable
        with _translated():
            target = target_of(request.url or "")
            message = request_bytes(
                method.encode("ascii"),
                target.path,
                _fields(target.authority, request.headers),
                body if isinstance(body, bytes) else body.encode(),
            )
            tls = verify if isinstance(verify, ssl.SSLContext) else None
            answer = self._pool.ask(target.origin, method, message, may_repeat=may_repeat, within=within, tls=tls)
        response = requests.Response()
        response.status_code = answer.head.status
        response.reason = answer.head.reason.decode("latin-1")
        response.headers = CaseInsensitiveDict(joined(answer.head.fields))
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = request.url or ""
        response.request = request
        response.raw = _Raw(answer)
        return response

    def close(self) -> None:
        """End every connection."""
        self._pool.close()


class _Raw:
    """An answer's body, as requests reads it."""

    def __init__(self, answer: ArrivingAnswer) -> None:
        self._answer = answer

    def read(self, amount: int | None = None) -> bytes:
        with _translated():
            return self._answer.read(amount)

    def close(self) -> None:
        self._answer.close()


class _Session(requests.Session):
    """requests' session, less what a fetch must not do: it follows no redirect, and asks the environment nothing."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere: requests would read the redirect's body to its end, even where it is told not to follow."""


def session_of(adapter: Adapter) -> requests.Session:
    """Make a session that sends over an adapter, for any number of threads."""
    return _Session(adapter)


def exchange(session: requests.Session, name: str, request: Request, *, max_bytes: int) -> Response:
    """Send a request, and read its response whole, inside of `bounded`.

    Args:
        session: what it is sent over.
        name: what errors call the server.
        request: what is sent.
        max_bytes: the most bytes of the body, on the wire and decoded.

    Raises:
        SourceTooLarge, SourceUndecodable: as `Body`.
        AddressForbidden: it has an address that may not be reached.
        Exception: one of `BROKEN`.
    """
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url  # as it was expanded: requests would write some characters anew
    prepared.headers = CaseInsensitiveDict(wire_headers(request))
    prepared.body = request.body
    sending = session.send(prepared, stream=True, allow_redirects=False, proxies={}, verify=request.tls)  # type: ignore[arg-type]
    with sending as response:
        headers = dated({header.lower(): value for header, value in response.headers.items()}, time.time())
        body = Body(name, headers.get("content-encoding", ""), max_bytes)
        while chunk := response.raw.read(READ_SIZE):
            body.feed(chunk)
        return Response(response.status_code, headers, body.whole())


def _fields(authority: str, headers: Mapping[str, str | bytes]) -> Iterator[tuple[bytes, bytes]]:
    if "host" not in headers:
        yield b"Host", authority.encode("ascii")
    for name, value in headers.items():
        yield name.encode("ascii"), value if isinstance(value, bytes) else value.encode("ascii")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise requests.Timeout("the call's time is over") from error
    except UnicodeError as error:
        raise InvalidHeader("a header that is not ASCII") from error
    except Broken as error:
        raise requests.ConnectionError(str(error)) from error
