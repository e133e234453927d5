"""Handshakes and conversations with a file that has callers, under ASGI and behind API Gateway, in this process."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs

from fanin.callers.kinds import Around
from fanin.compose.front_door import front_door
from fanin.config import Config
from fanin.credentials.secrets.places import EnvironmentVariables
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Call, Fetch
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import FrontDoor
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.handler import Observability
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.websocket.connections import Connections
from fanin.entrypoints.websocket.handler import live_handler
from fanin.entrypoints.websocket.handshake import greeting
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context
from fanin.testing.event import Context
from tests.contract.own.conftest import CASES
from tests.unit.scenario import config_of
from tests.websocket.memory import Table

CONFIG = config_of("""
[callers.partners]
keys = { scopes = ["orders:read"] }
[callers.staff]
authorizer = { scopes = ["orders"] }
[sources.own]
url = "https://own.example/{caller.sub}/{id}"
[sources.team]
url = "https://team.example/{caller.sub}"
[sources.free]
url = "https://free.example/"
[endpoints.own]
path = "/own/{id}"
caller = "partners"
sources = ["own"]
allow = "parameters.id != 'secret'"
[endpoints.team]
path = "/team"
caller = "staff"
sources = ["team"]
[endpoints.free]
path = "/free"
sources = ["free"]
""")


async def _url(call: Call) -> Outcome[Any]:
    return Outcome(call.request.url)


FETCHES: Mapping[str, Fetch] = dict.fromkeys(CONFIG.sources, _url)

type Opening = Callable[[Any], FrontDoor]
"""Makes the front door, given the clock of deadlines."""


@dataclass
class Shaken:
    """What a handshake was answered.

    Args:
        status: 101 if there is a connection.
        headers: of the answer, names in lower case.
        problem: the last segment of the problem's type, if it was refused.
        text: all of the answer.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    text: str = ""


class Way(Protocol):
    """A way in."""

    door: FrontDoor

    def connect(
        self, headers: Mapping[str, str] = {}, query: str = "", authorizer: Mapping[str, Any] | None = None
    ) -> Shaken: ...

    def ask(self, endpoint: str, **params: str) -> Any:
        """Subscribe over the connection; give the value, or status and type of the problem."""
        ...


def door_of(clock: Any) -> FrontDoor:
    environment = {"FANIN_KEYS": f"file:{CASES / 'keys.json'}"}
    around = Around(environment, Redaction(), EnvironmentVariables({}), clock, time.time)
    return front_door(CONFIG.callers, around, Reach({}, tls_context, clock), _no_aws, _no_aws)


def _no_aws() -> Any:
    raise NotImplementedError


def _told(messages: list[dict[str, Any]]) -> Any:
    told = messages[0].get("problem") or messages[0].get("value")
    return (told["status"], told["type"].rpartition("/")[2]) if isinstance(told, dict) else told


class UnderAsgi:
    """A server's connection, as ASGI has it."""

    def __init__(self, config: Config = CONFIG, opening: Opening = door_of) -> None:
        self._loop = asyncio.new_event_loop()
        self.door = opening(self._loop.time)
        fetches = dict.fromkeys(config.sources, _url)
        self.app = gateway_app(Catalogue(config, self._loop.time), fetches, door=self.door)
        self._connection: dict[str, Any] = {}

    def connect(
        self, headers: Mapping[str, str] = {}, query: str = "", authorizer: Mapping[str, Any] | None = None
    ) -> Shaken:
        assert authorizer is None, "a server has none"
        self._connection = {
            "type": "websocket",
            "path": "/live",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), text.encode("latin-1")) for name, text in headers.items()],
            "extensions": {"websocket.http.response": {}},
        }
        first, *rest = self._loop.run_until_complete(self._sent())
        if first["type"] == "websocket.accept":
            chosen = first["subprotocol"]
            return Shaken(101, {"sec-websocket-protocol": chosen} if chosen else {})
        answered = {name.decode(): text.decode() for name, text in first["headers"]}
        body = b"".join(message["body"] for message in rest)
        problem = json.loads(body)["type"].rpartition("/")[2]
        return Shaken(first["status"], answered, problem, f"{answered} {body!r}")

    def ask(self, endpoint: str, **params: str) -> Any:
        """Ask over a connection like the one before."""
        sent = self._loop.run_until_complete(self._sent(endpoint, params))
        return _told([json.loads(message["text"]) for message in sent if "text" in message])

    async def _sent(self, endpoint: str = "", params: Mapping[str, str] = {}) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        over = asyncio.Event()
        subscribe = {"action": "subscribe", "id": "a", "endpoint": endpoint, "params": params}
        incoming = [{"type": "websocket.connect"}]
        incoming += [{"type": "websocket.receive", "text": json.dumps(subscribe)}] if endpoint else []

        async def receive() -> Any:
            if incoming:
                return incoming.pop(0)
            if endpoint:
                await over.wait()
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            sent.append(message)
            if "text" in message and json.loads(message["text"])["type"] in {"complete", "problem"}:
                over.set()

        await self.app(dict(self._connection), receive, send)
        return sent

    def close(self) -> None:
        self._loop.close()


class _Post:
    def __init__(self, heard: list[dict[str, Any]]) -> None:
        self._heard = heard

    async def send(self, _: str, text: str) -> None:
        self._heard.append(json.loads(text))

    async def close(self, connection: str) -> None:
        raise NotImplementedError


class BehindApiGateway:
    """A connection that API Gateway holds, and the function; table and clients are in memory."""

    def __init__(self, now: Any = time.time, config: Config = CONFIG, opening: Opening = door_of) -> None:
        self._loop = asyncio.new_event_loop()
        self.door = opening(self._loop.time)
        self.table, self.heard = Table(), list[dict[str, Any]]()
        catalogue, fetches = Catalogue(config, self._loop.time), dict.fromkeys(config.sources, _url)
        self.connections = Connections(self.table, now)
        post = _Post(self.heard)
        service = Service(Subjects(catalogue, fetches, door=self.door), self.connections, post, self.table)
        greet = greeting(catalogue, self.door)
        self.handler = live_handler(service, Observability(), greet=greet, loop=self._loop, clock=self._loop.time)

    def connect(
        self, headers: Mapping[str, str] = {}, query: str = "", authorizer: Mapping[str, Any] | None = None
    ) -> Shaken:
        told = {} if authorizer is None else {"authorizer": authorizer}
        given = parse_qs(query, keep_blank_values=True)
        event = {
            "headers": dict(headers),
            "multiValueHeaders": {name: [text] for name, text in headers.items()},
            "queryStringParameters": {name: texts[-1] for name, texts in given.items()} or None,
            "multiValueQueryStringParameters": given or None,
            "requestContext": {
                "eventType": "CONNECT",
                "connectionId": "c",
                **told,
            },
        }
        answer = self.handler(event, Context())
        answered = {name.lower(): text for name, text in answer.get("headers", {}).items()}
        if answer["statusCode"] == 200:
            return Shaken(101, answered)
        problem = json.loads(answer["body"])["type"].rpartition("/")[2]
        return Shaken(answer["statusCode"], answered, problem, str(answer))

    def ask(self, endpoint: str, **params: str) -> Any:
        self.heard.clear()
        message = {"action": "subscribe", "id": "a", "endpoint": endpoint, "params": params}
        context = {"eventType": "MESSAGE", "connectionId": "c", "identity": {"sourceIp": "192.0.2.1"}}
        self.handler({"requestContext": context, "body": json.dumps(message)}, Context())
        return _told(self.heard)

    def close(self) -> None:
        self._loop.close()
        asyncio.set_event_loop(None)
