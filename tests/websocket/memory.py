"""The function with its table and its queue in memory: for measuring what it does, and not what an emulator does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import override
from uuid import uuid4

from fanin.aws.client import Aws
from fanin.config import Config
from fanin.engine.call import Fetch, Surroundings
from fanin.entrypoints.aws_lambda.handler import Seeing
from fanin.entrypoints.websocket.connections import Busy, Connections, Kept, Over, Turn
from fanin.entrypoints.websocket.handler import live_handler
from fanin.entrypoints.websocket.messages import Subscribe
from fanin.entrypoints.websocket.sender import Posting
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.policies.order import Shared, pipelines_of
from fanin.sources.tls import tls_context


@dataclass
class Row:
    """A subscription's row."""

    turn: Turn
    kept: Kept
    claimed: bool = True


@dataclass
class Table:
    """The table and the queue, for all environments of the function.

    Args:
        rows: the subscriptions, by connection and name.
    """

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)

    @property
    def claimed(self) -> bool:
        """Whether a round is under way."""
        return any(row.claimed for row in list(self.rows.values()))

    async def send(self, turn: Turn, delay: float) -> None:
        """Let a turn come: the test brings it."""


class MemoryConnections(Connections):
    """The connections of a table in memory, without bounds."""

    def __init__(self, table: Table) -> None:
        self._rows = table.rows

    @override
    async def open(self, connection: str) -> None: ...

    @override
    async def close(self, connection: str) -> None:
        for key in [key for key in list(self._rows) if key[0] == connection]:
            self._rows.pop(key, None)

    @override
    async def take(self, connection: str, joins: str | None = None) -> None: ...

    @override
    async def leave(self, connection: str, name: str) -> None:
        self._rows.pop((connection, name), None)

    @override
    async def keep(self, connection: str, asked: Subscribe) -> Turn:
        turn = Turn(connection, asked.id, uuid4().hex, 1)
        self._rows[connection, asked.id] = Row(turn, Kept(asked))
        return turn

    @override
    async def claim(self, turn: Turn) -> Kept:
        row = self._rows.get((turn.connection, turn.id))
        if row is None or row.turn.generation != turn.generation or row.turn.round > turn.round:
            raise Over
        if row.claimed:
            raise Busy
        row.claimed = True
        return row.kept

    @override
    async def finish(self, turn: Turn, number: int, seen: dict[str, str]) -> None:
        if row := self._rows.get((turn.connection, turn.id)):
            row.turn, row.claimed = turn.next, False
            row.kept.number, row.kept.seen = number, seen


class MemoryFunction:
    """One environment of the function: one invocation at a time.

    Args:
        table: its table and queue.
        post: where messages are posted.
        config: what it serves.
        fetches: the fetch of each source.
    """

    def __init__(self, table: Table, post: str, config: Config, fetches: Mapping[str, Fetch]) -> None:
        self._loop = asyncio.new_event_loop()
        given = Surroundings()
        credentials = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
        self._aws = Aws(credentials, tls_context())
        pipelines = pipelines_of(config.sources, fetches, Shared(given))
        subjects = Subjects(config, pipelines, given.clock)
        service = Service(subjects, MemoryConnections(table), Posting(self._aws, post), table)
        self.handler = live_handler(service, Seeing(), loop=self._loop)

    def close(self) -> None:
        """End its connections, and its loop."""
        self._loop.run_until_complete(self._aws.aclose())
        self._loop.close()
        asyncio.set_event_loop(None)
