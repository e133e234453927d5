"""Requests to a service of AWS's: bounded, made again where that is wanted, and their failures as errors of stores."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.config.values import Json
from fanin.engine.call import Response, Sleep
from fanin.stores.bounds import Patience
from fanin.stores.breaker import Breaker
from fanin.stores.errors import (
    ConditionFailed,
    StoreError,
    StoreRefused,
    StoreThrottled,
    StoreTooLarge,
    StoreUnavailable,
)

_TOO_LARGE = frozenset({"EntityTooLarge"})
_TOO_LARGE_SAYS = ("Item size", "must be shorter than", "longer than 262144")
"""What DynamoDB and SQS say, under codes of theirs that mean any bad argument."""


class Client(Protocol):
    """What is asked of AWS's client, `fanin.aws.client.Aws`; it raises AwsError and AwsUnavailable."""

    async def call(  # noqa: D102 - said of the class
        self,
        service: str,
        operation: str,
        payload: Mapping[str, Json],
        *,
        timeout: float,  # noqa: ASYNC109 - as AWS's client has it
    ) -> Any: ...

    async def request(  # noqa: D102, PLR0913 - as AWS's client has it
        self,
        service: str,
        method: str,
        path: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        timeout: float,  # noqa: ASYNC109 - as AWS's client has it
    ) -> Response: ...

    def link(self, service: str, path: str, *, expires: int) -> str: ...  # noqa: D102 - said of the class


class NoSuchObject(StoreError):
    """The bucket has no object under the key."""


class Calls:
    """A service, as the functions that need it speak to it.

    Args:
        client: the client of AWS's services.
        service: which of them.
        patience: how long a request may take, and how often it is made.
        breaker: keeps from asking while the service is down; None for whoever cannot do without it.
        sleep: waits.
    """

    def __init__(
        self,
        client: Client,
        service: str,
        patience: Patience,
        *,
        breaker: Breaker | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.client = client
        self._service = service
        self._patience = patience
        self._breaker = breaker
        self._sleep = sleep
        self._met = False

    @property
    def met(self) -> bool:
        """Whether the service has answered before."""
        return self._breaker.met if self._breaker else self._met

    async def call[Answer](
        self,
        operation: str,
        payload: Mapping[str, Json],
        read: Callable[[Any], Answer],
        *,
        within: float | None = None,
    ) -> Answer:
        """Call an operation of a service that speaks JSON.

        Args:
            operation: as AWS's API reference names it: `GetItem`.
            payload: its arguments.
            read: reads the answer; what it cannot read is no answer.
            within: seconds, if not those of the patience.

        Raises:
            StoreError: as `fanin.stores.table` has it.
        """
        within = within or self._patience.within
        return await self._answer(
            operation,
            lambda: self.client.call(self._service, operation, payload, timeout=within),
            lambda answer: read(object_of(answer)),
            within,
        )

    async def request(
        self, method: str, path: str, *, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> bytes:
        """Make a request of a service whose operations are methods and paths; give the body of its answer.

        Raises:
            NoSuchObject: there is nothing under the path.
            StoreError: as `call` does.
        """
        within, told = self._patience.within, tuple(headers)
        return await self._answer(
            method,
            lambda: self.client.request(self._service, method, path, headers=told, body=body, timeout=within),
            lambda response: bytes(response.body),
            within,
        )

    async def _answer[Answer](
        self, operation: str, ask: Callable[[], Awaitable[Any]], read: Callable[[Any], Answer], within: float
    ) -> Answer:
        async def attempt() -> Answer:
            return await self._attempt(operation, ask, read, within)

        for pause in self._patience.pauses:
            try:
                return await self._guarded(attempt)
            except StoreRefused:
                raise
            except StoreUnavailable:
                await self._sleep(pause)
        return await self._guarded(attempt)

    async def _guarded[Answer](self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await (self._breaker.around(attempt) if self._breaker else attempt())
        self._met = True
        return answer

    async def _attempt[Answer](
        self, operation: str, ask: Callable[[], Awaitable[Any]], read: Callable[[Any], Answer], within: float
    ) -> Answer:
        with told(f"{self._service} {operation}", within):
            async with asyncio.timeout(within):
                return read(await ask())


@contextmanager
def told(name: str, within: float) -> Iterator[None]:
    """Raise what goes wrong with a request as the store's error that it is.

    Args:
        name: the service's and the operation's.
        within: the seconds that it had.
    """
    try:
        yield
    except AwsError as error:
        raise _refusal(name, error) from error
    except AwsThrottled as error:
        raise StoreThrottled(f"{name}: {error}") from error
    except AwsUnavailable as error:
        raise StoreUnavailable(f"{name}: {error}") from error
    except TimeoutError as error:
        raise StoreUnavailable(f"{name}: no answer within {within:g} s") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreUnavailable(f"{name}: the answer cannot be read: {error}") from error


def object_of(answer: Any) -> Mapping[str, Any]:
    """Hold an answer to being an object, as every one of AWS's is."""
    if not isinstance(answer, dict):
        raise TypeError(f"{type(answer).__name__} where an object should be")
    return answer


def _refusal(name: str, error: AwsError) -> StoreError:
    """Say what a refusal of AWS's means."""
    said = f"{name}: {error}"
    if error.code == "ConditionalCheckFailedException":
        return ConditionFailed(said)
    if error.code == "NoSuchKey":
        return NoSuchObject(said)
    if error.code in _TOO_LARGE or any(words in error.message for words in _TOO_LARGE_SAYS):
        return StoreTooLarge(said)
    return StoreRefused(said)
