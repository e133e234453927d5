"""A client of AWS's services that does not block the loop."""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from fanin.aws import protocol
from fanin.aws.errors import AwsUnavailable
from fanin.aws.reach import aws_resolver
from fanin.config.values import Json
from fanin.engine.call import Request, Response
from fanin.errors import SourceError
from fanin.sources.http.failures import what_broke
from fanin.sources.http.loop.client import BROKEN, Transport, exchange
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.resolve import AddressForbidden


class Aws:
    """Made once per environment of a function, and closed by its owner.

    It makes each request once: whoever wants another attempt asks for it.

    Args:
        environment: the function's; credentials, region and endpoints are read from it at each request.
        tls: the context of TLS connections.
        now: gives the time, in UTC.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        tls: ssl.SSLContext,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._environment = environment
        self._now = now
        self._transport = Transport(resolve=aws_resolver(environment).resolve_async, ssl_context=tls)

    async def call(
        self,
        service: str,
        operation: str,
        payload: Mapping[str, Json],
        *,
        timeout: float,
        repeatable: bool = False,
    ) -> Any:
        """Call an operation of a service that speaks JSON.

        Args:
            service: dynamodb, secretsmanager, sqs or ssm.
            operation: as AWS's API reference names it: `GetItem`.
            payload: its arguments.
            timeout: seconds for all of it.
            repeatable: whether it may be made twice, as what only reads may: where a connection that was kept turns out
                to have ended, it is then made once more on a new one.

        Returns:
            the answer, decoded.

        Raises:
            AwsError: the service refused it; `code` says why.
            AwsUnavailable: there was no answer in time, or one that says: later.
        """
        request = protocol.json_request(self._environment, service, operation, payload, self._now())
        return protocol.json_answer(await self._send(service, request, timeout, repeatable=repeatable))

    async def request(  # noqa: PLR0913 - what a request is made of
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
        """Make a request of a service whose operations are methods and paths: s3, execute-api.

        Args:
            service: its name in signatures.
            method: the HTTP method.
            path: from its first slash, nothing encoded; an S3 object's is /bucket/key.
            query: names and values, nothing encoded.
            headers: names and values.
            body: what is sent.
            endpoint: the URL that the path stands behind; without it, the service's in the region.
            timeout: seconds for all of it.

        Raises:
            AwsError: the service refused it; `status` and `code` say why.
            AwsUnavailable: there was no answer in time, or one that says: later.
        """
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
        return protocol.succeeded(await self._send(service, request, timeout))

    def link(self, service: str, path: str, *, expires: int) -> str:
        """Sign a link under which whoever has it may read something, until it expires or the credentials do.

        Args:
            service: its name in signatures: s3.
            path: from its first slash, nothing encoded; an S3 object's is /bucket/key.
            expires: seconds that it is good for.

        Raises:
            AwsUnavailable: the environment lacks credentials or a region.
        """
        return protocol.link(self._environment, service, path, expires=expires, now=self._now())

    async def aclose(self) -> None:
        """End every connection."""
        await self._transport.aclose()

    async def _send(
        self, service: str, request: Request, timeout: float, *, repeatable: bool | None = None
    ) -> Response:
        try:
            async with asyncio.timeout(timeout):
                return await exchange(
                    self._transport,
                    service,
                    request,
                    max_bytes=protocol.MAX_ANSWER,
                    patience=timeout * SECOND_CONNECTION_AFTER,
                    repeatable=repeatable,
                )
        except TimeoutError as error:
            raise AwsUnavailable(f"{service} did not answer within {timeout:g} s") from error
        except (*BROKEN, AddressForbidden) as error:
            raise AwsUnavailable(f"{service} {what_broke(error)}") from error
        except SourceError as error:
            raise AwsUnavailable(error.detail) from error
