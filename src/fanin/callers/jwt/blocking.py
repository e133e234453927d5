"""How an issuer is asked by a thread that waits: through the guard, within a bounded time, redirects not followed."""

import requests

from fanin.callers.jwt.key_set import MAX_BYTES
from fanin.config.units import spelled
from fanin.credentials.flows.carry_blocking import BlockingSend
from fanin.engine.call import Request, Response
from fanin.engine.outcome import Clock
from fanin.errors import SourceTimeout
from fanin.sources.http.blocking.bounds import Bounds, bounded
from fanin.sources.http.blocking.client import BROKEN, exchange
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.resolve import AddressForbidden

TIMEOUT = 3.0
"""Seconds in which an issuer has to answer a request."""
_NAME = "the issuer"


def issuer_client(session: requests.Session, clock: Clock, timeout: float = TIMEOUT) -> BlockingSend:
    """Make what asks an issuer.

    Args:
        session: what requests are sent over; its guard says which addresses may be reached.
        clock: gives seconds; the session's.
        timeout: seconds that a request may take.
    """

    def send(request: Request) -> Response:
        ends = clock() + timeout
        try:
            with bounded(Bounds(ends, SECOND_CONNECTION_AFTER * timeout, clock)):
                return exchange(session, _NAME, request, max_bytes=MAX_BYTES)
        except AddressForbidden as error:
            raise address_refused(_NAME) from error
        except BROKEN as error:
            if clock() >= ends:
                raise SourceTimeout(_NAME, f"{_NAME} did not answer within {spelled(timeout)}") from error
            raise unreachable(_NAME) from error

    return send
