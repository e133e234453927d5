"""Counts the requests of clients: in memory, and in the table that the environment names."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from fanin.config import Endpoint
from fanin.config.finding import ConfigError, Finding
from fanin.contract.client_address import Proxies
from fanin.contract.client_limit import ClientCounts, Limit, Limited, OwnLimit, client_of, counts_addresses
from fanin.engine.call import Runtime
from fanin.engine.catalogue import Caller, ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.stores.breaker import Breaker
from fanin.stores.client_counts import Asks, BlockingAsks, count, count_blocking
from fanin.stores.errors import StoreError

if TYPE_CHECKING:
    from fanin.aws.client_blocking import BlockingAws
    from fanin.compose.resources import Resources

# ruff: noqa: PLC0415 - a function without a table has no need of what reaches one


class ClientLimits:
    """Holds the clients of one environment to the `client_limit` of each endpoint.

    Args:
        proxies: those between clients and fanin.
        counts: count in memory.
        clock: gives seconds.
        table: gives the table that counts for all environments; None where each counts for itself.
        blocking_table: the same table, for threads that wait.
    """

    def __init__(
        self,
        proxies: Proxies,
        counts: ClientCounts,
        clock: Clock,
        table: Callable[[], Asks] | None = None,
        blocking_table: BlockingAsks | None = None,
    ) -> None:
        self._proxies = proxies
        self._counts = counts
        self._clock = clock
        self._table = table
        self._blocking_table = blocking_table

    async def count(self, endpoint: Endpoint, caller: Caller | None, invocation: Invocation) -> None:
        """Count a request for an endpoint, and say on its answer how many more the client may make.

        Args:
            endpoint: what is asked.
            caller: who asks; None for everybody.
            invocation: says from where, and takes the headers of the answer.

        Raises:
            RequestError: 429, it is one too many.
        """
        if (limit := endpoint.client_limit) is not None:
            client = client_of(limit, caller, self._proxies.client(invocation.network))
            await self._count(endpoint, limit, client, invocation)

    async def count_key(self, endpoint: Endpoint, caller: Caller | None, invocation: Invocation) -> None:
        """Count a request of whoever has an API key with a limit of its own, for whatever endpoint, likewise."""
        if (own := OwnLimit.of(endpoint, caller)) is not None:
            await self._count(own, own, own.key, invocation)

    async def _count(self, asked: Limited, limit: Limit, client: str, invocation: Invocation) -> None:
        turn, counted = self._counts.begin(asked, limit, client, invocation.headers), None
        if self._table is not None:
            with suppress(StoreError):  # the breaker logs it, and what this environment has counted holds
                counted = await count(self._table(), turn.key, turn.in_table(), self._clock)
        self._counts.end(turn, asked, counted, invocation.headers)

    def count_blocking(self, endpoint: Endpoint, caller: Caller | None, invocation: Invocation) -> None:
        """Count a request as `count` does, in a thread that waits."""
        if (limit := endpoint.client_limit) is not None:
            client = client_of(limit, caller, self._proxies.client(invocation.network))
            self._count_blocking(endpoint, limit, client, invocation)

    def count_key_blocking(self, endpoint: Endpoint, caller: Caller | None, invocation: Invocation) -> None:
        """Count a request as `count_key` does, in a thread that waits."""
        if (own := OwnLimit.of(endpoint, caller)) is not None:
            self._count_blocking(own, own, own.key, invocation)

    def _count_blocking(self, asked: Limited, limit: Limit, client: str, invocation: Invocation) -> None:
        turn, counted = self._counts.begin(asked, limit, client, invocation.headers), None
        if self._blocking_table is not None:
            with suppress(StoreError):  # likewise
                counted = count_blocking(self._blocking_table, turn.key, turn.in_table(), self._clock)
        self._counts.end(turn, asked, counted, invocation.headers)


def limited(door: FrontDoor, limits: ClientLimits) -> FrontDoor:
    """Put the limits behind what says who asks, and those of addresses before it: nobody guesses as often as they like.

    Args:
        door: says who asks.
        limits: count requests.
    """

    async def admit(endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        before = counts_addresses(endpoint)
        if before:
            await limits.count(endpoint, None, invocation)
        caller = await door.admit(endpoint, request, invocation) if door.admit else None
        if not before:
            await limits.count(endpoint, caller, invocation)
        await limits.count_key(endpoint, caller, invocation)
        return caller

    def admit_blocking(endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        before = counts_addresses(endpoint)
        if before:
            limits.count_blocking(endpoint, None, invocation)
        caller = door.admit_blocking(endpoint, request, invocation) if door.admit_blocking else None
        if not before:
            limits.count_blocking(endpoint, caller, invocation)
        limits.count_key_blocking(endpoint, caller, invocation)
        return caller

    return replace(door, admit=admit, admit_blocking=admit_blocking)


def client_limits(
    environment: Mapping[str, str],
    runtime: Runtime,
    counts: ClientCounts,
    resources: "Callable[[], Resources]",
    blocking_aws: "Callable[[], BlockingAws]",
) -> ClientLimits:
    """Make what counts: in memory, and in the table that the environment names.

    Args:
        environment: the function's.
        runtime: clock and randomness.
        counts: count in memory.
        resources: gives the function's tables.
        blocking_aws: gives the client of AWS's services in threads, to whichever thread asks first.

    Raises:
        ConfigError: `FANIN_PROXIES` is neither a number nor networks.
    """
    proxies = _proxies(environment)
    name = environment.get("FANIN_TABLE")
    if not name or environment.get("AWS_SAM_LOCAL"):  # there, names of resources lead to nothing
        return ClientLimits(proxies, counts, runtime.clock)

    from fanin.stores.aws.table_blocking import BlockingAwsTable

    blocking_table = BlockingAwsTable(blocking_aws, name, Breaker("client limits", runtime.clock))
    table = cache(lambda: resources().table_of_counts(name))
    return ClientLimits(proxies, counts, runtime.clock, table, blocking_table)


def _proxies(environment: Mapping[str, str]) -> Proxies:
    try:
        return Proxies.of(environment.get("FANIN_PROXIES", ""))
    except ValueError as error:
        fix = "Write how many proxies are in front, such as 1, or their networks with spaces between: 10.0.0.0/16"
        raise ConfigError([Finding("bad-proxies", ("FANIN_PROXIES",), str(error), fix)], "environment") from error
