"""fanin.entrypoints.runtime.within: a bound on the time of work, which sets no timer for work that does not wait."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from fanin.entrypoints.runtime.within import within
from tests.loops import on_a_loop

LONG = 60.0


class Timers:
    """Counts the timers that a loop is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.set = 0
        loop = asyncio.get_running_loop()
        real = loop.call_at

        def counted(*given: object, **more: object) -> asyncio.TimerHandle:
            self.set += 1
            return real(*given, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(loop, "call_at", counted)


async def at_once() -> int:
    return 1


async def waiting(turns: int) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return turns


async def broken(turns: int) -> None:
    await waiting(turns)
    raise ValueError("broken")


def long() -> float:
    return LONG


@on_a_loop
async def test_work_that_does_not_wait_sets_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    timers = Timers(monkeypatch)
    assert await within(long, at_once()) == 1
    with pytest.raises(ValueError, match="broken"):
        await within(long, broken(0))
    assert not timers.set


@on_a_loop
async def test_work_that_waits_sets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    timers = Timers(monkeypatch)
    assert await within(long, waiting(3)) == 3
    assert timers.set == 1
    with pytest.raises(ValueError, match="broken"):
        await within(long, broken(2))


@on_a_loop
async def test_it_gets_what_it_waits_for() -> None:
    given: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        return await given

    asyncio.get_running_loop().call_soon(given.set_result, "said")
    assert await within(long, work()) == "said"


@on_a_loop
async def test_it_can_handle_what_its_wait_raises() -> None:
    given: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            return await given
        except ValueError as error:
            await asyncio.sleep(0)
            return str(error)

    asyncio.get_running_loop().call_soon(given.set_exception, ValueError("handled"))
    assert await within(long, work()) == "handled"


@on_a_loop
async def test_it_is_cancelled_when_its_time_is_over() -> None:
    """And may end in order."""
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    with pytest.raises(TimeoutError):
        await within(lambda: 0.0, work())
    assert ended == [True]


@on_a_loop
async def test_a_shorter_bound_within_it_is_the_works_own() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "its own"
        return ""

    assert await within(long, work()) == "its own"


async def noting(ended: list[bool]) -> None:
    """Wait, and note the end."""
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(True)


@on_a_loop
async def test_it_is_cancelled_with_its_task() -> None:
    ended: list[bool] = []
    task = asyncio.create_task(within(long, noting(ended)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


@on_a_loop
async def test_it_is_closed_with_what_awaits_it() -> None:
    """As a coroutine is that nobody goes on with."""
    ended: list[bool] = []

    async def aside() -> None:  # in a task, for asyncio.timeout wants one
        outer = within(long, noting(ended))
        outer.send(None)
        outer.close()

    await asyncio.create_task(aside())
    assert ended == [True]


class Thing:
    """What work has at hand."""


async def cancelled() -> None:
    await asyncio.Event().wait()


async def bounded_itself() -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()


async def failing() -> None:
    def broken_future() -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(future.set_exception, ValueError("broken"))
        return future

    await broken_future()


@pytest.mark.parametrize(("seconds", "waits"), [(0.0, cancelled), (LONG, bounded_itself), (LONG, failing)])
def test_what_it_had_ends_with_it_and_waits_for_no_collection(
    seconds: float, waits: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    things: list[weakref.ref[Thing]] = []

    async def work() -> None:
        thing = Thing()
        things.append(weakref.ref(thing))
        await waits()

    async def bounded() -> None:
        with suppress(TimeoutError, ValueError):
            await within(lambda: seconds, work())

    gc.disable()
    try:
        asyncio.run(bounded())
        assert [thing() for thing in things] == [None]
    finally:
        gc.enable()
