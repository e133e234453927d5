"""Requests against scripted sources: real configuration, plan, policies and execution, on a fake clock."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fanin.config import Config, Source, parse
from fanin.config.template import Scalar
from fanin.config.values import Json
from fanin.engine.call import Call, Fetch, Request, pipeline
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome, Span
from fanin.engine.result import Result
from fanin.errors import SourceError, SourceUnavailable
from fanin.policies.observe import attempt, observe
from fanin.policies.timeout import timeout
from fanin.testing import fake_clock

type Script = Callable[[Call], Awaitable[Outcome[Any]]]


def config_of(text: str) -> Config:
    """Read the text of a fanin.toml, without its first line."""
    return parse(f"fanin = 1\n{text}", {})


def call_of(source: Source, deadline: float = 10.0) -> Call:
    """Make a call of a source, for what does not look at its request."""
    return Call(source, Request("GET", "http://a.example/"), deadline, Span(ready=0.0))


def gives(value: Json, after: float = 0.1) -> Script:
    """Answer with a value after some seconds."""

    async def fetch(_: Call) -> Outcome[Any]:
        await asyncio.sleep(after)
        return Outcome(value)

    return fetch


def fails(kind: type[SourceError] = SourceUnavailable, after: float = 0.1) -> Script:
    """Fail with an error of a kind after some seconds."""

    async def fetch(call: Call) -> Outcome[Any]:
        await asyncio.sleep(after)
        raise kind(call.source.name, "as the script says")

    return fetch


def hangs() -> Script:
    """Never answer."""
    return gives(None, after=1e6)


@dataclass
class Scenario:
    """A configuration whose sources do what their scripts say.

    Args:
        config: what is served.
        scripts: what each source does.
        started: when each source's fetch began, by the fake clock.
        requests: what each source was asked.
        ended: the sources whose fetch has ended, cancelled ones included.
    """

    config: Config
    scripts: Mapping[str, Script]
    started: dict[str, float] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    @property
    def pipelines(self) -> dict[str, Fetch]:
        """Each source's script inside the policies `observe`, `timeout` and `attempt`."""
        policies = [observe(fake_clock.now), timeout(fake_clock.now), attempt(fake_clock.now)]
        return {name: pipeline(self._fetch, policies) for name in self.config.sources}

    async def request(self, endpoint: str = "e", deadline: float = 10.0, **parameters: Scalar) -> Result:
        """Ask for an endpoint, on the loop that is running."""
        request, invocation = ClientRequest(parameters, checked=True), Invocation("scenario", deadline)
        begun = Catalogue(self.config, fake_clock.now).begin(endpoint, request, None, invocation, timeout=deadline)
        return await concurrent.run(begun, self.pipelines)

    def run(self, endpoint: str = "e", deadline: float = 10.0, **parameters: Scalar) -> Result:
        """Ask for an endpoint on a loop with a fake clock that starts at 0."""
        return fake_clock.run(self.request(endpoint, deadline, **parameters))

    async def _fetch(self, call: Call) -> Outcome[Any]:
        name = call.source.name
        self.started[name] = fake_clock.now()
        self.requests[name] = call.request
        try:
            return await self.scripts[name](call)
        finally:
            self.ended.append(name)


def scenario(text: str, **scripts: Script) -> Scenario:
    """Make a scenario of the text of a fanin.toml and of what each source does."""
    return Scenario(config_of(text), scripts)
