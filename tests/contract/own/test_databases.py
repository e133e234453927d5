"""Sources with sql over SQLite, in each execution model. tests/slow has the same over PostgreSQL."""

import os
import sqlite3
from collections.abc import Iterator

import pytest

from tests.contract.ask import Ask
from tests.contract.models import here
from tests.contract.own import databases
from tests.contract.own.case import Case, check
from tests.contract.own.upstream import Upstreams
from tests.functions import functions


@pytest.fixture(scope="module")
def asks(upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    folder = tmp_path_factory.mktemp("databases")
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.executescript(databases.SETUP)
    connection.close()
    toml = databases.file('url = "sqlite:shop.db"', "{} in (select value from json_each({}))")
    (folder / "fanin.toml").write_text(toml)
    environment = {
        **os.environ,
        **upstreams.variables,
        "FANIN_CONFIG": str(folder / "fanin.toml"),
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
    }
    with functions(environment) as served:
        yield here(served)


@pytest.mark.parametrize("case", databases.CASES, ids=lambda case: case.rule)
def test_case(case: Case, asks: dict[str, Ask], upstreams: Upstreams) -> None:
    """Each case is a rule, and every execution model keeps it."""
    check(case, asks, upstreams)
