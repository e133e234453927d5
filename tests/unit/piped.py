"""Sources in their whole pipelines, on a fake clock: what the tests of single policies ask."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from fanin.config import Source
from fanin.engine.call import Call, Fetch, Response, Runtime
from fanin.engine.outcome import Attempt, Outcome
from fanin.policies.order import pipeline_of
from fanin.policies.steps import Shared
from fanin.stores.limit import SharedLimit
from fanin.testing import Script, fake_clock, gives
from tests.unit.scenario import call_of, config_of


class Longest(Random):
    """Chance that draws the longest wait."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


class Api:
    """What the calls of a source reach: each call is answered by the next script, and the last answers all others.

    Args:
        scripts: what it does.
    """

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.calls: list[Call] = []
        self.open = 0
        """Calls under way."""
        self.most = 0
        """The most calls that were under way at once."""

    async def fetch(self, call: Call) -> Outcome[Response]:
        self.calls.append(call)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            return await self._scripts[min(len(self.calls), len(self._scripts)) - 1](call)
        finally:
            self.open -= 1


def source_of(lines: str) -> Source:
    """Make a source with these lines in its table."""
    return config_of(f'[sources.a]\nurl = "https://a.example"\n{lines}\n[endpoints]\n').sources["a"]


def piped(source: Source, api: Api, randomness: Random | None = None, limits: SharedLimit | None = None) -> Fetch:
    """Put a source's policies around an API."""
    runtime = Runtime(clock=fake_clock.now, now=fake_clock.now, randomness=randomness or Longest())
    return pipeline_of(source, api.fetch, Shared(runtime, limits=limits))


def asked(
    lines: str, api: Api, *, deadline: float = 10.0, randomness: Random | None = None
) -> tuple[Outcome[Any], Call]:
    """Call a source once; give what it came to, and the call with its span."""
    source = source_of(lines)
    call = call_of(source, deadline)

    async def body() -> Outcome[Any]:
        return await piped(source, api, randomness)(call)

    return fake_clock.run(body()), call


def one_after_another(lines: str, api: Api, times: int, after: Callable[[int], float] = lambda _: 0.0) -> list[Call]:
    """Call a source again and again, in one pipeline, each call with 10 s.

    Args:
        lines: of the source's table.
        api: what it reaches.
        times: how many calls.
        after: seconds to let pass before each call, by its number.
    """
    source = source_of(lines)
    calls: list[Call] = []

    async def body() -> None:
        pipeline = piped(source, api)
        for number in range(times):
            await asyncio.sleep(after(number))
            calls.append(call := call_of(source, fake_clock.now() + 10.0))
            await pipeline(call)

    fake_clock.run(body())
    return calls


def starts(attempts: Sequence[Attempt]) -> list[float]:
    """Give when each attempt started, in milliseconds."""
    return [round(attempt.started * 1000, 3) for attempt in attempts]


def answers(status: int, headers: Mapping[str, str], after: float = 0.0) -> Script:
    """Answer with a status and headers."""

    async def script(call: Call) -> Outcome[Response]:
        outcome = await gives({}, status=status, after=after)(call)
        assert outcome.value
        return Outcome(Response(status, headers, outcome.value.body))

    return script
