"""The call log in PostgreSQL passes every test that it passes in SQLite."""

from collections.abc import Iterator
from urllib.request import urlopen

import psycopg
import pytest

from fanin.local.upstream.process import Upstream
from server.composition import COMPOSITIONS
from tests.server.conftest import admin, functions, mark  # noqa: F401 - fixtures
from tests.server.serving import DATABASE, Admin, serving
from tests.server.test_call_log import *  # noqa: F403 - every test, those that are added there later included
from tests.servers.servers import environment
from tests.slow import postgresql


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    with postgresql.database() as url:
        yield url


@pytest.fixture(scope="session", params=COMPOSITIONS)
def url(
    request: pytest.FixtureRequest, upstream: Upstream, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve each composition in turn over the same database."""
    upstream.reset()
    reading = {**environment(upstream), DATABASE: database}
    with serving(tmp_path_factory.mktemp(request.param), reading, request.param) as running:
        yield running


def test_the_calls_are_in_postgresql(url: str, admin: Admin, database: str) -> None:  # noqa: F811 - fixtures
    urlopen(f"{url}/air/Lisbon?in=postgresql", timeout=30).close()
    assert len(admin.await_calls(1, q="in=postgresql")) > 0
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT source FROM calls_call").fetchone()
