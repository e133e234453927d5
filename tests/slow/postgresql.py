"""A PostgreSQL server that holds one test run's data, and ends with it; without PostgreSQL the test is skipped."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from fanin.local import postgresql
from fanin.local.postgresql import Server
from fanin.local.process.console import Problem


@contextmanager
def server() -> Iterator[Server]:
    """Start a server."""
    with ExitStack() as ends:
        try:
            started = ends.enter_context(postgresql.server())
        except Problem as problem:
            pytest.skip(str(problem))
        yield started


@contextmanager
def database() -> Iterator[str]:
    """Start a server, and give the URL of its empty database."""
    with server() as started:
        yield started.url
