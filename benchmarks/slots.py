"""Measure many invocations at once: `python -m benchmarks.slots [--rounds N] [--slots N]`.

The gateway function with as many slots as Lambda Managed Instances would hand over events at once: by fanin's runtime,
with one process and with two, and by AWS's own, which has a process for each slot. Each call waits for one source. The
runtimes are on one core, and what asks and answers them on the others. They are asked in turn, as often each.

What a core answers in a second is compared by the processor time of a call: the calls of a second by the clock say the
same on a machine that does nothing else, and little on another, where the system shares itself out among processes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import cores
from benchmarks.interleaving import interleaved
from benchmarks.machine import description, load
from benchmarks.runtimes import OWN
from benchmarks.spent import children, cpu_seconds, shared_mb
from benchmarks.statistics import Spread, ratio
from fanin.local.layout import ROOT
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


class Round(NamedTuple):
    """What one round of a runtime came to."""

    calls_per_second: float
    cpu_ms: float  # for each call


class Runtime(NamedTuple):
    """A runtime that is up."""

    service: LambdaService
    process: subprocess.Popen[bytes]

    @property
    def processes(self) -> list[int]:
        """Its processes."""
        return [self.process.pid, *children(self.process.pid)]


@contextlib.asynccontextmanager
async def running(name: str, slots: int, variables: Mapping[str, str]) -> AsyncIterator[Runtime]:
    """Start a runtime, and wait until every slot has asked for an event."""
    async with LambdaService().serving() as service:
        given = {**os.environ, **variables, "AWS_LAMBDA_RUNTIME_API": service.address}
        given |= {
            "LAMBDA_TASK_ROOT": str(_GATEWAY),
            "_HANDLER": "app.handler",
            "AWS_LAMBDA_MAX_CONCURRENCY": f"{slots}",
        }
        if name == AWSS:
            given["PYTHONPATH"] = os.pathsep.join([str(_GATEWAY), str(ROOT / "src"), *sys.path[1:]])
            command = [str(_INTERPRETER), "-m", "awslambdaric", "app.handler"]
        else:
            given["FANIN_PROCESSES"] = "1" if name == ONE else "2"
            command = [*OWN]
        process = await asyncio.to_thread(_pinned, command, given)
        try:
            async with asyncio.timeout(_WITHIN):
                while service.idle < slots:
                    assert process.poll() is None, name
                    await asyncio.sleep(0.05)
            yield Runtime(service, process)
        finally:
            for each in children(process.pid) if name == AWSS else ():  # which nobody else ends
                os.kill(each, 9)
            process.terminate()
            await asyncio.to_thread(process.wait)


def _pinned(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, env=environment, cwd=_GATEWAY, stdout=subprocess.DEVNULL)
    cores.pin(cores.MEASURED, process.pid)
    return process


async def measured(runtime: Runtime, slots: int, calls: int) -> Round:
    """Ask a runtime so many times, with every slot at work."""
    left = calls

    async def ask() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            answered = await runtime.service.invoke(event_of("GET", "/e", {}))
            assert json.loads(await answered.whole())["statusCode"] == 200

    began, spent = time.perf_counter(), sum(map(cpu_seconds, runtime.processes))
    await asyncio.gather(*(ask() for _ in range(slots)))
    seconds = time.perf_counter() - began
    return Round(calls / seconds, (sum(map(cpu_seconds, runtime.processes)) - spent) / calls * 1000)


async def compare(slots: int, rounds: int, variables: Mapping[str, str]) -> int:
    """Measure and show; 1 if a goal is missed."""
    memory: dict[str, float] = {}
    took: dict[str, list[Round]] = {AWSS: [], ONE: [], TWO: []}
    async with contextlib.AsyncExitStack() as ends:
        up = {name: await ends.enter_async_context(running(name, slots, variables)) for name in took}
        for turn, name in interleaved(list(took), rounds, leaving_out=1):
            value = await measured(up[name], slots, _CALLS)
            if turn >= 0:
                took[name].append(value)
        for name, runtime in up.items():
            memory[name] = sum(map(shared_mb, runtime.processes))
        counts = {name: len(runtime.processes) for name, runtime in up.items()}
    sys.stdout.write(
        f"{description()}, load {load():.1f}\n\n{slots} slots, a source of {DELAY_MS} ms, {rounds} rounds\n"
    )
    for name, samples in took.items():
        calls = Spread.of([sample.calls_per_second for sample in samples], 0)
        cpu = Spread.of([sample.cpu_ms for sample in samples], 2)
        sys.stdout.write(
            f"  {memory[name]:7.0f} MB {calls.median:6.0f} calls/s ({calls.low:.0f} to {calls.high:.0f}) "
            f"{cpu.median:6.2f} ms of processor a call   {name}: {counts[name]}\n"
        )
    missed = 0
    for name in (ONE, TWO):
        share = memory[name] / memory[AWSS]
        times = ratio([each.cpu_ms for each in took[AWSS]], [each.cpu_ms for each in took[name]])
        apart = "" if times.low is None or times.high is None else f" ({times.low:.2f} to {times.high:.2f})"
        sys.stdout.write(f"  {share:.3f} of the memory, {times.times:.2f} times the calls of a core{apart}: {name}\n")
        missed |= share > MEMORY_SHARE or times.times < CALLS_TIMES
    sys.stdout.write(
        f"goal: at most {MEMORY_SHARE} of the memory, at least {CALLS_TIMES:.0f} times the calls of a core\n"
    )
    return int(missed)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slots", type=int, default=50)
    given = parser.parse_args()
    cores.pin(cores.MEASURING)
    with tempfile.TemporaryDirectory() as folder, Upstream() as apis:
        apis.rules({"countries-dev": {"delay": DELAY_MS}})
        source = f'[sources.s]\nurl = "{apis.base_url}/countries-dev/alpha/PT"\n'
        file = Path(folder) / "fanin.toml"
        file.write_text(f'fanin = 1\n{source}[endpoints.e]\npath = "/e"\nsources = ["s"]\n')
        return asyncio.run(
            compare(given.slots, given.rounds, {"FANIN_CONFIG": str(file), "FANIN_ALLOW": "127.0.0.0/8:*"})
        )


if __name__ == "__main__":
    sys.exit(main())
