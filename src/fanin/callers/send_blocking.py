"""How questions about callers reach servers that are no sources, in a thread that waits: the twin of `send.py`."""

import requests

from fanin.callers.bounds import MAX_ANSWER, SERVER, TIMEOUT
from fanin.credentials.flows.carry_blocking import BlockingSend
from fanin.engine.call import Request, Response
from fanin.errors import SourceTimeout
from fanin.sources.bounds import Bounds, bounded, bounds
from fanin.sources.http.blocking.client import BROKEN, exchange
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.resolve import AddressForbidden


def blocking_sender(session: requests.Session) -> BlockingSend:
    """Make what sends requests, inside of `bounded`; it follows no redirect, and raises SourceError likewise.

    Args:
        session: what they are sent over; its guard says which addresses may be reached.
    """

    def send(request: Request) -> Response:
        clock = bounds().clock
        ends = min(bounds().ends, clock() + TIMEOUT)
        try:
            with bounded(Bounds(ends, TIMEOUT * SECOND_CONNECTION_AFTER, clock)):
                return exchange(session, SERVER, request, max_bytes=MAX_ANSWER)
        except AddressForbidden as error:
            raise address_refused(SERVER) from error
        except (*BROKEN, TimeoutError) as error:
            if clock() >= ends:
                raise SourceTimeout(SERVER, f"{SERVER} did not answer within {TIMEOUT:g} s") from error
            raise unreachable(SERVER, error) from error

    return send
