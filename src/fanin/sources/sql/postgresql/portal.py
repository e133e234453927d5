"""A connection of asyncpg's that gives a statement's first rows in two round trips, and ends where they are too large.

The driver's `fetch` takes two as well, and keeps whatever comes: a statement of a million rows fills the memory before
anybody can count them. Its cursor can be stopped, and takes three. What it sends can bind, and ask for so many rows, at
once; that has no name of its own in its API.

A row is read whole before anybody sees it, and PostgreSQL allows a field of 1 GB. So the bytes are counted on their way
from the transport to the driver.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

_UNNAMED = ""
"""The statement and the portal that the next ones take the place of: nothing outlives its transaction."""


@dataclass(slots=True)
class Portal:
    """A statement that its server has taken.

    Args:
        connection: the connection on which it is.
        state: what the driver knows of it.
        columns: those of its rows, with `name` and `type`; empty if it has no rows.
    """

    connection: "PortalConnection"
    state: Any
    columns: Sequence[Any]
    exhausted: bool = False

    async def begin(self, values: Sequence[Any], number: int) -> list[asyncpg.Record]:
        """Run it, and give its first rows.

        Args:
            values: its parameters.
            number: how many rows, at most; 0 for all.
        """
        return self._taken(await self.connection.bound(self.state, values, number))

    async def more(self, number: int) -> list[asyncpg.Record]:
        """Give the next rows, of which there may be none."""
        return self._taken(await self.connection.continued(self.state, number))

    def _taken(self, answer: tuple[list[asyncpg.Record], Any, bool]) -> list[asyncpg.Record]:
        rows, _, self.exhausted = answer
        return rows


class TooManyBytes(Exception):
    """The server has sent more than it may; the connection is gone."""


class Counted(asyncio.Protocol):
    """Stands between a transport and the driver, and aborts the connection if more comes than may.

    Args:
        driver: the protocol of the driver.
        transport: the connection's.
    """

    def __init__(self, driver: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._driver = driver
        self._transport = transport
        self.left: float = inf
        """Bytes that may come yet; below 0 they did."""

    def data_received(self, data: bytes) -> None:
        """Hand on what has come."""
        self.left -= len(data)
        if self.left < 0:
            self._transport.abort()
        else:
            self._driver.data_received(data)

    def eof_received(self) -> None:
        """Hand on that nothing more comes; the transport then closes."""
        self._driver.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on that the connection is gone."""
        self._driver.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hand on that the server does not read."""
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that it does again."""
        self._driver.resume_writing()


class PortalConnection(asyncpg.Connection):  # type: ignore[misc] # the driver has no types
    """A connection."""

    def __init__(self, protocol: asyncio.Protocol, transport: asyncio.Transport, *others: Any) -> None:
        super().__init__(protocol, transport, *others)
        self._counted = Counted(protocol, transport)
        transport.set_protocol(self._counted)

    def permit(self, most: int) -> None:
        """Say how many bytes the server may send from now on."""
        self._counted.left = most

    async def portal(self, statement: str) -> Portal:
        """Have the server take a statement, and say what its columns are."""
        state = await self._get_statement(statement, None, named=_UNNAMED)
        return Portal(self, state, PreparedStatement(self, statement, state).get_attributes())

    async def bound(self, state: Any, values: Sequence[Any], number: int) -> Any:
        """Bind parameters, and ask for rows."""
        return await self._within(self._protocol.bind_execute(state, values, _UNNAMED, number, True, None))  # noqa: FBT003

    async def continued(self, state: Any, number: int) -> Any:
        """Ask for more rows of what is bound."""
        return await self._within(self._protocol.execute(state, _UNNAMED, number, True, None))  # noqa: FBT003

    async def _within(self, answer: Awaitable[Any]) -> Any:
        """Wait for rows.

        Raises:
            TooManyBytes: there were more bytes of them than was permitted.
        """
        try:
            return await answer
        except (OSError, asyncpg.PostgresConnectionError) as error:
            if self._counted.left < 0:
                raise TooManyBytes from error
            raise
