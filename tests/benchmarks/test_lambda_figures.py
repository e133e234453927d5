"""Figures on Lambda's terms follow from the raw data, and from nothing else."""

from typing import Any

import pytest

from benchmarks.contrast.figures import billed, dollars, figures
from benchmarks.contrast.page import parts
from tests.benchmarks.planted import raw

ALIKE = "(0.12\N{EN DASH}0.12)"


def told(place: str, data: dict[str, Any]) -> str:
    return parts(data, figures(data))[place]


def test_begun_milliseconds_are_billed_whole() -> None:
    assert billed([{"ms": 100.2}, {"ms": 102.0}]) == [101, 102]


def test_money_is_memory_by_time_and_the_requests() -> None:
    assert dollars([{"ms": 100.0}], 1024) == pytest.approx(1e6 * 0.1 * 1.0 * 0.0000133334 + 0.2, abs=1e-4)
    assert dollars([{"ms": 800.0}], 512) == pytest.approx(1e6 * 0.8 * 0.5 * 0.0000133334 + 0.2, abs=1e-4)


def test_models_are_compared_with_one_call_after_another_and_by_their_own_memory_and_the_largest() -> None:
    money = told("money", raw(durations={("async", 8): 100.0, ("sync", 8): 800.0}))
    assert f"| FastAPI async def | 100 | 0.12 {ALIKE} | \N{EN DASH} | 3.0 | 1024 | 0.100 | 1.53 | 1.53 |" in money
    assert "| requests | 800 | \N{EN DASH} | 8.00 (8.00\N{EN DASH}8.00) | 3.0 | 512 | 0.400 | 5.53 | 10.87 |" in money


def test_without_the_baseline_nothing_is_compared_with_it() -> None:
    data = {key: value for key, value in raw().items() if key not in ("server", "probes", "databases")}
    for rows in ("invocations", "cold_starts"):
        data["lambda"][rows] = [row for row in data["lambda"][rows] if row["model"] != "sync"]
    data["lambda"]["models"].pop("sync")
    assert "| FastAPI async def | 108 | \N{EN DASH} | \N{EN DASH} | 3.0 |" in told("money", data)


def test_environments_are_those_of_so_many_requests_a_second() -> None:
    environments = told("environments", raw(durations={("async", 8): 100.0}))
    assert "| FastAPI async def | 1.0 / 5 | 10.0 / 21 | 100.0 / 132 |" in environments


def test_new_environments_of_a_function_count_for_all_its_models() -> None:
    data = raw()
    starts = {row["model"]: row for row in data["lambda"]["cold_starts"]}
    starts["sync"] |= {"init_ms": 300, "first_ms": 9}
    starts["sync-threads"] |= {"init_ms": 500, "first_ms": 20}
    assert "| SyncFunction | requests / requests in threads | 400 | 9 / 20 |" in told("cold", data)
