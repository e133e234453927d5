"""The arithmetic that every figure goes through."""

import statistics
from operator import itemgetter

import pytest

from benchmarks.interleaving import sampled, turns
from benchmarks.statistics import Ratio, Spread, percentile, ratio


def test_a_spread_is_median_and_quartiles() -> None:
    assert Spread.of([1.0, 2.0, 3.0, 4.0, 5.0]) == Spread(3.0, 2.0, 4.0, 5)


def test_one_sample_is_its_own_quartiles() -> None:
    assert Spread.of([7.5]) == Spread(7.5, 7.5, 7.5, 1)


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Spread.of([])
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 50)


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (99.1, 100), (100, 100), (0, 1)])
def test_a_percentile_is_the_nearest_rank(percent: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_a_ratio_is_of_the_medians_and_within_its_interval() -> None:
    first, second = [10.0, 11.0, 12.0, 13.0], [2.0, 2.1, 1.9, 2.0]
    found = ratio(first, second)
    assert found.times == statistics.median(first) / statistics.median(second)
    assert found.low is not None
    assert found.high is not None
    assert 10 / 2.1 <= found.low <= found.times <= found.high <= 13 / 1.9


def test_a_ratio_of_the_same_samples_is_the_same() -> None:
    assert ratio([1.0, 2.0, 9.0], [3.0, 4.0, 5.0]) == ratio([1.0, 2.0, 9.0], [3.0, 4.0, 5.0])


def test_fewer_than_three_rounds_have_no_interval() -> None:
    assert ratio([1.0, 2.0], [3.0, 4.0, 5.0]) == Ratio(1.5 / 4, None, None)


def test_nothing_is_divided_by_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to divide"):
        ratio([1.0], [0.0, 0.0])


def test_where_the_divisor_may_be_nothing_there_is_no_upper_bound() -> None:
    found = ratio([10.0, 11.0, 12.0], [0.0, 1.0, 2.0])
    assert found.times == 11
    assert found.low
    assert found.high is None


def test_every_case_comes_once_a_round_and_each_is_first_in_its_turn() -> None:
    order = turns(dict.fromkeys("abc", 3), leaving_out=1)
    rounds = {turn: "".join(case for at, case in order if at == turn) for turn in (-1, 0, 1, 2)}
    assert rounds == {-1: "cab", 0: "abc", 1: "bca", 2: "cab"}


def test_under_each_condition_another_is_first_in_each_round() -> None:
    cases = {f"{condition}{who}": rounds for condition, rounds in (("1", 2), ("8", 3)) for who in "abc"}
    order = turns(cases, under=itemgetter(0))
    rounds = [" ".join(case for at, case in order if at == turn) for turn in range(3)]
    assert rounds == ["1a 1b 1c 8a 8b 8c", "1b 1c 1a 8b 8c 8a", "8c 8a 8b"]


def test_a_case_has_its_own_number_of_rounds_and_those_left_out_are_no_samples() -> None:
    asked: list[str] = []

    def measure(case: str) -> int:
        asked.append(case)
        return len(asked)

    assert sampled("letters", {"a": 3, "b": 1}, measure, leaving_out=1) == {"a": [3, 5, 6], "b": [4]}
    assert "".join(asked) == "baabaa"
