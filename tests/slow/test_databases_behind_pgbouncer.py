"""pgbouncer that pools transactions, before a PostgreSQL: each transaction may be on another connection of the server.

Nothing may then last longer than its transaction: no statement that is prepared, and no setting. Debian's package
pgbouncer has the program; without it the tests are skipped.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fanin.errors import SourceRejected, SourceTimeout, SourceTooLarge
from fanin.local.postgresql import Server
from fanin.local.process import ports
from tests.slow import postgresql
from tests.slow.test_databases_in_trouble import HOSTILE, InThreads, OnLoop, active, await_active, configured, ways

__all__ = ["ways"]

OF_SERVER = 2
"""Connections that pgbouncer has to the server: far fewer than fanin has to pgbouncer."""
OF_POOL = 10
CONFIGURATION = """
[databases]
postgres = host={host} port={server} user=fanin
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {of_server}
logfile = {folder}/pgbouncer.log
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql.server() as started:
        with psycopg.connect(started.url, autocommit=True) as connection:
            connection.execute("create table t (id integer primary key, note text)")
        yield started


@pytest.fixture(scope="module")
def url(server: Server) -> Iterator[str]:
    """Start pgbouncer before the server, and give the URL of the database there."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer: install Debian's package pgbouncer")
    as_user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        if as_user:
            shutil.chown(folder, "postgres", "postgres")
        port, file = ports.free(), folder / "pgbouncer.ini"
        file.write_text(
            CONFIGURATION.format(host=ports.LOOPBACK, server=server.port, port=port, of_server=OF_SERVER, folder=folder)
        )
        file.chmod(0o644)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [program, "--quiet", file], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, **as_user
        )
        try:
            until = time.monotonic() + 60
            while not ports.accepts(port):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield server.url.replace(f":{server.port}/", f":{port}/")
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def ask(ways: type[OnLoop | InThreads], url: str) -> Iterator[OnLoop | InThreads]:
    with closing(ways(configured(url, f"pool = {OF_POOL}"))) as asking:
        yield asking


def at_once(ask: OnLoop | InThreads, name: str, values: list[str]) -> list[Any]:
    """Make calls at the same time, each with a value of its own."""
    if isinstance(ask, OnLoop):

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*(ask.ask(name, 20.0, a=value, b=value) for value in values))

        return ask.runner.run(all_of_them())
    with ThreadPoolExecutor(len(values)) as threads:
        return list(threads.map(lambda value: ask(name, 20.0, a=value, b=value), values))


def test_every_call_has_its_own_answer_over_few_connections_of_the_server(
    ask: OnLoop | InThreads, server: Server
) -> None:
    values = [*HOSTILE, *map(str, range(50))]
    answers = at_once(ask, "json", values)
    assert answers == [[{"a": value, "b": [value, value], "c": value + value}] for value in values]
    assert 0 < active(server, "") <= OF_SERVER


def test_a_cancelled_statement_ends_on_the_server_and_the_connection_is_good(
    ask: OnLoop | InThreads, server: Server
) -> None:
    with pytest.raises(SourceTimeout, match="within 400 ms"):
        ask("sleep")
    await_active(server, 0)
    assert ask("one") == {"one": 1}


def test_reads_change_nothing_and_writes_are_committed_whatever_connection_they_are_on(
    ask: OnLoop | InThreads, server: Server
) -> None:
    """What was allowed to one transaction is not to the next on its connection."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        for number in range(3 * OF_SERVER):
            assert ask("add", a=number) == [{"id": number}]
            with pytest.raises(SourceRejected, match="writes = true"):
                ask("hidden")
        found = connection.execute("delete from t returning id").fetchall()
        assert sorted(found) == [(number,) for number in range(3 * OF_SERVER)]


def test_an_answer_that_is_too_large_leaves_a_connection_that_is_good(ask: OnLoop | InThreads) -> None:
    with pytest.raises(SourceTooLarge):
        ask("huge", within=20.0)
    assert ask("one") == {"one": 1}


def test_no_setting_and_no_prepared_statement_is_left_for_others(ask: OnLoop | InThreads, url: str) -> None:
    at_once(ask, "json", list("abcdefgh"))
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        for _ in range(4 * OF_SERVER):
            shown = connection.execute(
                "select current_setting('statement_timeout'), current_setting('transaction_read_only'),"
                " current_setting('bytea_output'), (select count(*) from pg_prepared_statements where not from_sql)"
            ).fetchone()
            assert shown == ("0", "off", "hex", 0)
