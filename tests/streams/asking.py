"""An application asked over ASGI on a fake clock, with the time at which each of its messages was sent."""

import asyncio
import json
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.types import ASGIApp

from fanin.engine.call import Fetch, pipeline
from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.observe import attempt, observe
from fanin.policies.timeout import timeout
from fanin.testing import fake_clock
from tests.unit.scenario import Script, config_of

LINES, EVENTS = "application/x-ndjson", "text/event-stream"


@dataclass
class Told:
    """What an application sent.

    Args:
        sent: each message, with the second at which it came.
        left_running: the tasks that were there when it had ended, besides the test's own.
    """

    sent: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    left_running: int = 0

    @property
    def head(self) -> dict[str, str]:
        """The headers, names in lower case."""
        (start,) = [message for _, message in self.sent if message["type"] == "http.response.start"]
        return {name.decode(): value.decode() for name, value in start["headers"]}

    @property
    def status(self) -> int:
        """The status."""
        (start,) = [message for _, message in self.sent if message["type"] == "http.response.start"]
        status: int = start["status"]
        return status

    @property
    def body(self) -> bytes:
        """All that came, one after the other."""
        return b"".join(message.get("body", b"") for _, message in self.sent)

    @property
    def records(self) -> list[tuple[float, dict[str, Any]]]:
        """Each record of NDJSON, with the second at which it came."""
        chunks = [(at, message["body"]) for at, message in self.sent if message.get("body")]
        return [(round(at, 3), json.loads(line)) for at, chunk in chunks for line in chunk.splitlines()]


@dataclass
class Client:
    """A client of one request.

    Args:
        path: what it asks for.
        headers: what it sends.
        method: the HTTP method.
        leaves_after: seconds after which it goes away; None if it stays.
        reads_nothing_after: how many chunks it takes before it takes no more.
    """

    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    leaves_after: float | None = None
    reads_nothing_after: int | None = None

    async def ask(self, app: ASGIApp) -> Told:
        """Ask an application."""
        clock = fake_clock.now
        told, given = Told(), False

        async def receive() -> dict[str, Any]:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await (asyncio.sleep(self.leaves_after) if self.leaves_after is not None else asyncio.Event().wait())
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            bodies = sum("body" in sent for _, sent in told.sent)
            if self.reads_nothing_after is not None and bodies >= self.reads_nothing_after:
                await asyncio.Event().wait()
            told.sent.append((clock(), dict(message)))

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": self.method,
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(name.encode(), value.encode()) for name, value in self.headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        try:
            await app(scope, receive, send)
        finally:
            told.left_running = len(asyncio.all_tasks()) - 1
        return told


def application(text: str, scripts: Mapping[str, Script], routers: Iterable[APIRouter] = ()) -> ASGIApp:
    """Make the application of a fanin.toml over scripted sources, on the fake clock."""
    clock = fake_clock.now
    steps = [observe(clock), timeout(clock), attempt(clock)]
    pipelines: dict[str, Fetch] = {name: pipeline(script, steps) for name, script in scripts.items()}
    return gateway_app(Catalogue(config_of(text), clock), pipelines, routers=routers)


def ask(text: str, scripts: Mapping[str, Script], accept: str = LINES, **client: Any) -> Told:
    """Ask for `/e` on a fake clock."""
    headers = {"accept": accept, **client.pop("headers", {})}
    return fake_clock.run(Client("/e", headers, **client).ask(application(text, scripts)))
