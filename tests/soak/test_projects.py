"""Every project that `fanin new` can write, in the embedded AWS."""

from pathlib import Path

import pytest

from tests.new.test_new import SUBSETS
from tests.slow import projects
from tests.slow.conftest import dists, fanin

__all__ = ["dists", "fanin"]


@pytest.mark.parametrize("wanted", SUBSETS, ids=lambda wanted: ",".join(wanted) or "plain")
def test_every_combination_of_parts_is_served(wanted: tuple[str, ...], fanin: Path, tmp_path: Path) -> None:
    projects.proven(projects.new(fanin, tmp_path / "shop", wanted, tmp_path), wanted)
