"""Measure many invocations at once: `python -m benchmarks.slots [--rounds N] [--slots N]`.

The gateway function with as many slots as Lambda Managed Instances would hand over events at once: by fanin's runtime,
with one process and with two, and by AWS's own, which has a process for each slot. Each call waits for one source. The
runtimes are on one core, and what asks and answers them on the others. They are asked in turn, as often each.

What a core answers in a second is compared by the processor time of a call: the calls of a second by the clock say the
same on a machine that does nothing else, and little on another, where the system shares itself out among processes.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Mapping
from typing import Final, NamedTuple

from benchmarks import command, configuration, cores
from benchmarks.interleaving import turns
from benchmarks.runtimes import Server
from benchmarks.spent import children, cpu_seconds, shared_mb
from benchmarks.statistics import Spread, ratio
from benchmarks.tables import Table, factor, number, spread
from fanin.local.layout import ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.runtime.function_url import event_of
from fanin.local.runtime.runtime_api import LambdaService
from fanin.local.upstream.process import Upstream

DELAY_MS: Final = 50
MEMORY_SHARE: Final = 0.05
"""How much of the memory of AWS's runtime fanin's may take."""
CALLS_TIMES: Final = 2.0
"""How many times as many calls it is to answer in a second of a core."""
AWSS: Final = "AWS's runtime, a process for each slot"
ONE: Final = "fanin's, one process"
TWO: Final = "fanin's, two processes"
_CALLS: Final = 1_000
"""In a round of one runtime."""
_INTERPRETER: Final = ROOT / ".tools/lambda/bin/python"
_GATEWAY: Final = ROOT / "functions/gateway"
_WITHIN: Final = 300.0
"""Seconds within which all processes of a runtime have to ask for their first event."""


class Runtime(NamedTuple):
    """A runtime that is up."""

    service: LambdaService
    process: int

    @property
    def processes(self) -> list[int]:
        """Its processes."""
        return [self.process, *children(self.process)]


@contextlib.asynccontextmanager
async def running(name: str, slots: int, variables: Mapping[str, str]) -> AsyncIterator[Runtime]:
    """Start a runtime, and wait until every slot has asked for an event."""
    given = {"LAMBDA_TASK_ROOT": str(_GATEWAY), "_HANDLER": "app.handler", "AWS_LAMBDA_MAX_CONCURRENCY": f"{slots}"}
    given |= {**variables, "FANIN_PROCESSES": "2" if name == TWO else "1"}
    server = Server(given)
    if name == AWSS:
        given["PYTHONPATH"] = os.pathsep.join([str(_GATEWAY), str(ROOT / "src"), *sys.path[1:]])
        server = Server(given, (str(_INTERPRETER), "-m", "awslambdaric", "app.handler"))
    async with LambdaService().serving() as service:
        await asyncio.to_thread(server.begin, service.address)
        assert server.process
        process = server.process
        cores.pin(cores.MEASURED, process.pid)
        try:
            async with asyncio.timeout(_WITHIN):
                while service.idle < slots:
                    assert process.poll() is None, name
                    await asyncio.sleep(0.05)
            yield Runtime(service, process.pid)
        finally:
            left = children(process.pid)
            await asyncio.to_thread(server.end)
            for each in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


async def measured(runtime: Runtime, slots: int) -> tuple[float, float]:
    """Ask a runtime with every slot at work; give the calls a second, and the ms of processor time of a call."""
    left = _CALLS

    async def ask() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            answered = await runtime.service.invoke(event_of("GET", "/e", {}))
            assert json.loads(await answered.whole())["statusCode"] == 200

    began, spent = time.perf_counter(), sum(map(cpu_seconds, runtime.processes))
    await asyncio.gather(*(ask() for _ in range(slots)))
    seconds = time.perf_counter() - began
    return _CALLS / seconds, (sum(map(cpu_seconds, runtime.processes)) - spent) / _CALLS * 1000


async def compare(slots: int, rounds: int, variables: Mapping[str, str]) -> int:
    """Measure and show; 1 if a goal is missed."""
    took: dict[str, list[tuple[float, float]]] = {AWSS: [], ONE: [], TWO: []}
    async with contextlib.AsyncExitStack() as ends:
        up = {name: await ends.enter_async_context(running(name, slots, variables)) for name in took}
        for turn, name in turns(dict.fromkeys(took, rounds), leaving_out=1):
            value = await measured(up[name], slots)
            if turn >= 0:
                took[name].append(value)
        memory = {name: sum(map(shared_mb, runtime.processes)) for name, runtime in up.items()}
        counts = {name: len(runtime.processes) for name, runtime in up.items()}
    cpu = {name: [ms for _, ms in samples] for name, samples in took.items()}
    times = {name: ratio(cpu[AWSS], cpu[name]) for name in took}
    shares = {name: memory[name] / memory[AWSS] for name in took}
    rows = []
    for name, samples in took.items():
        cells = [str(counts[name]), number(memory[name]), number(shares[name], 3)]
        cells += [spread(Spread.of([calls for calls, _ in samples], 0)), spread(Spread.of(cpu[name]), 2)]
        rows.append([name, *cells, factor(times[name])])
    head = [f"{slots} slots, a source of {DELAY_MS} ms, {rounds} rounds", "processes", "MB"]
    head += [
        f"share (≤ {MEMORY_SHARE})",
        "calls/s",
        "ms of processor a call",
        f"times the calls of a core (≥ {CALLS_TIMES:.0f})",
    ]
    command.show(Table("slots", "", head, rows))
    held = [shares[name] <= MEMORY_SHARE and times[name].times >= CALLS_TIMES for name in (ONE, TWO)]
    return 0 if all(held) else 1


def main(given: Namespace, _: Console, processes: Processes) -> int:
    """Measure."""
    cores.pin(cores.MEASURING)
    with Upstream() as apis:
        apis.rules({"countries-dev": {"delay": DELAY_MS}})
        source = {"s": f'url = "{apis.base_url}/countries-dev/alpha/PT"'}
        file = configuration.written(processes.folder, "slots", source, {"/e": ["s"]})
        variables = {"FANIN_CONFIG": str(file), "FANIN_ALLOW": configuration.LOOPBACK}
        return asyncio.run(compare(given.slots, given.rounds, variables))


if __name__ == "__main__":
    command.run(main, __doc__, rounds=7, slots=50)
