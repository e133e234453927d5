"""The runtime as a process, as its wrapper starts it, and Lambda's side of it in this one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fanin.local.layout import ROOT
from fanin.local.runtime.function_url import serving
from fanin.local.runtime.runtime_api import LambdaService

WRAPPER = ROOT / "src/fanin/entrypoints/runtime/fanin-runtime"
HERE = Path(__file__).parent
WITHIN = 60.0
"""Seconds that anything may take."""


@dataclass
class Running:
    """A runtime and what is around it.

    Args:
        service: Lambda's side.
        url: a function URL's.
        process: the runtime's.
        signs: the folder that its application looks into.
    """

    service: LambdaService
    url: str
    process: subprocess.Popen[bytes]
    signs: Path

    async def done(self, name: str) -> None:
        """Wait until the application has noted something."""
        async with asyncio.timeout(WITHIN):
            while not (self.signs / name).exists():  # noqa: ASYNC110 - by another process
                await asyncio.sleep(0.005)


def started(
    address: str, environment: Mapping[str, str], bootstrap: str = "/var/runtime/bootstrap.py"
) -> subprocess.Popen[bytes]:
    """Start the runtime before a Runtime API."""
    command = [str(WRAPPER), sys.executable, bootstrap]
    return subprocess.Popen(command, env={**os.environ, "AWS_LAMBDA_RUNTIME_API": address, **environment})


@asynccontextmanager
async def running(
    signs: Path,
    handler: str = "application.handler",
    *,
    bootstrap: str = "/var/runtime/bootstrap.py",
    **environment: str,
) -> AsyncIterator[Running]:
    """Start the runtime by its wrapper, called as AWS's bootstrap calls one, and wait for its first request."""
    async with LambdaService().serving() as service, serving(service) as url:
        given = {"LAMBDA_TASK_ROOT": str(HERE), "_HANDLER": handler, "SIGNS": str(signs), **environment}
        process = started(service.address, given, bootstrap)
        try:
            async with asyncio.timeout(WITHIN):
                await service.ready.wait()
            yield Running(service, url, process, signs)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, WITHIN)


class Runtimes:
    """Runtimes that serve one test after the other, each started when the first test asks for it.

    Args:
        signs: the folder that their applications look into; it is emptied before each test.
        environment: variables of all of them.
    """

    def __init__(self, signs: Path, **environment: str) -> None:
        self._signs = signs
        self._environment = environment
        self._runner = asyncio.Runner()
        self._ends = AsyncExitStack()
        self._started: dict[str, Running] = {}

    def run(
        self,
        test: Callable[[Running], Awaitable[None]],
        door: str = "",
        handler: str = "application.handler",
        slots: int = 1,
    ) -> None:
        """Run a test before the runtime of a handler, whose doors stream that `FANIN_STREAM` names, in one process."""

        async def whole() -> None:
            for sign in self._signs.iterdir():
                sign.unlink()
            key = f"{handler} {door} {slots}"
            if key not in self._started:
                several = {"AWS_LAMBDA_MAX_CONCURRENCY": f"{slots}", "FANIN_PROCESSES": "1"} if slots > 1 else {}
                entered = running(self._signs, handler, FANIN_STREAM=door, **several, **self._environment)
                self._started[key] = await self._ends.enter_async_context(entered)
            async with asyncio.timeout(WITHIN):
                await test(self._started[key])

        self._runner.run(whole())

    def close(self) -> None:
        """End them."""
        self._runner.run(self._ends.aclose())
        self._runner.close()
