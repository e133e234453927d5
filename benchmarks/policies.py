"""Measure the CPU that policies add to a call where nothing fails: `python -m benchmarks.policies [--quick]`.

The fetch answers at once, after giving way to the event loop like one that waits for the network. Every case runs in
every round, so that what drifts on a machine hits all alike. What a case adds is the difference to the bare pipeline in
the same round, and of the least that each took: what other processes take from the caches is not the policies'.
"""

import asyncio
import itertools
import sys
import time
from typing import Any, Final

from benchmarks import command
from benchmarks.interleaving import sampled
from benchmarks.statistics import Spread
from benchmarks.tables import Table, number, spread
from fanin.config import parse
from fanin.engine.call import Call, Request, Response, Runtime
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import is_missing
from fanin.policies.cache.policy import Caching
from fanin.policies.order import pipeline_of
from fanin.policies.steps import Shared

LIMIT_US: Final = 60.0
"""What all policies together may add to a call, in microseconds."""
_POLICIES: Final = {
    "fallback": "fallback = { value = {} }",
    "timeout of its own": 'timeout = "2s"',
    "circuit_breaker": "circuit_breaker = {}",
    "retry": "retry = { attempts = 3 }",
    "hedge": 'hedge = { after = "1s" }',
    "rate_limit": 'rate_limit = { calls = 1000, per = "1ms" }',
    "attempt_timeout": 'attempt_timeout = "1500ms"',
    "cache, a miss": 'cache = { fresh = "1h" }',
}
_BARE, _ALL, _FRESH = "none", "all of these", "all, fresh in the cache"
_CASES: Final = {
    _BARE: "",
    **_POLICIES,
    "all but the cache": "\n".join(line for line in _POLICIES.values() if not line.startswith("cache")),
    _ALL: "\n".join(_POLICIES.values()),
    _FRESH: "\n".join(_POLICIES.values()),
}
_ANSWER: Final = Response(200, {}, b'{"temperature_2m": 17.4, "wind_speed_10m": 11.2, "weather_code": 3}')


async def _fetch(_: Call) -> Outcome[Any]:
    """Answer as soon as others have had their turn."""
    await asyncio.sleep(0)
    return Outcome(_ANSWER)


def measured(calls: int, rounds: int) -> dict[str, list[float]]:
    """Run every case in every round; give the microseconds of CPU that a call took in each, by the case's name."""
    runtime, new = Runtime(), itertools.count(1)
    cases = {}
    for name, lines in _CASES.items():
        toml = f'fanin = 1\n[sources.a]\nurl = "https://a.example/{{id}}"\n{lines}\n[endpoints]\n'
        source = parse(toml, {}).sources["a"]
        cases[name] = source, pipeline_of(source, _fetch, Shared(runtime, Caching(runtime, is_missing)))

    async def measure(name: str) -> float:
        source, pipeline = cases[name]
        numbers = [0 if name == _FRESH else next(new) for _ in range(calls)]
        requests = [Request("GET", f"https://a.example/{number}") for number in numbers]
        deadline, before = time.monotonic() + 3600, time.process_time()
        outcomes = [await pipeline(Call(source, request, deadline, Span(0.0))) for request in requests]
        took = time.process_time() - before
        assert all(outcome.complete for outcome in outcomes), "something failed"
        return took / calls * 1e6

    with asyncio.Runner() as runner:
        return sampled("policies", list(cases), rounds, lambda name: runner.run(measure(name)), leaving_out=1)


def main() -> int:
    """Print the table; 1 where all policies together add more than they may."""
    quick = command.options(__doc__, quick=False).quick
    found = measured(calls=500 if quick else 2000, rounds=7 if quick else 31)
    least = {name: min(samples) - min(found[_BARE]) for name, samples in found.items()}
    more = {
        name: [mine - bare for mine, bare in zip(samples, found[_BARE], strict=True)] for name, samples in found.items()
    }
    rows = [
        [name, *(spread(Spread.of(of, 1), 1) for of in (samples, more[name])), number(least[name], 1)]
        for name, samples in found.items()
    ]
    head = ["policies", "CPU µs a call (quartiles)", "added (quartiles)", "added, of the least"]
    command.show(Table("policies", "", head, rows))
    print(f"\nAll together add {least[_ALL]:.1f} µs where the machine is left to them; they may add {LIMIT_US:.0f}.")
    return 0 if least[_ALL] <= LIMIT_US else 1


if __name__ == "__main__":
    sys.exit(main())
