"""SnapStart: environments that begin with one snapshot share nothing of it that would have to be their own."""

import asyncio
import gc
import random
import sys
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import snapshot_restore_py

from fanin.compose import snapshots as of_aws
from fanin.engine import snapshots
from fanin.engine.call import Runtime
from fanin.engine.clock import SteadyClock, steady
from fanin.engine.snapshots import forgotten_in_snapshots
from fanin.sources.sql.blocking_pool import BlockingPool
from fanin.testing import fake_clock
from tests.runtime.restoring import Api, environment, nothing_is_shared
from tests.runtime.running import running
from tests.unit.caching import Cached, says


def test_two_environments_of_one_snapshot_share_neither_connection_nor_identity(tmp_path: Path) -> None:
    async def whole() -> None:
        api = Api()
        async with await asyncio.start_server(api.serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with running(tmp_path, "snapshot.handler", **environment(tmp_path, url)) as at:
                assert at.service.nexts == 0 or at.service.restored
                await nothing_is_shared(at, api)
            server.close_clients()

    asyncio.run(whole())


def test_awss_runtime_is_told_of_the_hooks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before: list[object] = []
    after: list[object] = []
    monkeypatch.setattr(snapshot_restore_py, "_before_snapshot_registry", before)
    monkeypatch.setattr(snapshot_restore_py, "_after_restore_registry", after)
    of_aws._registered.cache_clear()
    of_aws.take_part({})
    assert not before
    for _ in range(2):
        of_aws.take_part({"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"})
    assert (before, after) == ([(snapshots.before_snapshot, (), {})], [(snapshots.after_restore, (), {})])


def test_the_clock_has_gone_on_meanwhile() -> None:
    """The monotonic clock stood still in the snapshot; if it did not, or the day's went back, nothing is skipped."""
    monotonic, now = 100.0, 1_000_000.0
    clock = SteadyClock(lambda: monotonic, lambda: now)
    clock.note()
    monotonic, now = 102.0, 1_003_602.0
    clock.restored()
    assert clock() == 100.0 + 3602.0
    clock.restored()
    assert clock() == 100.0 + 3602.0
    clock.note()
    monotonic, now = 112.0, 1_003_612.0
    clock.restored()
    clock.note()
    now -= 500.0
    clock.restored()
    assert clock() == 100.0 + 3612.0


def test_all_ages_and_deadlines_are_measured_by_that_clock() -> None:
    assert Runtime().clock is steady


def test_answers_in_memory_are_judged_by_the_time_of_day() -> None:
    """Which has gone on in the snapshot."""
    away = 0.0

    async def whole() -> tuple[int, int]:
        cached = Cached('fresh = "1m"', says("one"), says("two"))
        runtime = cached.caching.runtime
        cached.caching = replace(cached.caching, runtime=replace(runtime, now=lambda: runtime.now() + away))
        environment = cached.again()
        for _ in range(2):
            await environment.get()
        before = cached.asked
        nonlocal away
        away = 61.0
        await environment.get()
        return before, cached.asked

    assert fake_clock.run(whole()) == (1, 2)


def test_what_is_forgotten_is_so_before_and_behind_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    monkeypatch.setattr(snapshots, "_forgetting", {})
    pool: BlockingPool[str] = BlockingPool(1, lambda: 0.0, closed.append)
    for when, forget in {"before": snapshots.before_snapshot, "behind": snapshots.after_restore}.items():
        with pool.lent(1.0) as lent:
            lent.keep(when)
        forget()
    assert closed == ["before", "behind"]
    with pool.lent(1.0) as lent:
        assert lent.kept is None


def test_who_is_gone_has_nothing_to_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_forgetting", {})

    class Holder:
        def forget(self) -> None:
            raise AssertionError

    holder = Holder()
    forgotten_in_snapshots(holder.forget)
    assert len(snapshots._forgetting) == 1
    del holder
    snapshots.before_snapshot()
    assert not snapshots._forgetting


def test_an_object_may_go_together_with_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the end of a process, where the object is found before the method: it is older here, too."""
    monkeypatch.setattr(snapshots, "_forgetting", {})
    failed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", failed.append)

    class Holder:
        forget: Callable[[], None]

    holder: Any = Holder()

    def forget(_: Holder) -> None:
        raise AssertionError

    Holder.forget = forget  # type: ignore[assignment]
    Holder.last = holder  # type: ignore[attr-defined]
    forgotten_in_snapshots(holder.forget)
    gone = weakref.ref(Holder)
    del Holder, holder, forget
    gc.collect()
    assert gone() is None
    assert not failed


def test_pythons_random_is_not_the_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_forgetting", {})
    random.seed(1)
    first = random.random()
    random.seed(1)
    snapshots.after_restore()
    assert random.random() != first
