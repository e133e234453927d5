"""Figures on a server's terms follow from the raw data, and leave out nothing slow."""

from typing import Any

from benchmarks.contrast.figures import cpu_ms, failed, faster, figures, late_ms, median_ms, rates
from benchmarks.contrast.page import parts
from benchmarks.load import Open, moments
from benchmarks.statistics import Ratio
from tests.benchmarks import planted


def closed(answers: int, **changes: Any) -> dict[str, Any]:
    row = {
        "seconds": 2.0,
        "statuses": {"200": answers},
        "latencies_ms": [200.0] * answers,
        "answers_in_all": answers * 2,
        "unanswered": 10,
        "cpu_s": 0.1,
        "resident_mb": 60.0,
    }
    return row | changes


def arriving(latencies: list[float], unanswered: int, **changes: Any) -> dict[str, Any]:
    row = {"seconds": 1.0, "statuses": {"200": len(latencies)}}
    return row | {"latencies_ms": latencies, "unanswered": unanswered, "answers_in_all": len(latencies)} | changes


def test_throughput_counts_good_answers_in_the_window() -> None:
    row = closed(100, statuses={"200": 100, "500": 60, "0": 40})
    assert rates([row]) == [50]
    assert failed([row]) == 0.5


def test_servers_are_compared_by_their_answers() -> None:
    assert faster([closed(100)], [closed(20)]) == Ratio(5, None, None)


def test_a_server_that_answers_nothing_is_behind_by_no_number() -> None:
    nothing = [closed(0), closed(0)]
    assert faster([closed(100)], nothing) is None
    assert median_ms(nothing) is None
    assert cpu_ms(nothing) is None


def test_a_server_that_answers_in_waves_is_compared_by_all_its_answers() -> None:
    behind = faster([closed(90)], [closed(answers) for answers in (0, 0, 9)])
    assert behind is not None
    assert behind.times == 30


def test_the_others_are_compared_with_the_asynchronous_server() -> None:
    data = planted.raw()
    costs = parts(data, figures(data))["costs"].splitlines()
    assert [line.split(" | ")[3] for line in costs if "&lt;async>" in line or "&lt;threads>" in line] == [
        "\N{EN DASH}",
        "5.3",
    ]


def test_processor_time_is_shared_by_all_answers_of_the_run() -> None:
    assert cpu_ms([closed(100)]) == 0.5


def test_requests_without_an_answer_are_slower_than_all_others() -> None:
    row = arriving([100.0] * 60, unanswered=40)
    assert late_ms([row], 50) == 100
    assert late_ms([row], 99) is None


def test_bad_answers_do_not_make_an_open_loop_faster() -> None:
    assert late_ms([arriving([100.0] * 40, unanswered=0, statuses={"200": 40, "503": 60})], 50) is None


def test_arrivals_keep_their_rate_and_are_the_same_for_every_server() -> None:
    wanted = Open(rate=200, seconds=10, limit=1)
    found = moments(wanted)
    assert 1800 < len(found) < 2200
    assert found == sorted(found)
    assert found[-1] < 10
    assert found == moments(wanted)
