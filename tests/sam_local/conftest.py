"""The functions in containers under `sam local`, with the demo upstream beside them, once for all tests.

Not part of `make test`, since it takes a container engine: `make test-sam-local` runs it. Where the engine or Lambda's
base image is missing nothing is skipped: the run ends at once, says why, and counts as failed.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.upstream.client import UpstreamClient


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    with Processes(Interrupts()) as running:
        yield running


@pytest.fixture(scope="session")
def sandbox(processes: Processes) -> Iterator[Sandbox]:
    with contextlib.ExitStack() as started:
        try:
            # Without caches: every test asks the sources anew.
            sandbox = sam_local.sandbox(live=False, console=Console(), processes=processes, cache=False)
            running = started.enter_context(sandbox)
        except Problem as problem:
            pytest.exit(f"{problem}", returncode=1)
        yield running


@pytest.fixture(scope="session")
def upstream(sandbox: Sandbox) -> UpstreamClient:
    assert sandbox.upstream
    return UpstreamClient(sandbox.upstream.url)


@pytest.fixture(scope="session")
def template(sandbox: Sandbox, processes: Processes) -> Path:
    return sam_local.built(sandbox, Console(), processes)
