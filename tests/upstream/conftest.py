"""One demo upstream for all tests of this folder."""

from collections.abc import Iterator

import pytest

from fanin.local.upstream.process import Upstream

DRIP = 0.05
"""Seconds between two dripped bytes."""


@pytest.fixture(scope="session")
def running_upstream() -> Iterator[Upstream]:
    with Upstream(drip=DRIP) as running:
        yield running


@pytest.fixture
def upstream(running_upstream: Upstream) -> Iterator[Upstream]:
    """The demo upstream without rules, its counts at zero."""
    running_upstream.reset()
    yield running_upstream
    running_upstream.reset()
