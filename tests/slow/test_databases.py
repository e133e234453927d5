"""Sources with sql over a real PostgreSQL, in each execution model: the cases that SQLite has, and what it has not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.contract.ask import Ask, Question
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
    with functions(environment(path, upstreams)) as served:
        yield here(served)


def environment(path: Path, upstreams: Upstreams) -> dict[str, str]:
    """Give the functions' environment."""
    return {
        **os.environ,
        **upstreams.variables,
        "FANIN_CONFIG": str(path),
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
    }


@pytest.mark.parametrize("case", databases.CASES, ids=lambda case: case.rule)
def test_case(case: Case, asks: dict[str, Ask], upstreams: Upstreams) -> None:
    """Each case is a rule, and every execution model keeps it."""
    check(case, asks, upstreams)


@pytest.mark.parametrize("password", ["right-secret", "wrong-secret"])
def test_the_password_is_a_secret_and_in_no_answer_or_log(
    password: str, tmp_path: Path, upstreams: Upstreams, capfd: pytest.CaptureFixture[str]
) -> None:
    """A wrong one is typed; the statement and its values are told to nobody either."""
    with postgresql.server() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute(databases.SETUP)
            connection.execute("create role web login password 'right-secret'")
            connection.execute("grant select on all tables in schema public to web")
        server.authenticate("host all fanin all trust", "host all web all scram-sha-256")
        url = server.url.replace("fanin@", "web:{!shop_db}@")
        path = tmp_path / "fanin.toml"
        path.write_text(databases.file(f'url = "{url}"\ntls = "off"', "{} = any({})"))
        given = {**environment(path, upstreams), "FANIN_SECRET_SHOP_DB": password}
        with functions(given) as served:
            for ask in here(served).values():
                reply = ask(Question("/named", "name=Grace"))
                if password == "right-secret":
                    assert reply.body == {"named": [{"id": 2, "name": "Grace"}]}
                else:
                    assert (reply.status, reply.sources) == (502, {"named": "source-rejected"})
                    assert not [word for word in ("wrong-", "Grace", "select", "web") if word in reply.content.decode()]
    told = "".join(capfd.readouterr())
    assert ("source-rejected" in told) == (password == "wrong-secret")
    assert not [word for word in ("wrong-", "Grace", "select id", "customers where") if word in told]


def test_a_value_that_the_type_of_its_place_cannot_have_is_the_clients_fault(
    database: str, tmp_path: Path, upstreams: Upstreams
) -> None:
    """What the database meets in its own rows is not: a column, or another source's value."""
    path = tmp_path / "fanin.toml"
    path.write_text(f"""
fanin = 1
[databases.shop]
url = "{database}"
tls = "off"
[sources.number]
database = "shop"
sql = "select name from customers where id = {{id}}"
[sources.own]
database = "shop"
sql = "select cast(name as integer) as n from customers where name <> {{id}}"
[sources.names]
database = "shop"
sql = "select name from customers where name <> {{id}}"
[sources.later]
database = "shop"
sql = "select name from customers where id = {{names.0.name}}"
[endpoints.number]
path = "/number/{{id}}"
sources = ["number"]
[endpoints.own]
path = "/own/{{id}}"
sources = ["own"]
[endpoints.later]
path = "/later/{{id}}"
sources = ["later"]
""")
    with functions(environment(path, upstreams)) as served:
        for ask in here(served).values():
            reply = ask(Question("/number/x"))
            assert (reply.status, reply.sources) == (422, {"number": "value-refused"})
            assert reply.body["detail"] == "{id} is nothing that the type of its place can have"
            reply = ask(Question("/own/x"))
            assert (reply.status, reply.sources) == (502, {"own": "source-rejected"})
            reply = ask(Question("/later/x"))
            assert (reply.status, reply.sources["later"]) == (502, "source-rejected")


def test_check_asks_the_database_whether_it_takes_the_statements(database: str, tmp_path: Path) -> None:
    """Each that it does not take is an error at its line; nothing is run."""
    path = tmp_path / "fanin.toml"
    text = databases.file(f'url = "{database}"\ntls = "off"', "{} = any({})")
    given = {**os.environ, "FANIN_ALLOW": "127.0.0.0/8:*"}
    command = [sys.executable, "-m", "fanin.cli", "check", "--database", str(path)]
    path.write_text(text.replace("select nothing from nowhere", "select 1 / 0 as failed"))
    assert subprocess.run(command, env=given, capture_output=True, check=False).returncode == 0
    path.write_text(text)
    ran = subprocess.run([*command, "--json"], env=given, capture_output=True, text=True, check=False)
    found = [each for each in json.loads(ran.stdout)["findings"] if each["severity"] == "error"]
    assert (ran.returncode, [(each["rule"], each["key"]) for each in found]) == (
        1,
        [("unprepared", ["sources", name, "sql"]) for name in ("wrong", "kept")],
    )
    assert 'relation "nowhere" does not exist (SQLSTATE 42P01)' in found[0]["message"]
    lines = text.splitlines()
    assert all(lines[each["line"] - 1] == 'sql = "select nothing from nowhere"' for each in found)
