"""What becomes of calls and connections when PostgreSQL, or the client, does not do its part."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address
from itertools import product
from typing import Any, Self

import psycopg
import pytest

from fanin.config import Config, parse
from fanin.config.template import ParameterReference
from fanin.engine.call import Call, Fetch, Runtime
from fanin.engine.outcome import Outcome, Span
from fanin.errors import (
    AddressRefused,
    ClientValueRefused,
    SourceError,
    SourceRejected,
    SourceTimeout,
    SourceTooLarge,
    SourceUnavailable,
)
from fanin.local.postgresql import Server
from fanin.local.process import ports
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.sources.address import Address, AddressGuard
from fanin.sources.kinds import blocking_fetch_of, fetches_of
from fanin.sources.reach import BlockingReach, Reach
from fanin.sources.resolve import Resolver
from fanin.sources.sql.postgresql import blocking
from fanin.sources.sql.postgresql.blocking import BlockingPostgresql
from fanin.sources.sql.postgresql.bounded import BoundedConnection
from fanin.sources.sql.postgresql.values import BEGIN
from fanin.sources.tls import tls_context
from tests.slow import postgresql

HOSTILE = (
    "'", "''", '"', "\\", "\\'", "%", "%s", "%(a)s", "$1", "?", ":a", "{a}", "{{a}}", "--", "/*", "*/", ";", "\n",
    "\r\n", "' or '1'='1", "'; drop table t; --", "1); drop table t; --", "$$", "$a$;drop table t;$a$", "\u2019",
    "\uff07", "é" * 300, "\x01", "\x7f", "\u202e", "\U0001f600", "null", "NULL", "true", "1", "-1", "1e5", "0x10",
    "{1,2}", "[1,2]", '{"a":1}', " ", "", "a" * 5000, "E'\\x27'", "U&'\\0027'", "chr(39)", "pg_sleep(5)",
    "(select 1)", "@@version", "#", "`", "||",
)  # fmt: skip
"""Texts that would do something if any of them were ever a part of a statement."""
_PIECES = (
    *("'", "''", '"', "\\", "$1", "$$", "--", "/*", "*/", ";", "%s", "{a}", "?", ":a", "\n", "' or 1=1 ", ")"),
    *("\u2019", "é", "x"),
)
_QUOTES = ("'", '"', "$$", "\\")
VALUES = (
    *HOSTILE,
    *("".join(pair) for pair in product(_PIECES, repeat=2)),
    *(f"x{quote}{piece}{quote}" for quote, piece in product(_QUOTES, _PIECES)),
)
"""These, and such as are made of two or three of their pieces."""
FILE = """
fanin = 1
[databases.db]
url = "{url}"
tls = "off"
{keys}

[sources.echo]
database = "db"
sql = "select cast({{a}} as text) as a, t.note from t where t.note = {{a}} or {{a}} = {{b}} limit 3"

[sources.json]
database = "db"
sql = "select {{a}}::jsonb as a, array[{{a}}, {{b}}] as b, {{a}} || cast({{b}} as text) as c"

[sources.list]
database = "db"
sql = "select cast({{a}} as text[]) as a, {{b}}::jsonb as b"

[sources.number]
database = "db"
sql = "select id from t where id = {{a}}"

[sources.one]
database = "db"
sql = "select 1 as one"
rows = "one"

[sources.sleep]
database = "db"
sql = "select pg_sleep(60)"
timeout = "400ms"

[sources.long]
database = "db"
sql = "select pg_sleep(60)"

[sources.setting]
database = "db"
sql = "select setting as ms from pg_settings where name = 'statement_timeout'"

[sources.nap]
database = "db"
sql = "select pg_sleep(0.2)"

[sources.again]
database = "db"
sql = "select 1 as one from pg_advisory_xact_lock_shared(7)"
retry = {{ base = "20ms" }}

[sources.add]
database = "db"
sql = "insert into t (id, note) values ({{a}}, 'added') returning id"
writes = true

[sources.change]
database = "db"
sql = "update t set note = 'changed' where id = {{a}}"
writes = true

[sources.hidden]
database = "db"
sql = "with added as (insert into t values (99) returning id) select id from added"

[sources.huge]
database = "db"
sql = "select repeat('x', 1000000) as x from generate_series(1, 10000)"

[endpoints.all]
path = "/all/{{a}}/{{b}}"
sources = [
  "echo", "json", "list", "number", "one", "setting", "sleep", "long", "nap", "again", "add", "change", "hidden",
  "huge",
]
method = "POST"
"""

NO_NUMBER = "{a} is nothing that the type of its place can have"
END_ALL = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fanin'"


def configured(url: str, keys: str = "") -> Config:
    return parse(FILE.format(url=url, keys=keys), {})


def call_of(
    config: Config, name: str, within: float = 20.0, headers: Sequence[tuple[str, str]] = (), **values: Any
) -> Call:
    source, clock = config.sources[name], Runtime().clock
    request = source.request({ParameterReference(name): value for name, value in values.items()})
    request = replace(request, headers=tuple(headers), open=None)
    return Call(source, request, clock() + within, Span(ready=clock()))


def reach(kind: type[Any], addresses: str | Resolver) -> Any:
    """Give the way to addresses that are allowed, or that a resolver gives."""
    if isinstance(addresses, Resolver):
        return kind(dict.fromkeys((False, True), addresses), tls_context, Runtime().clock)
    guard = AddressGuard(addresses)
    return kind({private: Resolver(guard, private=private) for private in (False, True)}, tls_context, Runtime().clock)


class Silencer:
    """Stands before a server, and forgets connections when it is told to: nothing goes on, and nothing is closed."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listening = socket.create_server((ports.LOOPBACK, 0))
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self.asked = 0
        """How often clients have sent something: each waits for the answer before it goes on."""
        self._silent = set[socket.socket]()
        self._open = list[socket.socket]()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def silence(self) -> None:
        """Forget all connections that there are."""
        self._silent |= set(self._open)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection((ports.LOOPBACK, self._server_port))
                self.connections += 1
                self._open += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.asked += source in self._open[::2]
                if source not in self._silent:
                    target.sendall(data)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql.server() as started:
        with psycopg.connect(started.url, autocommit=True) as connection:
            connection.execute("create table t (id integer primary key, note text)")
            connection.execute("insert into t values (1, 'one'), (2, 'two')")
        yield started


class OnLoop:
    """Asks a database through its sources' pipelines, on a loop of its own."""

    def __init__(self, config: Config, addresses: str | Resolver = "127.0.0.0/8:*") -> None:
        self.config = config
        self._ends = AsyncExitStack()
        self.pipelines: dict[str, Fetch] = pipelines_of(
            config.sources, fetches_of(config.sources, reach(Reach, addresses), self._ends), Shared(Runtime())
        )
        self.runner = asyncio.Runner()

    def __call__(self, name: str, within: float = 20.0, headers: Sequence[tuple[str, str]] = (), **values: Any) -> Any:
        return self.runner.run(self.ask(name, within, headers, **values))

    async def ask(self, name: str, within: float = 20.0, headers: Sequence[tuple[str, str]] = (), **values: Any) -> Any:
        return _value(await self.pipelines[name](call_of(self.config, name, within, headers, **values)))

    def close(self) -> None:
        self.runner.run(self._ends.aclose())
        self.runner.close()


class InThreads:
    """Asks a database with calls that block."""

    def __init__(self, config: Config, addresses: str | Resolver = "127.0.0.0/8:*") -> None:
        self.config = config
        self._ends = ExitStack()
        self.fetch = blocking_fetch_of(config.sources, reach(BlockingReach, addresses), self._ends)

    def __call__(self, name: str, within: float = 20.0, headers: Sequence[tuple[str, str]] = (), **values: Any) -> Any:
        return _value(self.fetch(call_of(self.config, name, within, headers, **values)))

    def close(self) -> None:
        self._ends.close()


def _value(outcome: Outcome[Any]) -> Any:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


@pytest.fixture(params=[OnLoop, InThreads])
def ways(request: pytest.FixtureRequest) -> type[OnLoop | InThreads]:
    way: type[OnLoop | InThreads] = request.param
    return way


@pytest.fixture
def ask(ways: type[OnLoop | InThreads], server: Server) -> Iterator[OnLoop | InThreads]:
    with closing(ways(configured(server.url))) as asking:
        yield asking


@pytest.fixture
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy server take its time to end statements: a connection is kept that it would else be dropped for."""
    monkeypatch.setattr("fanin.sources.sql.postgresql.loop.CANCELS", 30.0)
    monkeypatch.setattr("fanin.sources.sql.postgresql.loop.RECOVERS", 30.0)
    monkeypatch.setattr("fanin.sources.sql.postgresql.blocking.CUT_AFTER", 30.0)


def active(server: Server, state: str = "active") -> int:
    """Count fanin's connections in a state."""
    query = "select count(*) from pg_stat_activity where application_name = 'fanin' and (state = %s or %s = '')"
    with psycopg.connect(server.url) as connection:
        found = connection.execute(query, [state, state]).fetchone()
    assert found
    count: int = found[0]
    return count


def backends(server: Server) -> set[int]:
    """Give the processes that serve fanin."""
    with psycopg.connect(server.url) as connection:
        found = connection.execute("select pid from pg_stat_activity where application_name = 'fanin'").fetchall()
    return {pid for (pid,) in found}


def await_active(server: Server, count: int, state: str = "active") -> None:
    ends = time.monotonic() + 10
    while (found := active(server, state)) != count:
        assert time.monotonic() < ends, found
        time.sleep(0.01)


class Several(Resolver):
    """Answers with the same addresses for every name."""

    def __init__(self, *addresses: str) -> None:
        super().__init__(AddressGuard())
        self._several = [ip_address(address) for address in addresses]

    def _permitted(self, _addresses: list[Address], _port: int) -> list[Address]:
        if not self._several:
            raise OSError("not a name")
        return self._several


@pytest.mark.parametrize(
    ("addresses", "answers"),
    [
        (["127.0.0.8", "127.0.0.1"], True),
        (["127.0.0.9", "127.0.0.1"], True),
        (["127.0.0.9", "127.0.0.8", "127.0.0.1"], True),
        (["127.0.0.7", "127.0.0.8"], False),
    ],
    ids=["one refuses", "one is silent", "both", "none accepts"],
)
def test_the_next_address_of_a_host_is_tried_when_one_refuses_or_is_silent(
    server: Server, ways: type[OnLoop | InThreads], addresses: list[str], *, answers: bool
) -> None:
    """By the drivers themselves, a silent one would take all the time of the call, and of each that comes after it."""
    config = configured(server.url)
    port = int(config.databases["db"].url.port)
    with silent_at("127.0.0.9", port), closing(ways(config, Several(*addresses))) as asking:
        if answers:
            assert asking("one", within=5.0) == {"one": 1}
        else:
            with pytest.raises(SourceUnavailable):
                asking("one", within=5.0)


def test_silent_addresses_take_no_longer_than_the_call_may(server: Server, ways: type[OnLoop | InThreads]) -> None:
    """One after another, the drivers would take as long for each."""
    config = configured(server.url)
    silent, port = Several("127.0.0.9", "127.0.0.9"), int(config.databases["db"].url.port)
    with silent_at("127.0.0.9", port), closing(ways(config, silent)) as asking, pytest.raises(SourceTimeout):
        asking("one", within=0.4)


@contextmanager
def silent_at(address: str, port: int) -> Iterator[None]:
    """Have nothing answer at an address, as if it led nowhere."""
    with ExitStack() as ends:
        silent = ends.enter_context(socket.create_server((address, port), backlog=0))
        for _ in range(2):  # its queue is full then: the system does not answer whoever comes
            waiting = ends.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its only name is flag
            waiting.connect_ex(silent.getsockname())
        yield


def test_a_host_without_an_address_is_unavailable(server: Server, ways: type[OnLoop | InThreads]) -> None:
    """That is a fault of the source, and not of fanin."""
    with closing(ways(configured(server.url), Several())) as asking, pytest.raises(SourceUnavailable):
        asking("one")


def test_no_hostile_value_leaves_its_parameter(ask: OnLoop | InThreads, server: Server) -> None:
    """Each comes back as it was sent, whatever its place, and the table is as it was."""
    assert len(VALUES) > 500
    for value in VALUES:
        (row,) = ask("json", a=value, b=value)
        assert row == {"a": value, "b": [value, value], "c": value + value}
        (row,) = ask("list", a=[value, "x"], b={"k": value})
        assert row == {"a": [value, "x"], "b": {"k": value}}
        assert ask("echo", a=value, b="no such text") == []
        if value.strip() not in {"1", "-1"}:
            with pytest.raises(ClientValueRefused) as refused:  # which the client sent, and is told
                ask("number", a=value)
            assert (refused.value.attempts, refused.value.detail) == (0, NO_NUMBER)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select id, note from t order by id").fetchall() == [(1, "one"), (2, "two")]


@pytest.mark.usefixtures("_unhurried")
def test_the_timeout_cancels_the_statement_on_the_server(ask: OnLoop | InThreads, server: Server) -> None:
    """It does not go on there when nobody waits for it, and its connection is good for the next call."""
    assert ask("one") == {"one": 1}
    before = backends(server)
    with pytest.raises(SourceTimeout, match="within 400 ms"):
        ask("sleep")
    await_active(server, 0)
    for _ in range(2):  # where the server's own timeout came first, it may be on its way back into the pool meanwhile
        assert ask("one") == {"one": 1}
    assert before <= backends(server)


@pytest.mark.usefixtures("_unhurried")
def test_the_timeout_cancels_a_statement_whose_time_the_server_does_not_know(
    ask: OnLoop | InThreads, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a request to cancel it, which leaves the connection as it is: the same process serves the next call."""
    for module in ("loop", "blocking"):
        endless = BEGIN.replace("statement_timeout = {}", "statement_timeout = 0 /* {} */")
        monkeypatch.setattr(f"fanin.sources.sql.postgresql.{module}.BEGIN", endless)
    assert ask("one") == {"one": 1}
    before = backends(server)
    with pytest.raises(SourceTimeout, match="within 400 ms"):
        ask("sleep")
    await_active(server, 0)
    assert ask("one") == {"one": 1}
    assert backends(server) == before


@pytest.mark.usefixtures("_unhurried")
def test_a_write_is_committed_and_a_read_that_changes_something_is_rejected(
    ask: OnLoop | InThreads, server: Server
) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        try:
            assert ask("add", a=7) == [{"id": 7}]
            assert connection.execute("select note from t where id = 7").fetchone() == ("added",)
            assert ask("change", a=7).__class__.__name__ == "NoContent"
            assert connection.execute("select note from t where id = 7").fetchone() == ("changed",)
            with pytest.raises(SourceRejected):
                ask("add", a=7)
            with pytest.raises(SourceRejected, match="writes = true"):
                ask("hidden")
            assert ask("one") == {"one": 1}
            assert active(server, "") == 1
        finally:
            connection.execute("delete from t where id > 2")


def test_an_answer_that_is_too_large_is_not_read_to_its_end(ask: OnLoop | InThreads) -> None:
    with pytest.raises(SourceTooLarge):
        ask("huge", within=20.0)
    assert ask("one") == {"one": 1}


def test_a_connection_that_died_meanwhile_costs_no_answer(ask: OnLoop | InThreads, server: Server) -> None:
    """As where an environment was frozen, and its server has ended its connections."""
    for end in (END_ALL, ""):
        assert ask("one") == {"one": 1}
        if end:
            with psycopg.connect(server.url) as connection:
                connection.execute(end)
            await_active(server, 0, "")
        else:
            server.stop(signal.SIGQUIT)
            server.start()
        assert ask("one") == {"one": 1}
        assert ask("add", a=5) == [{"id": 5}]
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("delete from t where id > 2")


def test_a_server_that_is_gone_is_unavailable_and_back_without_a_deploy(
    ask: OnLoop | InThreads, server: Server
) -> None:
    assert ask("one") == {"one": 1}
    server.stop()
    try:
        with pytest.raises(SourceUnavailable):
            ask("one")
    finally:
        server.start()
    assert ask("one") == {"one": 1}


def test_a_server_that_ends_during_a_statement_is_unavailable(ask: OnLoop | InThreads, server: Server) -> None:
    """The statement is not made again by itself: only the begin is."""

    def end() -> None:
        await_active(server, 1)
        server.stop(signal.SIGQUIT)

    ender = threading.Thread(target=end)
    ender.start()
    try:
        with pytest.raises(SourceUnavailable):
            ask("long", within=30.0)
    finally:
        ender.join()
        server.start()
    assert ask("one") == {"one": 1}


def test_a_server_without_connections_left_is_unavailable(ways: type[OnLoop | InThreads], server: Server) -> None:
    server.stop()
    server.start(max_connections="5", superuser_reserved_connections="0")
    others = [psycopg.connect(server.url) for _ in range(5)]
    try:
        with closing(ways(configured(server.url))) as ask:
            with pytest.raises(SourceUnavailable):
                ask("one")
            others.pop().close()
            ends = time.monotonic() + 10
            while True:
                try:
                    assert ask("one") == {"one": 1}
                    break
                except SourceUnavailable:
                    assert time.monotonic() < ends
    finally:
        for other in others:
            other.close()
        server.stop()
        server.start()


def test_a_server_that_does_not_accept_is_a_timeout_in_time(ways: type[OnLoop | InThreads]) -> None:
    """It takes the connection, and says nothing. Libpq cannot be cancelled: the call ends before it does."""
    with socket.create_server((ports.LOOPBACK, 0)) as silent:
        url = f"postgresql://fanin@{ports.LOOPBACK}:{silent.getsockname()[1]}/postgres"
        with closing(ways(configured(url))) as ask:
            before = set(threading.enumerate())
            with pytest.raises(SourceTimeout, match="within 300 ms"):
                ask("one", within=0.3)
            connecting = [each for each in set(threading.enumerate()) - before if each.name == "connect"]
            assert bool(connecting) == (ways is InThreads)
            client, _ = silent.accept()
            client.close()
            for thread in connecting:
                thread.join()


def test_a_wrong_password_is_rejected_and_the_right_one_is_not(ways: type[OnLoop | InThreads], server: Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create role web login password 'right'")
        connection.execute("grant select on t to web")
    server.authenticate("host all fanin all trust", "host all web all scram-sha-256")
    url = server.url.replace("fanin@", "web:{!web}@")
    try:
        with closing(ways(configured(url))) as ask:
            with pytest.raises(SourceRejected) as rejected:
                ask("one", headers=[("password", "wrong")])
            assert "wrong" not in str(rejected.value)
            assert ask("one", headers=[("password", "right")]) == {"one": 1}
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'web'")
            connection.execute("drop owned by web; drop role web")


def test_a_connection_that_was_cut_off_without_a_word_costs_no_answer(
    ways: type[OnLoop | InThreads], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a NAT that has forgotten it: what was idle has half of the call's time to react."""
    for module in ("loop", "blocking"):
        monkeypatch.setattr(f"fanin.sources.sql.postgresql.{module}.TRUSTED", 0.0)
    with Silencer(server.port) as silencer:
        url = server.url.replace(str(server.port), str(silencer.port))
        with closing(ways(configured(url))) as ask:
            assert ask("one") == {"one": 1}
            silencer.silence()
            assert ask("one", within=6.0) == {"one": 1}
            assert silencer.connections == 2


def test_a_call_takes_few_round_trips(ways: type[OnLoop | InThreads], server: Server) -> None:
    """Begin, parse, run and commit on the loop; psycopg parses and runs at once."""
    with Silencer(server.port) as between:
        url = server.url.replace(f":{server.port}/", f":{between.port}/")
        with closing(ways(configured(url))) as ask:
            assert ask("one") == {"one": 1}
            before = between.asked
            assert ask("one") == {"one": 1}
            assert between.asked - before == (4 if ways is OnLoop else 3)


def test_the_server_knows_the_time_of_a_statement(ask: OnLoop | InThreads) -> None:
    """So that it ends what nobody can cancel any more."""
    (row,) = ask("setting", within=30.0)
    assert 0 < int(row["ms"].removesuffix("ms")) <= 30_000
    (row,) = ask("setting", within=7.0)
    assert 0 < int(row["ms"].removesuffix("ms")) <= 7_000


def test_another_attempt_is_made_after_a_lost_connection(server: Server) -> None:
    """By retry, which models without an event loop do not have; a source without it fails."""

    def lose(holding: psycopg.Connection[Any]) -> None:
        with holding:  # as long as it is connected, the statement waits
            await_active(server, 1)
            holding.execute(END_ALL)

    with closing(OnLoop(configured(server.url))) as ask:
        for name in ("again", "long"):
            holding = psycopg.connect(server.url, autocommit=True)
            holding.execute("select pg_advisory_lock(7)")
            loser = threading.Thread(target=lose, args=[holding])
            loser.start()
            try:
                if name == "again":
                    assert ask(name, within=20.0) == [{"one": 1}]
                else:
                    with pytest.raises(SourceUnavailable):
                        ask(name, within=20.0)
            finally:
                loser.join()


def test_a_connection_in_threads_that_is_of_no_more_use_is_closed_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, connected = list[BoundedConnection](), BlockingPostgresql._connected

    def noted(self: BlockingPostgresql, addresses: Sequence[Address], password: str) -> BoundedConnection:
        made.append(connected(self, addresses, password))
        return made[-1]

    monkeypatch.setattr(BlockingPostgresql, "_connected", noted)
    monkeypatch.setattr(blocking, "BEGIN", "bgin {} {}")
    with closing(InThreads(configured(server.url))) as ask:
        for _ in range(3):
            with pytest.raises(SourceError):
                ask("one")
    assert [each.closed for each in made] == [True] * 3


def test_an_address_that_may_not_be_reached_is_refused(ways: type[OnLoop | InThreads], server: Server) -> None:
    with closing(ways(configured(server.url), "")) as ask, pytest.raises(AddressRefused):
        ask("one")


def test_no_more_connections_are_made_than_the_pool_has(ways: type[OnLoop | InThreads], server: Server) -> None:
    """Calls wait for one another's connections, within their time."""
    with closing(ways(configured(server.url, "pool = 2"))) as ask:
        if isinstance(ask, OnLoop):

            async def all_at_once() -> list[Any]:
                return await asyncio.gather(*(ask.ask("nap") for _ in range(8)))

            answers = ask.runner.run(all_at_once())
        else:
            with ThreadPoolExecutor(8) as threads:
                answers = list(threads.map(lambda _: ask("nap"), range(8)))
        assert len(answers) == 8
        assert active(server, "") == 2


@pytest.mark.usefixtures("_unhurried")
def test_a_thousand_calls_that_are_given_up_leave_nothing_behind(server: Server) -> None:
    """No statement goes on, no connection is lost, and the pool is whole."""
    with closing(OnLoop(configured(server.url, "pool = 20"))) as ask:

        async def all_at_once() -> None:
            assert await asyncio.gather(*(ask.ask("nap", within=20.0) for _ in range(20)))

        async def give_up() -> None:
            for at in range(10):
                calls = [asyncio.create_task(ask.ask("long", within=20.0)) for _ in range(100)]
                await asyncio.sleep(0.01 * at)
                for call in calls:
                    call.cancel()
                await asyncio.gather(*calls, return_exceptions=True)
                assert all(call.cancelled() for call in calls)

        ask.runner.run(all_at_once())
        before = backends(server)
        ask.runner.run(give_up())
        ask.runner.run(all_at_once())
        assert active(server) == 0
        assert backends(server) == before
        assert len(before) == 20
