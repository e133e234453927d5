"""`make bench` and `make counts`: the goals' arithmetic, and what counts as drift. Nothing here measures."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import counts
from benchmarks.bench.figures import FIGURES, GOALS, Goal, Samples, measured, tables
from benchmarks.configuration import path_of, write
from benchmarks.contestants import PEERS
from benchmarks.tables import filled
from fanin.config import load
from fanin.local.layout import ROOT

FIVE = [1.0, 2.0, 3.0, 4.0, 5.0]
CONDITIONS = {
    "machine": {"cores": 2},
    "node": "",
    "commit": "abc",
    "date": "2026-11-29",
    "minutes": 7,
}


def samples(**more: dict[str, list[float]]) -> Samples:
    return {figure: {"fanin": FIVE} for figure in FIGURES} | more


def test_a_goal_is_of_the_medians_and_has_its_interval() -> None:
    found = measured(GOALS[0], samples(warm={"fanin": FIVE, "careless": [12.0] * 3}))
    assert found is not None
    assert found.times == 0.25
    assert found.low is not None
    assert found.low <= 0.25 <= (found.high or 0)


def test_a_goal_may_be_of_another_figure() -> None:
    goal = Goal("kept", "careless", 1.1, "warm")
    found = measured(goal, samples(warm={"careless": [6.0]}, kept={"fanin": [3.0], "careless": [1.0]}))
    assert found is not None
    assert found.times == 0.5


@pytest.mark.parametrize("other", [{}, {"node": []}, {"node": [0.0, 0.0, 5.0]}])
def test_without_the_other_there_is_no_ratio(other: dict[str, list[float]]) -> None:
    assert measured(Goal("worker", "node", 0.9), samples(worker={"fanin": FIVE, **other})) is None


def test_more_is_held_from_the_limit_up_and_less_from_it_down() -> None:
    assert [Goal("worker", "node", 0.9).held(times) for times in (0.89, 0.9, 2)] == [False, True, True]
    assert [Goal("cold", "naive", 0.25).held(times) for times in (0.1, 0.25, 0.26)] == [True, True, False]


def test_the_page_says_what_was_missed_and_what_was_not_measured() -> None:
    raw = {"figures": samples(warm={"fanin": [9.0], "careless": [10.0]}), "load_before": 0.1, "load_after": 0.1}
    found = dict(tables(raw | CONDITIONS))
    assert "| warm call of `/health` | FastAPI, Mangum, httpx | 0.90 | ≤ 0.75 | **missed** |" in found["goals"]
    missing = [line for line in found["goals"].splitlines() if line.endswith("| \N{EN DASH} |")]
    assert len(missing) == len([one for one in GOALS if one.figure not in ("warm", "kept")])
    assert set(found) < set(document_places())
    assert "not installed" in found["conditions"]


def document_places() -> list[str]:
    text = filled((ROOT / "docs/bench.md").read_text(), {})
    return [part.partition(" -->")[0] for part in text.split("<!-- of a run: ")[1:]]


def test_a_count_that_drifts_either_way_is_told_and_so_is_one_on_one_side_only() -> None:
    recorded = {"same": 1000, "more": 1000, "fewer": 1000, "gone": 1000}
    found = counts.drifts(recorded, {"same": 1020, "more": 1021, "fewer": 979, "new": 5})
    assert sorted(line.partition(":")[0] for line in found) == ["fewer", "gone", "more", "new"]


def test_a_count_is_the_summary_of_a_dump() -> None:
    assert counts.summary("desc: Trigger: Client Request\nevents: Ir\nsummary: 111604658\n\nfn=(1) x\n") == 111604658


def test_the_configuration_keeps_one_answer(tmp_path: Path) -> None:
    config = load(write(tmp_path, (1, 2), (3,), 100, kept=True), {})
    assert {one.path for one in config.endpoints.values()} == {path_of(3), "/one", "/kept"}
    assert [name for name, source in config.sources.items() if source.cache] == ["kept"]


def test_the_probe_asks_each_case_once_more_than_it_counts(tmp_path: Path) -> None:
    (tmp_path / "asked.py").write_text(
        "asked = []\n"
        "def handler(event, context):\n"
        "    asked.append(event['rawPath'])\n"
        "    print(len(asked))\n"
        "    return {'statusCode': 200, 'headers': {}}\n"
    )
    event = ROOT / "tests/events/events/gateway/http-api-get.json"
    cases = '[["/a", 1, "cpu"], ["/b", 3, "time"], ["/c", 2, "count"]]'
    command = [sys.executable, str(ROOT / "benchmarks/probe.py"), "asked", str(event), cases]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "8"
    first, timed, count = done.stderr.strip("[]\n").split(", ")
    assert float(first) > 0 < float(timed)
    assert count == "null"


def test_peers_know_nothing_of_fanin() -> None:
    for file in PEERS.iterdir():
        if file.suffix in (".py", ".mjs"):
            assert "fanin" not in file.read_text(), file.name
