"""A client of AWS's services that blocks, over requests: the twin of `client.py`."""

import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from fanin.aws import protocol
from fanin.aws.errors import AwsUnavailable
from fanin.aws.reach import aws_resolver
from fanin.config.values import Json
from fanin.engine.call import Request, Response
from fanin.engine.clock import steady
from fanin.engine.outcome import Clock
from fanin.errors import SourceError
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.http.blocking.client import BROKEN, Adapter, exchange, session_of
from fanin.sources.http.failures import what_broke
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.resolve import AddressForbidden


class BlockingAws:
    """Made once per environment of a function, and closed by its owner.

    Args:
        environment: the function's; credentials, region and endpoints are read from it at each request.
        tls: the context of TLS connections.
        clock: gives seconds.
        now: gives the time, in UTC.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        tls: ssl.SSLContext,
        *,
        clock: Clock = steady,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._now = now
        self._session = session_of(Adapter(aws_resolver(environment), tls, clock=clock))

    def call(
        self,
        service: str,
        operation: str,
        payload: Mapping[str, Json],
        *,
        timeout: float,
        repeatable: bool = False,
    ) -> Any:
        """Call an operation of a service that speaks JSON; arguments, answer and errors of `Aws.call`."""
        request = protocol.json_request(self._environment, service, operation, payload, self._now())
        return protocol.json_answer(self._send(service, request, timeout, repeatable=repeatable))

    def request(  # noqa: PLR0913 - what a request is made of
        self,
        service: str,
        method: str,
        path: str,
        *,
        query: Iterable[tuple[str, str]] = (),
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        endpoint: str = "",
        timeout: float,
    ) -> Response:
        """Make a request of a service of methods and paths; arguments, answer and errors of `Aws.request`."""
        request = protocol.rest_request(
            self._environment,
            service,
            method,
            path,
            query=query,
            headers=headers,
            body=body,
            base=endpoint,
            now=self._now(),
        )
        return protocol.succeeded(self._send(service, request, timeout))

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def _send(self, service: str, request: Request, timeout: float, *, repeatable: bool | None = None) -> Response:
        bounds = Bounds(self._clock() + timeout, timeout * SECOND_CONNECTION_AFTER, self._clock, repeatable)
        try:
            with bounded(bounds):
                return exchange(self._session, service, request, max_bytes=protocol.MAX_ANSWER)
        except (*BROKEN, AddressForbidden) as error:
            if self._clock() >= bounds.ends:
                raise AwsUnavailable(f"{service} did not answer within {timeout:g} s") from error
            raise AwsUnavailable(f"{service} {what_broke(error)}") from error
        except SourceError as error:
            raise AwsUnavailable(error.detail) from error
