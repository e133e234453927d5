"""Messages to clients that API Gateway holds, by its `@connections`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import logging

from fanin.aws.client import Aws
from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.engine.call import Runtime
from fanin.entrypoints.websocket.limits import AWS_TIMEOUT
from fanin.entrypoints.websocket.rounds import Gone

_ATTEMPTS = 2
THROTTLED = 1.0
"""Seconds at most until the second attempt, where API Gateway wants to be asked later."""

logger = logging.getLogger("fanin")


class Sender:
    """The connections of a WebSocket API.

    Args:
        aws: reaches API Gateway.
        url: where the API's stage is, without a slash at the end.
        runtime: waits, and spreads the second attempts of many environments.
    """

    def __init__(self, aws: Aws, url: str, runtime: Runtime) -> None:
        self._aws = aws
        self._url = url
        self._runtime = runtime

    async def close(self, connection: str) -> None:
        """End a connection; API Gateway then invokes the function with `$disconnect`."""
        try:
            await self._request("DELETE", connection)
        except AwsError as error:
            if error.status != 410:
                raise
        except AwsUnavailable as error:  # its next message finds it still to be closed
            logger.warning("connection not closed", extra={"connection": connection, "reason": str(error)})

    async def send(self, connection: str, text: str) -> None:
        """Send a message.

        One that API Gateway does not take in two attempts is lost, which its number, left out, tells the client.

        Raises:
            Gone: the connection has ended.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._request("POST", connection, text.encode())
            except AwsError as error:
                if error.status == 410:
                    raise Gone from error
                raise
            except AwsUnavailable as error:
                logger.warning("message not taken", extra={"connection": connection, "reason": str(error)})
                if isinstance(error, AwsThrottled) and attempt < _ATTEMPTS:
                    await self._runtime.sleep(self._runtime.randomness.uniform(0.0, THROTTLED))
            else:
                return

    async def _request(self, method: str, connection: str, body: bytes = b"") -> None:
        path = f"/@connections/{connection}"
        await self._aws.request("execute-api", method, path, body=body, endpoint=self._url, timeout=AWS_TIMEOUT)
