"""Twelve of the projects that `fanin new` can write, in the embedded AWS."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from fanin.local.project.parts import PARTS
from tests.slow import projects
from tests.slow.conftest import dists, fanin

__all__ = ["dists", "fanin"]

_LEFT_OUT = "++-+++---+-"
"""The first row of a design by Plackett and Burman (1946): + is left out. The others: its rotations, and all parts."""
ROWS = ["-" * len(_LEFT_OUT), *(_LEFT_OUT[by:] + _LEFT_OUT[:by] for by in range(len(_LEFT_OUT)))]
COMBINATIONS = [tuple(part for part, sign in zip(PARTS, row, strict=False) if sign == "-") for row in ROWS]


def test_every_two_parts_are_together_apart_and_both_missing_in_some() -> None:
    """So a part that needs another, or bears none beside it, shows."""
    assert len(set(COMBINATIONS)) == 12
    for first, second in combinations(PARTS, 2):
        states = Counter((first in wanted, second in wanted) for wanted in COMBINATIONS)
        assert [*states.values()] == [3] * 4


@pytest.mark.parametrize("wanted", COMBINATIONS, ids=",".join)
def test_each_is_served_with_its_tests_and_smoke_and_carries_nothing_else(
    wanted: tuple[str, ...], fanin: Path, tmp_path: Path
) -> None:
    projects.proven(projects.new(fanin, tmp_path / "shop", wanted, tmp_path), wanted)
