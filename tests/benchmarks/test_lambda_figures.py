"""Figures on Lambda's terms follow from the raw data, and from nothing else."""

from typing import Any

import pytest

from benchmarks.contrast.figures import figures
from benchmarks.contrast.page import parts
from benchmarks.statistics import Ratio
from tests.benchmarks import planted


def raw(*durations: tuple[str, float]) -> dict[str, Any]:
    names = dict.fromkeys(name for name, _ in durations)
    of_lambda = {
        "models": {
            name: {"memory_mb": {"async": 1024}.get(name, 512), "peak_mb": 50.0, "function": name.partition("-")[0]}
            for name in names
        },
        "questions": {"8": "/calls/8"},
        "invocations": [
            {"model": name, "question": "8", "round": at, "ms": ms, "cpu_ms": 2.0}
            for at, (name, ms) in enumerate(durations)
        ],
    }
    return {"lambda": of_lambda}


def test_begun_milliseconds_are_billed_whole() -> None:
    warm = figures(raw(("async", 100.2), ("async", 102.0))).warm["8"]["async"]
    assert warm.billed_ms == 101.5


def test_money_is_memory_by_time_and_the_requests() -> None:
    warm = figures(raw(("async", 100.0), ("sync", 800.0))).warm["8"]
    assert warm["async"].dollars == pytest.approx(1e6 * 0.1 * 1.0 * 0.0000133334 + 0.2, abs=1e-4)
    assert warm["sync"].dollars == pytest.approx(1e6 * 0.8 * 0.5 * 0.0000133334 + 0.2, abs=1e-4)
    assert warm["sync"].dollars_alike == pytest.approx(1e6 * 0.8 * 1.0 * 0.0000133334 + 0.2, abs=1e-4)


def test_models_are_compared_with_one_call_after_another() -> None:
    warm = figures(raw(("async", 100.0), ("sync", 800.0))).warm["8"]
    assert warm["async"].against == Ratio(0.125, None, None)
    assert warm["sync"].against is None


def test_without_the_baseline_nothing_is_compared_with_it() -> None:
    assert figures(raw(("async", 100.0))).warm["8"]["async"].against is None


def test_new_environments_of_a_function_count_for_all_its_models() -> None:
    data = planted.raw()
    starts = {row["model"]: row for row in data["lambda"]["cold_starts"]}
    starts["sync"] |= {"init_ms": 300, "first_ms": 9}
    starts["sync-threads"] |= {"init_ms": 500, "first_ms": 20}
    assert "| SyncFunction | requests / requests in threads | 400 | 9 / 20 |" in parts(data, figures(data))["cold"]
