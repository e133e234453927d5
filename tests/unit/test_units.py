"""fanin.config.units: lengths of time and sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.config.mistake import Mistake
from fanin.config.units import seconds, size, spelled


@pytest.mark.parametrize(
    ("text", "expected"), [("800ms", 0.8), ("3s", 3), ("1.5s", 1.5), ("2m", 120), ("1h", 3600), ("1d", 86400)]
)
def test_lengths_of_time_have_a_number_and_a_unit(text: str, expected: float) -> None:
    """ms, s, m, h and d; fractions are fine."""
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["", "3", "3 s", "-3s", "+3s", "0s", "0.0ms", "s", "3S", "1e3s", ".5s", "3s\n", 3, 3.0, None], ids=repr
)
def test_other_values_are_no_length_of_time(text: object) -> None:
    """Neither a bare number, nor zero, nor another spelling."""
    with pytest.raises(Mistake) as caught:
        seconds(text)
    assert caught.value.rule == "bad-duration"


@pytest.mark.parametrize(("text", "expected"), [("1B", 1), ("500kB", 500_000), ("2MB", 2_000_000)])
def test_sizes_have_a_whole_number_and_a_unit(text: str, expected: int) -> None:
    """B, kB and MB, by thousands."""
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "1", "0B", "1.5MB", "1KB", "1GB", "-1B", "1 MB", "1MB\n", 1000, None], ids=repr)
def test_other_values_are_no_size(text: object) -> None:
    """Neither a bare number, nor zero, nor another spelling."""
    with pytest.raises(Mistake) as caught:
        size(text)
    assert caught.value.rule == "bad-size"


@pytest.mark.parametrize(
    ("length", "expected"), [(0.8, "800 ms"), (0.0004, "0 ms"), (1.0, "1 s"), (2.5, "2.5 s"), (29.0, "29 s")]
)
def test_lengths_are_spelled_as_a_person_would(length: float, expected: str) -> None:
    """Milliseconds below a second, seconds from there on."""
    assert spelled(length) == expected


@given(st.integers(1, 100_000))
def test_spelling_never_falls_into_exponents(length: int) -> None:
    """A day is 86400 s, not 8.64e+04 s."""
    assert "e" not in spelled(float(length))
