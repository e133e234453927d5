"""The stack as `make run` starts it: built, deployed to an embedded AWS, and served over HTTP, once for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.process import ports
from fanin.local.process.console import Console
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.sam import build, environments
from fanin.local.sam.environments import LOCAL
from fanin.local.stack import servers, stack
from fanin.local.stack.servers import Server
from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask
from tests.contract.models import served, warmed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look at the rights that were used after all that uses them."""
    items.sort(key=lambda item: item.path.name == "test_used_rights.py")


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    with Processes(Interrupts()) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(processes: Processes) -> Iterator[Stack]:
    console = Console()
    with stack.serving(ports.take(0), live=False, console=console, processes=processes, cache=False) as running:
        yield running


@pytest.fixture(scope="session")
def embedded(processes: Processes) -> Server:
    """An embedded AWS with nothing in it but what tests leave there, under names of their own."""
    aws = servers.embedded_aws(processes)
    aws.wait()
    return aws


@pytest.fixture(scope="session")
def environment(embedded: Server) -> dict[str, str]:
    """The environment in which AWS's own tools talk to it."""
    return servers.environment_of(embedded)


@pytest.fixture(scope="session")
def upstream(deployed: Stack) -> UpstreamClient:
    assert deployed.upstream
    return UpstreamClient(deployed.upstream)


@pytest.fixture(scope="session")
def functions(deployed: Stack) -> dict[str, Ask]:
    return warmed(served(deployed.url))


@pytest.fixture(scope="session")
def local_build(processes: Processes) -> Path:
    """Build this machine's environment, unless it is built."""
    environment = environments.read(LOCAL)
    with build.locked(environment, Console()):
        if not build.is_fresh(environment):
            build.build(environment, processes)
    return build.output(environment)
