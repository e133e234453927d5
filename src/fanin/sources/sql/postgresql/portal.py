"""A connection of asyncpg's that gives a statement's first rows in two round trips.

The driver's `fetch` takes two as well, and keeps whatever comes: a statement of a million rows fills the memory before
anybody can count them. Its cursor can be stopped, and takes three. What it sends can bind, and ask for so many rows, at
once; that has no name of its own in its API.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


class PortalConnection(asyncpg.Connection):  # type: ignore[misc] # the driver has no types
    """A connection."""

    async def portal(self, statement: str) -> Portal:
        """Have the server take a statement, and say what its columns are."""
        state = await self._get_statement(statement, None, named=_UNNAMED)
        return Portal(self, state, PreparedStatement(self, statement, state).get_attributes())

    async def bound(self, state: Any, values: Sequence[Any], number: int) -> Any:
        """Bind parameters, and ask for rows."""
        return await self._protocol.bind_execute(state, values, _UNNAMED, number, True, None)  # noqa: FBT003

    async def continued(self, state: Any, number: int) -> Any:
        """Ask for more rows of what is bound."""
        return await self._protocol.execute(state, _UNNAMED, number, True, None)  # noqa: FBT003
