"""Whether what measures is fast enough for what it measures."""

from typing import Any

from benchmarks import cores
from benchmarks.load.generator import Generator
from benchmarks.load.loops import Closed, Target
from benchmarks.upstream import Upstream, upstream


def measure(generator: Generator, reading: Upstream, delay_ms: int, seconds: float) -> dict[str, Any]:
    """Put the largest load on a server that does next to nothing, and on the upstream without a server between.

    Returns:
        answers a second of an upstream without delay, on the measured core, to 200 clients: the generator's ceiling;
        answers a second of the upstream to 1,000 clients, which no server in front of it can exceed, and the median
        that it took.
    """
    with upstream(cores.MEASURED) as trivial:
        ceiling = generator.run(Closed(Target(trivial.ports[0], "/delay/0"), 200, seconds / 4, seconds))
    target = Target(reading.ports[0], f"/delay/{delay_ms}")
    direct = generator.run(Closed(target, 1000, 2 * delay_ms / 1000, seconds))
    alone = generator.run(Closed(target, 1, delay_ms / 1000, max(seconds, 3 * delay_ms / 1000)))
    return {
        "generator_rps": round(len(ceiling.latencies_ms) / ceiling.seconds),
        "upstream_rps": round(len(direct.latencies_ms) / direct.seconds),
        "upstream_ideal_rps": round(1000 / (delay_ms / 1000)),
        "upstream_ms": sorted(alone.latencies_ms)[len(alone.latencies_ms) // 2],
    }
