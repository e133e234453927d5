"""Pools of connections, and alarms: bounded, and with nothing left behind."""

import asyncio
import threading
import time

import pytest

from fanin.sources.sql.blocking_pool import KEPT, BlockingPool
from fanin.sources.sql.loop_pool import LoopPool
from fanin.sources.sql.postgresql.alarms import Alarms


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_connection_that_was_used_last_is_used_next() -> None:
    clock, closed = Clock(), list[str]()
    pool = BlockingPool[str](2, clock, closed.append)
    with pool.lent(1) as first, pool.lent(1) as second:
        assert (first.kept, second.kept) == (None, None)
        first.keep("a")
        second.keep("b")
    clock.now = 7
    with pool.lent(1) as lent:  # "b" came back before "a"
        assert (lent.kept, lent.idle) == ("a", 7)
        lent.keep("a")
    assert closed == []
    pool.close()
    assert sorted(closed) == ["a", "b"]


def test_what_is_idle_for_long_is_closed() -> None:
    clock, closed = Clock(), list[str]()
    pool = BlockingPool[str](1, clock, closed.append)
    with pool.lent(1) as lent:
        lent.keep("a")
    clock.now = KEPT + 1
    with pool.lent(1) as lent:
        assert lent.kept is None
    assert closed == ["a"]


def test_a_place_is_free_again_whatever_happens_in_it() -> None:
    pool = BlockingPool[str](1, Clock(), lambda _: None)
    for _ in range(3):
        with pytest.raises(KeyError), pool.lent(0.1):
            raise KeyError
    with pool.lent(0.1), pytest.raises(TimeoutError), pool.lent(0.01):
        pass


def test_what_was_used_and_does_not_go_back_is_closed() -> None:
    closed = list[str]()
    pool = BlockingPool[str](1, Clock(), closed.append)
    with pool.lent(1) as lent:
        lent.keep(lent.use("a"))
    with pool.lent(1) as lent:
        lent.use(lent.kept or "")
    assert closed == ["a"]


def test_what_comes_back_to_a_closed_pool_is_closed() -> None:
    closed = list[str]()
    pool = BlockingPool[str](1, Clock(), closed.append)
    with pool.lent(1) as lent:
        lent.keep("a")
        pool.close()
    assert closed == ["a"]


def test_a_pool_that_nobody_has_any_more_closes_its_connections() -> None:
    closed = list[str]()
    pool = BlockingPool[str](1, Clock(), closed.append)
    with pool.lent(1) as lent:
        lent.keep("a")
    del pool, lent
    assert closed == ["a"]


def test_a_task_waits_for_a_place_and_may_give_up() -> None:
    async def main() -> None:
        closed = list[str]()
        pool = LoopPool[str](1, Clock(), closed.append)
        place = await pool.take()
        place.connection = "a"
        waiting, given_up = asyncio.create_task(pool.take()), asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        place.give_back()
        assert (await waiting).connection == "a"
        waiting.result().drop()
        assert closed == ["a"]
        assert (await pool.take()).connection is None

    asyncio.run(main())


def test_connections_belong_to_their_loop() -> None:
    pool = LoopPool[str](1, Clock(), lambda _: None)

    async def use() -> str | None:
        place = await pool.take()
        found, place.connection = place.connection, "a"
        place.give_back()
        return found

    async def twice() -> list[str | None]:
        return [await use(), await use()]

    assert asyncio.run(twice()) == [None, "a"]
    assert asyncio.run(twice()) == [None, "a"]


def test_an_alarm_rings_at_its_moment_and_not_once_its_block_has_ended() -> None:
    alarms, rung, before = Alarms(time.monotonic), list[str](), set(threading.enumerate())
    try:
        now = time.monotonic()
        last = threading.Event()
        with alarms.at(now + 3600, lambda: rung.append("never")):
            with alarms.at(now + 0.05, lambda: rung.append("ended")):
                pass
            with alarms.at(now + 0.2, last.set), alarms.at(now + 0.1, lambda: rung.append("first")):
                assert last.wait(30)
        assert rung == ["first"]
    finally:
        alarms.close()
    assert not {thread for thread in set(threading.enumerate()) - before if thread.name == "alarms"}


def test_the_thread_of_alarms_ends_where_there_are_none_and_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanin.sources.sql.postgresql.alarms._IDLE", 0.01)
    before = set(threading.enumerate())
    alarms, rung = Alarms(time.monotonic), threading.Event()
    for _ in range(2):
        with alarms.at(time.monotonic() + 0.01, rung.set):
            assert rung.wait(30)
        rung.clear()
        for thread in set(threading.enumerate()) - before:
            thread.join(30)
        assert not set(threading.enumerate()) - before


def test_what_an_alarm_has_begun_is_over_when_its_block_ends() -> None:
    """Else the next call would have its statement cancelled, or its connection cut, in place of the last."""
    alarms, begun, goes_on, told = Alarms(time.monotonic), threading.Event(), threading.Event(), list[str]()

    def action() -> None:
        begun.set()
        goes_on.wait(30)
        told.append("action")

    def block() -> None:
        with alarms.at(time.monotonic(), action):
            begun.wait(30)
            threading.Timer(0.2, goes_on.set).start()
        told.append("block")

    try:
        block()
        assert told == ["action", "block"]
    finally:
        alarms.close()
