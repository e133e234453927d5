"""A source behind its cache, on a fake clock: what it answers, and how often it was asked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import orjson

from fanin.engine.call import Call, Fetch, Request, Response, Runtime, pipeline
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import is_missing
from fanin.errors import SourceError
from fanin.policies.cache.policy import Caching, HandOver, cache
from fanin.policies.observe import observe
from fanin.policies.timeout import timeout
from fanin.sources.meaning import decode
from fanin.stores.store import SharedStore
from fanin.testing import fake_clock
from tests.unit.scenario import config_of

EPOCH = 1_800_000_000.0


class Last(Random):
    """No chance: nothing is shortened."""

    def random(self) -> float:
        """Give the least."""
        return 0.0


def now() -> float:
    """Give the time of day, by the running loop."""
    return EPOCH + fake_clock.now()


def runtime(randomness: Random | None = None) -> Runtime:
    """Give the fake clock's time, and no chance."""
    return Runtime(fake_clock.now, now, asyncio.sleep, randomness or Last())


type Reply = Response | SourceError | Callable[[Call], Awaitable[Response]]


def says(value: Any, status: int = 200, **headers: str) -> Response:
    """Make a response; names of headers with _ for -."""
    return Response(status, {name.replace("_", "-"): text for name, text in headers.items()}, orjson.dumps(value))


@dataclass
class Upstream:
    """What a source does, in turn; the last for all that follows. Each answer takes 0.1 s."""

    replies: Sequence[Reply]
    calls: list[Call] = field(default_factory=list)
    after: float = 0.1

    async def fetch(self, call: Call) -> Outcome[Response]:
        """Answer a call."""
        self.calls.append(call)
        reply = self.replies[min(len(self.calls), len(self.replies)) - 1]
        await asyncio.sleep(self.after)
        if isinstance(reply, Response):
            return Outcome(reply)
        if isinstance(reply, SourceError):
            raise reply.again()
        return Outcome(await reply(call))


class Cached:
    """A source behind observe, cache, timeout and decode, as `policies/order.py` has them.

    Args:
        settings: what the source's `cache` says, as fanin.toml has it.
        replies: what it answers, in turn.
        more: more keys of the source.
        shared: the store of all environments.
        hand_over: who refreshes elsewhere.
    """

    def __init__(
        self,
        settings: str,
        *replies: Reply,
        more: str = "",
        shared: SharedStore | None = None,
        hand_over: HandOver | None = None,
        randomness: Random | None = None,
    ) -> None:
        text = f'[sources.a]\nurl = "https://a.example/{{x}}"\ncache = {{ {settings} }}\n{more}\n[endpoints]\n'
        self.source = config_of(text).sources["a"]
        self.method = "POST" if "POST" in more else "GET"
        self.upstream = Upstream(replies)
        self.caching = Caching(runtime(randomness), is_missing, shared=shared, hand_over=hand_over)
        self.pipe: Fetch = pipeline(
            self.upstream.fetch, [observe(fake_clock.now), cache(self.caching), timeout(fake_clock.now), decode]
        )

    @property
    def asked(self) -> int:
        """How often the source was asked."""
        return len(self.upstream.calls)

    def call(self, x: str = "1", deadline: float = 10.0, headers: Mapping[str, str] | None = None) -> Call:
        """Make a call that has `deadline` seconds from now; `headers` are forwarded."""
        now, forwarded = fake_clock.now(), tuple((headers or {}).items())
        request = Request(self.method, f"https://a.example/{x}", forwarded)
        return Call(self.source, request, now + deadline, Span(ready=now), forwarded)

    async def get(self, x: str = "1", deadline: float = 10.0, headers: Mapping[str, str] | None = None) -> Outcome[Any]:
        """Read the source."""
        return await self.pipe(self.call(x, deadline, headers))

    def again(self) -> "Cached":
        """Give another environment of the same function: the same source and store, a memory of its own."""
        other = object.__new__(Cached)
        other.__dict__.update(self.__dict__)
        other.caching = replace(self.caching, memory=type(self.caching.memory)(), runtime=self.caching.runtime)
        other.pipe = pipeline(
            self.upstream.fetch, [observe(fake_clock.now), cache(other.caching), timeout(fake_clock.now), decode]
        )
        return other
