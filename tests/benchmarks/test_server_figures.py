"""Figures on a server's terms follow from the raw data, and leave out nothing slow."""

from typing import Any

from benchmarks.contrast.figures import figures
from benchmarks.load import Open, moments
from benchmarks.statistics import Ratio


def closed(server: str, answers: int, **changes: Any) -> dict[str, Any]:
    row = {
        "server": server,
        "clients": 10,
        "round": 0,
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
    row = {"server": "async", "rate": 40, "round": 0, "seconds": 1.0, "statuses": {"200": len(latencies)}}
    return row | {"latencies_ms": latencies, "unanswered": unanswered, "answers_in_all": len(latencies)} | changes


def raw(*rows: dict[str, Any]) -> dict[str, Any]:
    closed, arriving = [row for row in rows if "clients" in row], [row for row in rows if "rate" in row]
    return {"server": {"closed": closed, "open": arriving, "limit_s": 5.0, "delay_ms": 200}}


def test_throughput_counts_good_answers_in_the_window() -> None:
    row = closed("async", 100, statuses={"200": 100, "500": 60, "0": 40})
    found = figures(raw(row)).closed["10"]["async"]
    assert found.throughput.median == 50
    assert found.failed == 0.5


def test_the_others_are_compared_with_the_asynchronous_server() -> None:
    found = figures(raw(closed("async", 100), closed("threads", 20))).closed["10"]
    assert found["threads"].behind == Ratio(5, None, None)
    assert found["async"].behind is None


def test_a_server_that_answers_nothing_is_behind_by_no_number() -> None:
    found = figures(raw(closed("async", 100), closed("threads", 0), closed("threads", 0))).closed["10"]["threads"]
    assert found.behind is None
    assert found.median_ms is None
    assert found.cpu_ms is None


def test_a_server_that_answers_in_waves_is_compared_by_all_its_answers() -> None:
    rows = [closed("async", 90), *(closed("threads", answers) for answers in (0, 0, 9))]
    behind = figures(raw(*rows)).closed["10"]["threads"].behind
    assert behind is not None
    assert behind.times == 30


def test_processor_time_is_shared_by_all_answers_of_the_run() -> None:
    assert figures(raw(closed("async", 100))).closed["10"]["async"].cpu_ms == 0.5


def test_requests_without_an_answer_are_slower_than_all_others() -> None:
    found = figures(raw(arriving([100.0] * 60, unanswered=40))).open["40"]["async"]
    assert found.median_ms == 100
    assert found.p99_ms is None
    assert found.failed == 0.4


def test_bad_answers_do_not_make_an_open_loop_faster() -> None:
    found = figures(raw(arriving([100.0] * 40, unanswered=0, statuses={"200": 40, "503": 60}))).open["40"]["async"]
    assert found.median_ms is None
    assert found.failed == 0.6


def test_arrivals_keep_their_rate_and_are_the_same_for_every_server() -> None:
    wanted = Open(rate=200, seconds=10, limit=1)
    found = moments(wanted)
    assert 1800 < len(found) < 2200
    assert found == sorted(found)
    assert found[-1] < 10
    assert found == moments(wanted)
