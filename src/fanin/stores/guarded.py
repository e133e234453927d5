"""A service of AWS, spoken to in a bounded time, and not at all for a while after it failed."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from fanin.config.values import Json
from fanin.engine.outcome import Clock
from fanin.errors import AwsError, AwsUnavailable
from fanin.stores.store import GLANCE, StoreUnavailable

CLOSED_FOR = 10.0
"""Seconds after a failure in which the store is not asked; then one call tries, and the others do without."""

logger = logging.getLogger("fanin")

CONDITION_FAILED = "ConditionalCheckFailedException"


class Service(Protocol):
    """What is asked of AWS's client; it raises AwsError and AwsUnavailable."""

    async def call(  # noqa: D102 - said of the class
        self,
        service: str,
        operation: str,
        payload: Mapping[str, Json],
        *,
        timeout: float,  # noqa: ASYNC109 - as AWS's client has it
    ) -> Any: ...


class Guarded:
    """A service, bounded: a call that fails costs its time once, and the next ones nothing, until one tries again.

    Args:
        service: the client of AWS's services.
        name: which of them.
        clock: gives seconds.
        closed_for: seconds after a failure in which there are no calls.
    """

    def __init__(self, service: Service, name: str, clock: Clock, *, closed_for: float = CLOSED_FOR) -> None:
        self._service = service
        self._name = name
        self._clock = clock
        self._closed_for = closed_for
        self._failed_at: float | None = None
        self._trying = False
        self.met = False
        """Whether it has answered before."""

    async def call(self, operation: str, payload: Mapping[str, Json], *, within: float = GLANCE) -> Any:
        """Call an operation, within some seconds.

        Raises:
            StoreUnavailable: there was no answer in time, or it was a failure; or there was one a moment ago.
            AwsError: a condition did not hold.
        """
        trying = self._failed_at is not None
        if self._failed_at is not None and (self._trying or self._clock() < self._failed_at + self._closed_for):
            raise StoreUnavailable(f"{self._name} failed a moment ago")
        self._trying = trying
        try:
            async with asyncio.timeout(within):
                answer = await self._service.call(self._name, operation, payload, timeout=within)
        except AwsError as error:
            if error.code == CONDITION_FAILED:
                self._failed_at, self.met = None, True
                raise
            raise self._failed(operation, error) from error
        except (AwsUnavailable, TimeoutError) as error:
            raise self._failed(operation, error) from error
        finally:
            self._trying = False if trying else self._trying
        self._failed_at, self.met = None, True
        return answer

    def _failed(self, operation: str, error: Exception) -> StoreUnavailable:
        self._failed_at = self._clock()
        reason = f"{operation}: {str(error) or 'no answer in time'}"
        logger.warning("going on without a store", extra={"store": self._name, "reason": reason})
        return StoreUnavailable(f"{self._name} {reason}")
