"""Measure the CPU that policies add to a call where nothing fails: each alone, and all together.

The fetch answers at once, after giving way to the event loop like one that waits for the network. Every case runs in
every round, so that what drifts on a machine hits all alike; what a case adds is the difference to the bare pipeline
in the same round, and of the least that each took: what other processes take from the caches is not the policies'.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fanin.config import Source, parse
from fanin.engine.call import Call, Fetch, Request, Response, Surroundings
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import is_missing
from fanin.policies.cache.policy import Caching
from fanin.policies.order import Shared, pipeline_of
from measure.interleaving import interleaved
from measure.machine import description
from measure.statistics import Spread

LIMIT_US = 60.0
"""What all policies together may add to a call, in microseconds."""

BARE = "none"
ALL = "all of these"
CACHE = "cache, a miss"
POLICIES: Mapping[str, str] = {
    "fallback": "fallback = { value = {} }",
    "timeout of its own": 'timeout = "2s"',
    "circuit_breaker": "circuit_breaker = {}",
    "retry": "retry = { attempts = 3 }",
    "hedge": 'hedge = { after = "1s" }',
    "rate_limit": 'rate_limit = { calls = 1000, per = "1ms" }',
    "attempt_timeout": 'attempt_timeout = "1500ms"',
    CACHE: 'cache = { fresh = "1h" }',
}
ANSWER = Response(200, {}, b'{"temperature_2m": 17.4, "wind_speed_10m": 11.2, "weather_code": 3}')


@dataclass(frozen=True)
class Case:
    """A pipeline, and the requests that it is given.

    Args:
        name: what the table calls it.
        source: whose policies it has.
        pipeline: the policies around the fetch.
        same: whether all requests are for the same, so that a cache has it.
    """

    name: str
    source: Source
    pipeline: Fetch
    same: bool = False

    async def run(self, calls: int, began: int) -> float:
        """Make calls, one after another; give the microseconds of CPU that each took."""
        requests = [
            Request("GET", f"https://a.example/{0 if self.same else began + number}") for number in range(calls)
        ]
        deadline = time.monotonic() + 3600
        before = time.process_time()
        for request in requests:
            outcome = await self.pipeline(Call(self.source, request, deadline, Span(0.0)))
        took = time.process_time() - before
        assert outcome.complete, "something failed"
        return took / calls * 1e6


async def fetch(_: Call) -> Outcome[Any]:
    """Answer as soon as others have had their turn."""
    await asyncio.sleep(0)
    return Outcome(ANSWER)


def case(name: str, *lines: str, same: bool = False) -> Case:
    """Make the pipeline of a source with these lines."""
    text = 'fanin = 1\n[sources.a]\nurl = "https://a.example/{id}"\n{lines}\n[endpoints]\n'
    source = parse(text.replace("{lines}", "\n".join(lines)), {}).sources["a"]
    given = Surroundings()
    return Case(name, source, pipeline_of(source, fetch, Shared(given, Caching(given, is_missing))), same)


def cases() -> Iterator[Case]:
    """Make every case."""
    yield case(BARE)
    for name, line in POLICIES.items():
        yield case(name, line)
    yield case("all but the cache", *[line for name, line in POLICIES.items() if name != CACHE])
    yield case(ALL, *POLICIES.values())
    yield case("all, fresh in the cache", *POLICIES.values(), same=True)


async def measured(calls: int, rounds: int) -> dict[str, list[float]]:
    """Run every case in every round; give the microseconds of a call, by the case's name."""
    all_cases = list(cases())
    found: dict[str, list[float]] = {each.name: [] for each in all_cases}
    for turn, each in interleaved(all_cases, rounds, leaving_out=1):
        took = await each.run(calls, (turn + 1) * calls)
        if turn >= 0:
            found[each.name].append(took)
    return found


def main() -> int:
    """Print the table; 1 where all policies together add more than they may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds")
    quick = parser.parse_args().quick
    found = asyncio.run(measured(calls=500 if quick else 2000, rounds=7 if quick else 31))
    print(", ".join(f"{name} {value}" for name, value in description().items()))
    print("\n| policies | CPU µs a call (quartiles) | added (quartiles) | added, of the least |\n|---|---|---|---|")
    least = {name: min(samples) - min(found[BARE]) for name, samples in found.items()}
    for name, samples in found.items():
        whole = Spread.of(samples, digits=1)
        more = Spread.of([mine - bare for mine, bare in zip(samples, found[BARE], strict=True)], digits=1)
        told = ("", "") if name == BARE else (_written(more), f"{least[name]:.1f}")
        print(f"| {name} | {_written(whole)} | {' | '.join(told)} |")
    print(f"\nAll together add {least[ALL]:.1f} µs where the machine is left to them; they may add {LIMIT_US:.0f}.")
    return 0 if least[ALL] <= LIMIT_US else 1


def _written(spread: Spread) -> str:
    return f"{spread.median} ({spread.low} to {spread.high})"


if __name__ == "__main__":
    sys.exit(main())
