"""The function's service over scripted sources and somebody else's DynamoDB, with clients and a queue in memory."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from fanin.aws.client import Aws
from fanin.engine.call import pipeline
from fanin.engine.catalogue import Catalogue
from fanin.engine.invocation import Invocation
from fanin.entrypoints.websocket.connections import Connections, Turn
from fanin.entrypoints.websocket.rounds import Gone
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.policies.observe import observe
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import Patience
from tests.roots import tls_context
from tests.unit.scenario import Scenario
from tests.websocket.lambda_function import KEYS


class Killed(BaseException):
    """The function was ended from outside, wherever it was."""


@dataclass
class Function:
    """One function, asked message by message.

    Args:
        scene: what it serves.
        environment: where DynamoDB is.
        now: the seconds since 1970, which a test moves.
        heard: what each connection was sent.
        gone: the connections that have ended.
        later: the turns to come, and in how many seconds.
        kill_at_send: which of the messages to come is not sent, since the function is ended.
    """

    scene: Scenario
    environment: Mapping[str, str]
    now: float = 1_800_000_000.0
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    later: list[tuple[Turn, float]] = field(default_factory=list)
    kill_at_send: int = 0

    def __post_init__(self) -> None:
        self.runner = asyncio.Runner()
        self.aws = Aws(self.environment, tls_context())
        self.table = f"connections-{uuid4()}"
        self.aws_call("CreateTable", **KEYS)
        clock = self.runner.get_loop().time
        pipelines = {name: pipeline(self.fetch, [observe(clock)]) for name in self.scene.config.sources}
        subjects = Subjects(Catalogue(self.scene.config, clock), pipelines, "https://api.example")
        table = AwsTable(Calls(self.aws, "dynamodb", Patience(10)), self.table)
        self.connections = Connections(table, lambda: self.now)
        self.service = Service(subjects, self.connections, _Post(self), _Later(self))

    def close(self) -> None:
        self.runner.run(self.aws.aclose())
        self.runner.close()

    async def fetch(self, call: Any) -> Any:
        self.scene.requests[call.source.name] = call.request
        return await self.scene.scripts[call.source.name](call)

    def aws_call(self, operation: str, **request: Any) -> Any:
        return self.runner.run(self.aws.call("dynamodb", operation, {"TableName": self.table, **request}, timeout=10))

    def rows(self) -> dict[str, dict[str, Any]]:
        """Give the rows of the table by connection and item."""
        found = self.aws_call("Scan")["Items"]
        return {f"{row['connection']['S']} {row['item']['S']}": row for row in found}

    def connect(self, connection: str = "c") -> None:
        self.runner.run(self.service.connected(connection))

    def disconnect(self, connection: str = "c") -> None:
        self.runner.run(self.service.disconnected(connection))

    def send(self, message: Any, connection: str = "c") -> list[dict[str, Any]]:
        """Send a message; give what the connection has been sent since."""
        text = message if isinstance(message, str) else json.dumps(message)
        return self._asked(connection, self.service.received(connection, text, self.invocation))

    def due(self, turn: Turn) -> list[dict[str, Any]]:
        """Deliver a turn; give what its connection has been sent since."""
        return self._asked(turn.connection, self.service.due(turn, self.invocation))

    def next(self) -> Turn:
        """Let time pass until the next turn has come; give it."""
        turn, delay = self.later.pop(0)
        self.now += delay
        return turn

    @property
    def invocation(self) -> Invocation:
        return Invocation("request", self.runner.get_loop().time() + 29)

    def _asked(self, connection: str, work: Any) -> list[dict[str, Any]]:
        before = len(self.heard.get(connection, []))
        self.runner.run(work)
        return self.heard.get(connection, [])[before:]


class _Post:
    def __init__(self, function: Function) -> None:
        self._function = function

    async def close(self, connection: str) -> None:
        self._function.gone.add(connection)

    async def send(self, connection: str, text: str) -> None:
        if connection in self._function.gone:
            raise Gone
        if self._function.kill_at_send:
            self._function.kill_at_send -= 1
            if not self._function.kill_at_send:
                raise Killed
        self._function.heard.setdefault(connection, []).append(json.loads(text))


class _Later:
    def __init__(self, function: Function) -> None:
        self._function = function

    async def send(self, turn: Turn, delay: float) -> None:
        self._function.later.append((turn, delay))
