"""Sources with sql over a real PostgreSQL, in each execution model: the cases that SQLite has, and what it has not."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.contract.ask import Ask
from tests.contract.models import here
from tests.contract.own import databases
from tests.contract.own.case import Case, check
from tests.contract.own.upstream import Upstreams
from tests.functions import functions
from tests.slow import postgresql


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute(databases.SETUP)
        yield url


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    with Upstreams().running() as running:
        yield running


@pytest.fixture(scope="module")
def asks(database: str, upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    path = tmp_path_factory.mktemp("databases") / "fanin.toml"
    path.write_text(databases.file(f'url = "{database}"\ntls = "off"', "{} = any({})"))
    environment = {
        **os.environ,
        **upstreams.variables,
        "FANIN_CONFIG": str(path),
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
    }
    with functions(environment) as served:
        yield here(served)


@pytest.mark.parametrize("case", databases.CASES, ids=lambda case: case.rule)
def test_case(case: Case, asks: dict[str, Ask], upstreams: Upstreams) -> None:
    """Each case is a rule, and every execution model keeps it."""
    check(case, asks, upstreams)
