"""SQLite: only read, within the time of its calls, in both ways to ask."""

import asyncio
import sqlite3
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from fanin.config import Config, load
from fanin.config.finding import ConfigError
from fanin.engine.call import Call, Runtime
from fanin.engine.outcome import Outcome, Span
from fanin.errors import (
    SourceError,
    SourceRejected,
    SourceTimeout,
    SourceTooLarge,
    SourceUnavailable,
    SourceUndecodable,
)
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.sources.kinds import blocking_fetch_of, fetches_of
from fanin.sources.reach import BlockingReach, Reach
from fanin.sources.tls import tls_context

FOREVER = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as most from n"
FILE = """
fanin = 1
[databases.db]
url = "sqlite:data/a.db"
pool = 2
{sources}
[endpoints.all]
path = "/all"
sources = [{names}]
"""

type Ask = Callable[..., Outcome[Any]]


def configured(folder: Path, **statements: str) -> Config:
    sources = "".join(f"[sources.{name}]\ndatabase = 'db'\nsql = '''{sql}'''\n" for name, sql in statements.items())
    (folder / "fanin.toml").write_text(
        FILE.format(sources=sources, names=", ".join(f'"{name}"' for name in statements))
    )
    return load(folder / "fanin.toml", {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    connection = sqlite3.connect(tmp_path / "data/a.db")
    connection.executescript("create table t (a, b); insert into t values (1, x'00ff'), (2.5, 9e999), ('x', null)")
    connection.close()
    return tmp_path


def call_of(config: Config, name: str, within: float = 5.0) -> Call:
    source, clock = config.sources[name], Runtime().clock
    return Call(source, source.request({}), clock() + within, Span(ready=clock()))


@pytest.fixture(params=["on a loop", "in threads"])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Ask a source of a configuration."""
    ends, blocking_ends, runner = AsyncExitStack(), ExitStack(), asyncio.Runner()

    def on_loop(config: Config, name: str, within: float = 5.0) -> Outcome[Any]:
        fetches = fetches_of(config.sources, Reach({}, tls_context, Runtime().clock), ends)
        pipelines = pipelines_of(config.sources, fetches, Shared(Runtime()))
        return runner.run(_awaited(pipelines[name], call_of(config, name, within)))

    def in_threads(config: Config, name: str, within: float = 5.0) -> Outcome[Any]:
        fetch = blocking_fetch_of(config.sources, BlockingReach({}, tls_context, Runtime().clock), blocking_ends)
        return fetch(call_of(config, name, within))

    with runner, blocking_ends:
        yield on_loop if request.param == "on a loop" else in_threads
        runner.run(ends.aclose())


async def _awaited(fetch: Any, call: Call) -> Outcome[Any]:
    outcome: Outcome[Any] = await fetch(call)
    return outcome


def failure(outcome: Outcome[Any]) -> SourceError:
    assert outcome.error is not None
    return outcome.error


def test_values_are_json(ask: Ask, folder: Path) -> None:
    """A blob is base64, and what is infinite is a text."""
    found = ask(configured(folder, a="select a, b from t order by rowid"), "a")
    assert found.value == [{"a": 1, "b": "AP8="}, {"a": 2.5, "b": "Infinity"}, {"a": "x", "b": None}]


def test_a_statement_ends_with_its_calls_time(ask: Ask, folder: Path) -> None:
    config = configured(folder, a=FOREVER)
    began = time.process_time()
    assert isinstance(failure(ask(config, "a", within=0.2)), SourceTimeout)
    assert time.process_time() - began < 5.0


def test_a_statement_that_is_given_up_frees_its_connection(folder: Path) -> None:
    """More often than the pool has connections."""

    async def give_up() -> Outcome[Any]:
        config = configured(folder, a=FOREVER, b="select 1 as one")
        async with AsyncExitStack() as ends:
            fetches = fetches_of(config.sources, Reach({}, tls_context, Runtime().clock), ends)
            pipelines = pipelines_of(config.sources, fetches, Shared(Runtime()))
            calls = [asyncio.create_task(_awaited(pipelines["a"], call_of(config, "a", 60.0))) for _ in range(6)]
            await asyncio.sleep(0.05)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            return await _awaited(pipelines["b"], call_of(config, "b", 30.0))

    assert asyncio.run(give_up()).value == [{"one": 1}]


def test_large_rows_are_counted_before_many_of_them_are_read(ask: Ask, folder: Path) -> None:
    """Of a hundred blobs of 2 MB each, of which the first is too large."""
    numbered = "with recursive n(i) as (select 1 union all select i + 1 from n limit 100)"
    config = configured(folder, a=f"{numbered} select zeroblob(2000000) as blob from n")
    tracemalloc.start()
    try:
        assert isinstance(failure(ask(config, "a", within=30.0)), SourceTooLarge)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000  # of which JSON of one blob takes 40
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "sql", ["with x as (select 1) insert into t select 1, 2", "pragma user_version = 5", "attach 'data/b.db' as b"]
)
def test_nothing_is_changed_or_attached(sql: str, ask: Ask, folder: Path) -> None:
    before = (folder / "data/a.db").read_bytes()
    assert isinstance(failure(ask(configured(folder, a=sql), "a")), SourceRejected)
    assert (folder / "data/a.db").read_bytes() == before
    assert [path.name for path in (folder / "data").iterdir()] == ["a.db"]


def test_a_file_that_is_no_database_is_unavailable(ask: Ask, folder: Path) -> None:
    config = configured(folder, a="select 1 as one from t")
    (folder / "data/a.db").write_bytes(b"no database" * 1000)
    error = failure(ask(config, "a"))
    assert isinstance(error, SourceUnavailable)
    assert error.reason == "SQLITE_NOTADB"


def test_a_text_that_is_no_unicode_is_undecodable(ask: Ask, folder: Path) -> None:
    config = configured(folder, a="select cast(x'ff' as text) as a")
    assert isinstance(failure(ask(config, "a")), SourceUndecodable)


def test_a_refusal_tells_the_log_its_code_and_nothing_of_the_statement(ask: Ask, folder: Path) -> None:
    error = failure(ask(configured(folder, a="select secret_column from t"), "a"))
    assert error.reason == "SQLITE_ERROR"
    assert "secret" not in error.detail


@pytest.mark.parametrize("url", ["sqlite:data/b.db", "sqlite:../a.db", "sqlite:/tmp/a.db", "sqlite:data/a.db?mode=rwc"])
def test_the_file_is_there_and_below_the_folder(url: str, folder: Path) -> None:
    configured(folder, a="select 1 as one")
    text = (folder / "fanin.toml").read_text().replace("sqlite:data/a.db", url)
    (folder / "fanin.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"bad-path|bad-database"):
        load(folder / "fanin.toml", {})


def test_sqlite_takes_no_writes(folder: Path) -> None:
    with pytest.raises(ConfigError, match="only read"):
        configured(folder, a="insert into t values (1, 2)'''\nwrites = true\nmissing = '''null")
