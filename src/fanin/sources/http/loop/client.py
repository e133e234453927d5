"""The client on the event loop, as a transport of httpx's: the one module that knows httpx.

The fetch of an HTTP API calls the transport without httpx's client around it: what that adds, cookies kept between
requests, redirects, authentication from the environment, is what a fetch must not do.
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import lru_cache
from typing import cast

import httpx

from fanin.config import Source
from fanin.engine.call import Call, Fetch, Request, Response
from fanin.engine.clock import steady
from fanin.engine.outcome import Clock, Outcome
from fanin.sources.http.body import Body, whole_of
from fanin.sources.http.failures import BadRequest, Broken, CannotConnect, address_refused, unreachable
from fanin.sources.http.head import Fields, dated, joined
from fanin.sources.http.keeping import IDLE_SECONDS, KeptConnections
from fanin.sources.http.loop.connection import ArrivingAnswer
from fanin.sources.http.loop.dial import Resolve
from fanin.sources.http.loop.pool import Pool
from fanin.sources.http.redirect import redirected
from fanin.sources.http.repeatable import REPEATABLE, SECOND_CONNECTION_AFTER
from fanin.sources.http.request import PORTS, Message, message_of, request_bytes
from fanin.sources.resolve import AddressForbidden

type AsyncTransport = httpx.AsyncBaseTransport
"""What requests are sent over."""

BROKEN = (httpx.TransportError, httpx.InvalidURL, UnicodeError, OSError, Broken)
"""How it shows that a server cannot be reached or breaks off; UnicodeError: a label behind xn-- that is none."""

_IDLE_PER_ORIGIN = 1000
_MESSAGE, _REPEATABLE, _PATIENCE, _TLS = "message", "repeatable", "patience", "tls"
"""Extensions of a request: its bytes as they are sent, which httpx would write otherwise; and what `exchange` says."""
_FIELDS, _BODY = "fields", "body"
"""Extensions of the response to a request with its bytes, in the place of what httpx would take apart again: the header
fields, and the body where all of it is there."""
_NOTHING = httpx.ByteStream(b"")
_url = lru_cache(maxsize=256)(httpx.URL)
"""Reads a URL as httpx does, which takes longer than all else that its types do in a call. URLs come again."""


class Transport(httpx.AsyncBaseTransport):
    """Sends requests over HTTP/1.1 for one event loop.

    There is no timeout in here, and httpx's `timeout` extension is not read: put `asyncio.timeout` around the whole
    call. A cancelled call closes its connection. There are no redirects, cookies, proxies or environment variables.

    Args:
        resolve: host and port to the addresses that may be connected to; asked for every new connection, for
            addresses written in a URL too.
        ssl_context: checks certificates against the URL's host, whatever the address; of requests without their own.
        idle_per_origin: how many unused connections each origin keeps.
        idle_in_all: how many connections may be open before unused ones are given up; without it, half of the files
            that the process may have open.
        idle_seconds: how long an unused connection is kept.
        clock: seconds, monotonic.
    """

    def __init__(  # noqa: PLR0913 - each is a limit or a part
        self,
        *,
        resolve: Resolve,
        ssl_context: ssl.SSLContext,
        idle_per_origin: int = _IDLE_PER_ORIGIN,
        idle_in_all: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._pool = Pool(
            resolve,
            ssl_context,
            lambda: KeptConnections(per_origin=idle_per_origin, in_all=idle_in_all, seconds=idle_seconds, clock=clock),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to `request` with its body still to be read, undecoded, from `response.stream`.

        Which requests are sent twice is said by `Pool.ask`: those with the extension `repeatable`, or by their method;
        `patience` is an extension too.

        Raises:
            httpx.TransportError: ConnectError, RemoteProtocolError, LocalProtocolError or UnsupportedProtocol; what
                raised it is its cause.
            Exception: whatever `resolve` raises.
        """
        told = request.extensions
        try:
            own: Message | None = told.get(_MESSAGE)
            message = own or await _written(request)
            may_repeat = told.get(_REPEATABLE, request.method in REPEATABLE)
            answer = await self._pool.ask(
                message.origin,
                request.method,
                message.written,
                may_repeat=may_repeat,
                patience=told.get(_PATIENCE),
                tls=told.get(_TLS),
            )
        except Broken as error:
            raise _translated(error, request) from error
        head = answer.head.result()
        if own:
            read = {_FIELDS: head.fields}
            if answer.complete:
                return httpx.Response(head.status, stream=_NOTHING, extensions=read | {_BODY: b"".join(answer.parts)})
            return httpx.Response(head.status, stream=_Stream(answer, request), extensions=read)
        body = httpx.ByteStream(b"".join(answer.parts)) if answer.complete else _Stream(answer, request)
        version = {"http_version": b"HTTP/1.1", "reason_phrase": head.reason}
        return httpx.Response(head.status, headers=head.fields, stream=body, extensions=version)

    async def aclose(self) -> None:
        """End every connection, those in use too."""
        await self._pool.aclose()


async def _written(request: httpx.Request) -> Message:
    """Write a request that comes from a client of httpx's."""
    url = request.url
    if url.scheme not in PORTS or not url.host:
        raise httpx.UnsupportedProtocol(f"no http or https URL: scheme {url.scheme!r}", request=request)
    origin = url.scheme, url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]
    fields = request.headers.raw
    written = request_bytes(request.method.encode("ascii"), url.raw_path, fields, await request.aread())
    return Message(origin, fields, written)


class _Stream(httpx.AsyncByteStream):
    """An answer's body, as httpx reads it."""

    def __init__(self, answer: ArrivingAnswer, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while part := await self._answer.read():
                yield part
        except Broken as error:
            raise _translated(error, self._request) from error
        except BaseException:
            await self._answer.aclose()
            raise

    async def aclose(self) -> None:
        await self._answer.aclose()


def _translated(error: Broken, request: httpx.Request) -> httpx.TransportError:
    if isinstance(error, BadRequest):
        return httpx.LocalProtocolError(str(error), request=request)
    if isinstance(error, CannotConnect):
        return httpx.ConnectError(str(error), request=request)
    return httpx.RemoteProtocolError(str(error), request=request)


async def exchange(  # noqa: PLR0913 - what a request is made of, and how it is sent
    transport: httpx.AsyncBaseTransport,
    name: str,
    request: Request,
    *,
    max_bytes: int,
    patience: float | None = None,
    repeatable: bool | None = None,
    message: Message | None = None,
    fields: httpx.Headers | None = None,
) -> Response:
    """Send a request, and read its response whole.

    Args:
        transport: what it is sent over. Time is bounded by cancellation.
        name: what errors call the server.
        request: what is sent.
        max_bytes: the most bytes of the body, on the wire and decoded.
        patience: seconds that a kept connection may be silent before a new one is asked too.
        repeatable: whether it may be made twice; None where its method tells.
        message: the request as it is written, where that is known.
        fields: its headers as httpx has them, likewise.

    Raises:
        SourceTooLarge, SourceUndecodable: as `Body`.
        AddressForbidden: it has an address that may not be reached.
        Exception: one of `BROKEN`.
    """
    message = message or message_of(request)
    told = {_MESSAGE: message, _PATIENCE: patience, _TLS: request.tls}
    if repeatable is not None:
        told[_REPEATABLE] = repeatable
    response = await transport.handle_async_request(
        httpx.Request(
            request.method,
            _url(request.url),
            headers=fields or message.fields,
            content=request.body,
            stream=_NOTHING if request.body is None else None,
            extensions=told,
        )
    )
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        received: Fields = response.extensions.get(_FIELDS) or response.headers.raw
        headers = dated(joined(received), time.time())
        coding = headers.get("content-encoding", "")
        if (whole := response.extensions.get(_BODY)) is not None:
            content = whole_of(name, coding, max_bytes, whole)
        else:
            body = Body(name, coding, max_bytes)
            async for chunk in stream:
                body.feed(chunk)
            content = body.whole()
    finally:
        await stream.aclose()  # by itself: a response's `aclose` takes longer, and does no more
    return Response(response.status_code, headers, content)


def http_fetch(transport: AsyncTransport, clock: Clock = steady) -> Fetch:
    """Make the fetch of a source.

    Args:
        transport: what the source's connections are kept in; its owner closes it. It need not bound time: the
            timeout policy does, by cancellation.
        clock: the clock of the calls' deadlines.
    """
    constant: dict[str, tuple[Request, Message, httpx.Headers]] = {}
    """What the sources ask that ask the same every time, by their names, and how that is written."""

    async def fetch(call: Call) -> Outcome[Response]:
        request, allowed = call.traced(), call.time_allowed(clock())
        response = await ask(call, request, allowed)
        for _ in range(call.source.redirects):
            if (further := redirected(request, response, call.source.reaches)) is None:
                break
            request, allowed = further, call.time_allowed(clock())
            response = replace(await ask(call, request, allowed), url=request.url)
        return Outcome(response)

    def written(source: Source, request: Request) -> tuple[Message | None, httpx.Headers | None]:
        if request is not source.constant:
            return None, None
        if (kept := constant.get(source.name)) is None or kept[0] is not request:
            message = message_of(request)
            kept = constant[source.name] = request, message, httpx.Headers(message.fields)
        return kept[1:]

    async def ask(call: Call, request: Request, allowed: float) -> Response:
        name = call.source.name
        try:
            message, fields = written(call.source, request)
            return await exchange(
                transport,
                name,
                request,
                max_bytes=call.room.max_bytes if call.room else call.source.max_bytes,
                patience=SECOND_CONNECTION_AFTER * allowed,
                repeatable=False if call.source.writes else None,
                message=message,
                fields=fields,
            )
        except AddressForbidden as error:
            raise address_refused(name) from error
        except BROKEN as error:
            raise unreachable(name, error) from error

    return fetch
