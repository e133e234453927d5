"""Calls of AWS's services for jobs: each in a bounded time, and again where there was no answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fanin.aws.client import Aws
from fanin.config.values import Json
from fanin.engine.call import Response, Sleep
from fanin.errors import AwsError, AwsUnavailable
from fanin.jobs.store import JobsUnavailable

TIMEOUT = 2.0
"""Seconds of one call; of one that carries a body, ten."""
PAUSES = (0.1, 0.4)
"""Seconds between a call without an answer and the next; after the last there is none."""
CONDITION_FAILED = "ConditionalCheckFailedException"
_LARGE = 10.0


@dataclass(frozen=True, slots=True)
class Calls:
    """AWS, as jobs call it. All that they call may be called twice.

    Args:
        aws: the client.
        sleep: waits.
    """

    aws: Aws
    sleep: Sleep = asyncio.sleep

    async def call(self, service: str, operation: str, payload: Mapping[str, Json]) -> Any:
        """Call an operation.

        Raises:
            AwsError: a condition did not hold.
            JobsUnavailable: there was no answer, or a refusal.
        """
        return await self._again(lambda: self.aws.call(service, operation, payload, timeout=TIMEOUT))

    async def put_object(self, path: str, body: bytes) -> Response:
        """Put a JSON text into a bucket.

        Args:
            path: /bucket/key.
            body: the text.

        Raises:
            JobsUnavailable: there was no answer, or a refusal.
        """
        headers = [("Content-Type", "application/json")]
        return await self._again(
            lambda: self.aws.request("s3", "PUT", path, headers=headers, body=body, timeout=_LARGE)
        )

    async def _again[Answer](self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        for pause in (*PAUSES, None):
            try:
                return await call()
            except AwsError as error:
                if error.code == CONDITION_FAILED:
                    raise
                raise JobsUnavailable(str(error)) from error
            except AwsUnavailable as error:
                if pause is None:
                    raise JobsUnavailable(str(error)) from error
                await self.sleep(pause)
        raise AssertionError("the last pause is None")
