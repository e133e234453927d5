"""The fetch of an HTTP API, blocking, with requests.

requests' own timeout bounds each wait for bytes, not a call: a server that drips holds it for ever. Here every
operation on a socket first sets the socket's timeout to what is left of the call's time, so that the call as a whole,
name resolution, handshake, headers and body, ends by the clock, without a thread to watch over it.
"""

import ssl
from dataclasses import replace
from functools import partial
from typing import Any

from fanin.engine.call import Call, Request, Response
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceError, SourceTimeout
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.http.blocking.client import BROKEN, Adapter, exchange, session_of
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.redirect import redirected
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.meaning import decoded
from fanin.sources.pages import read_pages
from fanin.sources.reach import BlockingAuthenticate, BlockingSend
from fanin.sources.resolve import AddressForbidden, Resolver


class BlockingHttp:
    """The connections to all sources.

    Args:
        resolver: gives the addresses behind names.
        tls: the context of TLS connections.
        clock: the clock of the calls' deadlines.
        authenticate: makes a call's request with what its source knows fanin by; without it, it is made as it is.
    """

    def __init__(
        self, resolver: Resolver, tls: ssl.SSLContext, clock: Clock, authenticate: BlockingAuthenticate | None = None
    ) -> None:
        self._clock = clock
        self._session = session_of(Adapter(resolver, tls, clock=clock))
        self._authenticate = authenticate or _as_it_is

    def fetch(self, call: Call) -> Outcome[Any]:
        """Make a call of any source, within its timeout and the request's deadline.

        Returns:
            what the source answered, decoded, or the failure. The span has those attempts only that were refused and
            made once more.
        """
        call.span.started = self._clock()
        try:
            if call.source.pages is not None:
                return self._pages(call, call.span.started)
            response = self._response(call, call.span.started)
            value = decoded(call.source, response, call)
            attempts = 1 + len(call.span.attempts)
            size = len(response.body)
            return Outcome(value, attempts=attempts, headers=response.headers, status=response.status, size=size)
        except SourceError as error:
            error.attempts += len(call.span.attempts)
            return Outcome.failed(error)
        finally:
            call.span.ended = self._clock()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def _pages(self, call: Call, now: float) -> Outcome[Any]:
        """Read all pages, within the time of one call."""
        allowed = call.time_allowed(now)
        reading = read_pages(call.until(now + allowed))
        page, made = next(reading), 0
        while True:
            try:
                made += 1
                outcome = Outcome(decoded(call.source, self._response(page, self._clock()), page))
                step = partial(reading.send, outcome)
            except SourceTimeout:
                step = partial(reading.throw, call.timed_out(allowed))
            except SourceError as error:
                step = partial(reading.throw, error)
            try:
                page = step()
            except StopIteration as ended:
                return replace(ended.value, attempts=made + len(call.span.attempts))
            except SourceError as error:
                error.attempts += made - 1
                raise

    def _response(self, call: Call, now: float) -> Response:
        allowed = call.time_allowed(now)
        if allowed <= 0:
            raise call.timed_out(allowed)
        ends = now + allowed
        call = replace(call, deadline=ends)
        try:
            repeatable = False if call.source.writes else None
            with bounded(Bounds(ends, allowed * SECOND_CONNECTION_AFTER, self._clock, repeatable)):
                return self._authenticate(call, lambda request: self._send(call, request))
        except TimeoutError as error:
            raise call.timed_out(allowed) from error

    def _send(self, call: Call, request: Request) -> Response:
        """Make a request, and those that redirects lead to."""
        try:
            response = self._exchange(call, request := replace(call, request=request).traced())
            for _ in range(call.source.redirects):
                if (further := redirected(request, response, call.source.reaches)) is None:
                    break
                response = replace(self._exchange(call, request := further), url=further.url)
        except AddressForbidden as error:
            raise address_refused(call.source.name) from error
        except BROKEN as error:
            if self._clock() >= call.deadline:
                raise TimeoutError from error
            raise unreachable(call.source.name, error) from error
        return response

    def _exchange(self, call: Call, request: Request) -> Response:
        return exchange(
            self._session,
            call.source.name,
            request,
            max_bytes=call.room.max_bytes if call.room else call.source.max_bytes,
        )


def _as_it_is(call: Call, send: BlockingSend) -> Response:
    return send(call.request)
