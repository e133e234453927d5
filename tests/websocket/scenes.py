"""Connections over scripted sources, on a fake clock: what a client sends when, and what it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.websocket.rounds import Gone
from fanin.entrypoints.websocket.session import Session
from fanin.entrypoints.websocket.subject import FindJob, Subjects
from fanin.testing import fake_clock
from tests.unit.scenario import Scenario, Script, fails, gives, scenario

TRIP = """
[sources.geo]
url = "https://geo.example/{city}"
[sources.weather]
url = "https://weather.example/{geo.lat}"
[sources.rates]
url = "https://rates.example/{geo.cc}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["geo", "weather", "rates"]
required = ["geo"]
[endpoints.trip.parameters.days]
type = "integer"
default = 3
maximum = 16
[endpoints.hidden]
path = "/hidden/{city}"
sources = ["weather"]
[endpoints.picked]
path = "/picked/{city}"
pick = "{lat: geo.lat, euro: rates.EUR, text: rates.text}"
[endpoints.order]
method = "POST"
path = "/order/{city}"
status = 201
sources = ["geo"]
input = { type = "object", required = ["item"] }
"""

SUBSCRIBE: Mapping[str, Any] = {"action": "subscribe", "id": "a", "endpoint": "trip", "params": {"city": "Lisbon"}}


def trip(**scripts: Script) -> Scenario:
    """Make the scenario of a trip: rates answer first, then the weather."""
    usual = {
        "geo": gives({"lat": 1, "cc": "PT"}, 0.1),
        "weather": gives({"t": 20}, 0.4),
        "rates": gives({"EUR": 1}, 0.2),
    }
    return scenario(TRIP, **(usual | scripts))


@dataclass
class Client:
    """A client of a session.

    Args:
        scene: what it connects to.
        gone_after: how many messages can be sent to it; the next finds it gone.
        find_job: gives a job.
        heard: what it was sent, and when.
    """

    scene: Scenario
    gone_after: int | None = None
    find_job: FindJob | None = None
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def run(self, *sent: tuple[float, Any], until: float = 10.0) -> list[dict[str, Any]]:
        """Send messages at their seconds, and disconnect at another; give what was sent to it."""
        self.leftovers = fake_clock.run(self._run(sent, until))
        return self.messages

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it was sent."""
        return [message for _, message in self.heard]

    @property
    def times(self) -> list[float]:
        """When it was."""
        return [at for at, _ in self.heard]

    async def _run(self, sent: tuple[tuple[float, Any], ...], until: float) -> int:
        url = "https://api.example"
        subjects = Subjects(Catalogue(self.scene.config, fake_clock.now), self.scene.pipelines, url, self.find_job)
        await Session(subjects, self._hear, fake_clock.now).serve(self._say(sent, until))
        return len(asyncio.all_tasks()) - 1

    async def _say(self, sent: tuple[tuple[float, Any], ...], until: float) -> AsyncIterator[str]:
        for at, message in sent:
            await asyncio.sleep(at - fake_clock.now())
            yield message if isinstance(message, str) else json.dumps(message)
        await asyncio.sleep(until - fake_clock.now())

    async def _hear(self, text: str) -> None:
        if self.gone_after is not None and len(self.heard) >= self.gone_after:
            raise Gone
        self.heard.append((round(fake_clock.now(), 6), json.loads(text)))


__all__ = ["SUBSCRIBE", "Client", "fails", "gives", "trip"]
