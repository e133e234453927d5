"""The function with its table and its queue in memory: for measuring what it does, and not what an emulator does."""

import asyncio
import time
from collections.abc import Mapping

from fanin.aws.client import Aws
from fanin.config import Config
from fanin.engine.call import Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.aws_lambda.handler import Observability
from fanin.entrypoints.websocket.connections import KEY, Connections, Turn
from fanin.entrypoints.websocket.handler import live_handler
from fanin.entrypoints.websocket.sender import Sender
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.stores.memory.table import MemoryTable
from fanin.stores.table import number, text
from tests.roots import tls_context


class Table(MemoryTable):
    """The table and the queue, for all environments of the function."""

    def __init__(self) -> None:
        super().__init__(KEY, time.time)

    @property
    def turns(self) -> list[Turn]:
        """The turn that comes next of each subscription."""
        return [
            Turn(
                text(row, "connection"),
                text(row, "item").partition("/")[2],
                text(row, "generation"),
                int(number(row, "round")) + 1,
            )
            for row in self.items
            if "generation" in row
        ]

    @property
    def claimed(self) -> bool:
        """Whether a round is under way."""
        return any(number(row, "lease") for row in self.items)

    async def send(self, turn: Turn, delay: float) -> None:
        """Let a turn come: the test brings it."""


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
        runtime = Runtime()
        credentials = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
        self._aws = Aws(credentials, tls_context())
        pipelines = pipelines_of(config.sources, fetches, Shared(runtime))
        subjects = Subjects(Catalogue(config, runtime.clock), pipelines)
        service = Service(subjects, Connections(table, runtime.now), Sender(self._aws, post, runtime), table)
        self.handler = live_handler(service, Observability(), loop=self._loop)

    def close(self) -> None:
        """End its connections, and its loop."""
        self._loop.run_until_complete(self._aws.aclose())
        self._loop.close()
        asyncio.set_event_loop(None)
