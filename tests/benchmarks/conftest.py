"""What the tests of the measurements share."""

import pytest

from benchmarks import statistics


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw fewer bootstrap samples: planted data do not vary, and intervals are tested by themselves."""
    monkeypatch.setattr(statistics, "_RESAMPLES", 40)
