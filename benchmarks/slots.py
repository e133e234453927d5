"""Measure many invocations at once: `python -m benchmarks.slots [--rounds N] [--slots N]`.

The gateway function with as many slots as Lambda Managed Instances would hand over events at once: by fanin's runtime,
with one process and with two, and by AWS's own, which has a process for each slot. Each call waits for one source. The
runtimes are on one core, and what asks and answers them on the others.

Calls are compared by the processor time of each: the calls of a second by the clock say the same on a machine that does
nothing else, and little on another, where the system shares itself out among processes.
"""

import asyncio
import contextlib
import json
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from typing import Final, NamedTuple

from benchmarks import command, configuration, contestants, emulator, linux
from benchmarks.configuration import path_of
from benchmarks.interleaving import turns
from benchmarks.place import prepared
from benchmarks.statistics import ratio
from benchmarks.tables import factor, number, spread, table
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.runtime.function_url import event_of
from fanin.local.runtime.runtime_api import LambdaService

DELAY_MS: Final = 50
MEMORY_SHARE, CALLS_TIMES = 0.05, 2
"""How much of the memory of AWS's runtime fanin's may take, and how many times its calls a core is to answer."""
AWSS: Final = "AWS's runtime, a process for each slot"
OWN: Final = {"fanin's, one process": 1, "fanin's, two processes": 2}
_CALLS: Final = 1_000
"""In a round of one runtime."""
_WITHIN: Final = 300.0
"""Seconds within which all processes of a runtime have to ask for their first event."""


class Runtime(NamedTuple):
    """A runtime that is up."""

    service: LambdaService
    process: int

    @property
    def processes(self) -> list[int]:
        """Its processes."""
        return [self.process, *linux.children(self.process)]


@contextlib.asynccontextmanager
async def running(name: str, slots: int, variables: Mapping[str, str], processes: Processes) -> AsyncIterator[Runtime]:
    """Start a runtime, and wait until every slot has asked for an event."""
    given = {**variables, "_HANDLER": "app.handler", "AWS_LAMBDA_MAX_CONCURRENCY": f"{slots}"}
    program = emulator.OWN_RUNTIME if name in OWN else (*emulator.AWSS_RUNTIME, "app.handler")
    async with LambdaService().serving() as service:
        given |= {"FANIN_PROCESSES": f"{OWN.get(name, 1)}", "AWS_LAMBDA_RUNTIME_API": service.address}
        process = processes.start(f"slots-{len(program)}-{given['FANIN_PROCESSES']}", program, given)
        linux.pin(linux.MEASURED, process.pid)
        try:
            async with asyncio.timeout(_WITHIN):
                while service.idle < slots:
                    assert process.poll() is None, name
                    await asyncio.sleep(0.05)
            yield Runtime(service, process.pid)
        finally:
            processes.stop(process)


async def measured(runtime: Runtime, slots: int) -> tuple[float, float]:
    """Ask a runtime with every slot at work; give the calls a second, and the ms of processor time of a call."""
    left = _CALLS

    async def ask() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            answered = await runtime.service.invoke(event_of("GET", path_of(1), {}))
            assert json.loads(await answered.whole())["statusCode"] == 200

    began, spent = time.perf_counter(), sum(map(linux.cpu_seconds, runtime.processes))
    await asyncio.gather(*(ask() for _ in range(slots)))
    seconds = time.perf_counter() - began
    return _CALLS / seconds, (sum(map(linux.cpu_seconds, runtime.processes)) - spent) / _CALLS * 1000


async def compare(slots: int, rounds: int, variables: Mapping[str, str], processes: Processes) -> int:
    """Measure and show; 1 if a goal is missed."""
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in (AWSS, *OWN)}
    async with contextlib.AsyncExitStack() as ends:
        up = {name: await ends.enter_async_context(running(name, slots, variables, processes)) for name in took}
        for turn, name in turns(dict.fromkeys(took, rounds), leaving_out=1):
            value = await measured(up[name], slots)
            if turn >= 0:
                took[name].append(value)
        memory = {name: sum(map(linux.shared_mb, runtime.processes)) for name, runtime in up.items()}
        counts = {name: len(runtime.processes) for name, runtime in up.items()}
    cpu = {name: [ms for _, ms in samples] for name, samples in took.items()}
    times = {name: ratio(cpu[AWSS], cpu[name]) for name in took}
    shares = {name: memory[name] / memory[AWSS] for name in took}
    rows = []
    for name, samples in took.items():
        cells = [str(counts[name]), number(memory[name]), number(shares[name], 3)]
        cells += [spread([calls for calls, _ in samples]), spread(cpu[name], 2), factor(times[name])]
        rows.append([name, *cells])
    head = [f"{slots} slots, a source of {DELAY_MS} ms, {rounds} rounds", "processes", "MB"]
    head += [
        f"share (≤ {MEMORY_SHARE})",
        "calls/s",
        "ms of processor a call",
        f"times the calls of a core (≥ {CALLS_TIMES})",
    ]
    print(table("slots", "", head, rows)[1])
    return int(any(shares[name] > MEMORY_SHARE or times[name].times < CALLS_TIMES for name in OWN))


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Measure."""
    with prepared(console, processes) as place:
        toml = configuration.write(processes.folder, place.upstream, (1,), DELAY_MS)
        gateway = contestants.fanin(place.bundles["GatewayFunction"], toml)
        return asyncio.run(compare(given.slots, given.rounds, gateway.environment, processes))


if __name__ == "__main__":
    command.run(main, __doc__, rounds=7, slots=50)
