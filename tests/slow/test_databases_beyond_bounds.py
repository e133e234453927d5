"""What a server sends beyond what a source may have is not read, and the next call finds a good connection."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import psycopg
import pytest

from fanin.config import Config, parse
from fanin.errors import SourceTimeout, SourceTooLarge
from fanin.local.postgresql import Server
from tests.slow import postgresql
from tests.slow.test_databases_in_trouble import InThreads, OnLoop, await_active, backends, ways

__all__ = ["ways"]

FILE = """
fanin = 1
[databases.db]
url = "{url}"
tls = "off"
pool = 20

[sources.one]
database = "db"
sql = "select 1 as one"
rows = "one"

[sources.field]
database = "db"
sql = "select repeat('x', 50000000) as x"

[sources.fields]
database = "db"
sql = "select array_fill('y'::text, array[{{n}}::integer]) as y from generate_series(1, 90)"

[sources.bytes]
database = "db"
max_bytes = "500kB"
sql = "select decode(repeat('00', 370000), 'hex') as b"

[sources.mistake]
database = "db"
sql = "select loudly({{n}}) as x"

[sources.notices]
database = "db"
sql = "select whispering() as x"

[sources.nap]
database = "db"
sql = "select pg_sleep(0.2)"

[endpoints.all]
path = "/all/{{n}}"
sources = ["one", "field", "fields", "bytes", "mistake", "notices", "nap"]
parameters.n = {{ type = "integer" }}
"""
FUNCTIONS = """
create function loudly(n integer) returns integer language plpgsql as
  $$ begin raise exception '%', repeat('e', n); end $$;
create function whispering() returns integer language plpgsql as
  $$ begin for i in 1..20 loop raise warning '%', repeat('n', 1000000); end loop; return 1; end $$;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql.server() as started:
        with psycopg.connect(started.url, autocommit=True) as connection:
            connection.execute(FUNCTIONS)
        yield started


@pytest.fixture
def ask(ways: type[OnLoop | InThreads], server: Server) -> Iterator[OnLoop | InThreads]:
    with closing(ways(configured(server))) as asking:
        yield asking


def configured(server: Server) -> Config:
    return parse(FILE.format(url=server.url), {})


@pytest.mark.parametrize("name", ["field", "fields"])
def test_a_field_that_is_too_large_is_typed_and_the_next_call_has_a_connection(
    name: str, ask: OnLoop | InThreads, server: Server
) -> None:
    for _ in range(3):
        with pytest.raises(SourceTooLarge, match=r"the rows of fields? have over 2000000 bytes as JSON"):
            ask(name, within=30.0, n=1_000_000)
        assert ask("one", within=30.0) == {"one": 1}
    await_active(server, 0)
    await_active(server, 1, "")  # a server takes a moment to know that a client has gone


def test_what_is_larger_on_the_wire_than_as_json_is_read(ask: OnLoop | InThreads) -> None:
    """Bytes come in hexadecimal, and are base64 in JSON."""
    (row,) = ask("bytes", within=30.0)
    assert len(row["b"]) == 493_336


def test_what_a_server_says_besides_rows_is_bounded_too(ask: OnLoop | InThreads) -> None:
    """A mistake of 20 MB is not read; warnings are not sent."""
    with pytest.raises(SourceTooLarge):
        ask("mistake", within=30.0, n=20_000_000)
    assert ask("notices", within=30.0) == [{"x": 1}]


def test_a_thousand_calls_in_threads_whose_time_is_over_leave_nothing_behind(server: Server) -> None:
    """No statement goes on, and the pool has all its places."""
    with closing(InThreads(configured(server))) as ask, ThreadPoolExecutor(50) as threads:

        def out_of_time(_: int) -> None:
            with suppress(SourceTimeout):
                raise AssertionError(ask("nap", within=0.05))

        list(threads.map(out_of_time, range(1000)))
        await_active(server, 0)
        assert len(list(threads.map(lambda _: ask("nap", within=30.0), range(40)))) == 40
        assert len(backends(server)) <= 20
